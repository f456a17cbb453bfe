//! `ExtractField`: one field in the place of the whole.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    field_path::FieldPath,
    object::{Form, Nested, Object, Slot},
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigErrors, ConfigKey, ConfigType, Value};

pub(super) const KIND: Kind = Kind {
    name: "ExtractField",
    packages: &[KAFKA],
    doc: "puts one field in the place of the whole",
    keys: &[
        ConfigKey::required("field").doc("the field"),
        ConfigKey::optional("field.syntax.version", "V1")
            .of(ConfigType::OneOf(&["V1", "V2"]))
            .doc("`V2` lets dots lead into nested objects; a name with dots then stands between backticks"),
        NULL_WITH_DEFAULT,
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct ExtractField {
    side: Side,
    path: FieldPath,
    given: String,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let path = match options.text("field.syntax.version") {
        "V2" => options.parsed("field", FieldPath::nested)?,
        _ => FieldPath::name(options.text("field")),
    };
    Ok(Box::new(ExtractField { side, path, given: options.text("field").to_owned() }))
}

impl Transform for ExtractField {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let side = self.side;
        let part = record.part(side);
        let Some(object) = part.object()? else { return Ok(Flow::Pass) };
        let malformed = |malformed| Problem::Malformed { side, malformed };
        let slot = match extracted(object, self.path.names()).map_err(malformed)? {
            Some(slot) => slot,
            // A schema says what fields there are. Without one, a field that is missing is null.
            None if matches!(object.form(), Form::Struct(Some(_))) => {
                return Err(Problem::NoField { side, field: self.given.clone() });
            }
            None => Slot::Value(Value::Null, None),
        };
        part.replace(slot);
        Ok(Flow::Pass)
    }
}

fn extracted(object: &Object, path: &[String]) -> Result<Option<Slot>, crate::error::Malformed> {
    let Some((name, inner)) = path.split_first() else { return Ok(None) };
    let Some(index) = object.find(name) else { return Ok(None) };
    if inner.is_empty() {
        return Ok(Some(object.slot(index)));
    }
    match object.nested(index)? {
        Nested::Object(nested) => extracted(&nested, inner),
        Nested::Null => Ok(Some(Slot::Value(Value::Null, None))),
        Nested::Other => Ok(None),
    }
}
