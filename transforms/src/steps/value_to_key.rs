//! `ValueToKey`: a key made of fields of the value.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    object::{Form, Object, Slot},
    options::Options,
    record::OpenRecord,
    schemas,
};
use connector_api::{ConfigErrors, ConfigKey, ConfigType, FieldType, SchemaRef, Text, Value};

pub(super) const KIND: Kind = Kind {
    name: "ValueToKey",
    packages: &[KAFKA],
    doc: "makes a key of fields of the value",
    keys: &[ConfigKey::required("fields").of(ConfigType::List).doc("fields of the value"), NULL_WITH_DEFAULT],
    scope: Scope::Record(make),
};

#[derive(Debug)]
struct ValueToKey {
    fields: Vec<Text>,
    head: SchemaRef,
}

fn make(options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let fields = options.filled_list("fields")?.into_iter().map(Text::from).collect();
    let head = schemas::plain(FieldType::Struct(Vec::new()), false);
    Ok(Box::new(ValueToKey { fields, head }))
}

impl Transform for ValueToKey {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let Some(value) = record.part(Side::Value).object()? else { return Ok(Flow::Pass) };
        let form = match value.form() {
            Form::Struct(Some(_)) => Form::Struct(Some(SchemaRef::clone(&self.head))),
            Form::Map(_) => Form::Map(None),
            form => form.clone(),
        };
        let has_schema = matches!(form, Form::Struct(Some(_)));
        let mut key = Object::new(form);
        for field in &self.fields {
            let slot = match value.find(field) {
                Some(index) => value.slot(index),
                None if has_schema => {
                    return Err(Problem::NoField { side: Side::Value, field: field.to_string() });
                }
                None => Slot::Value(Value::Null, None),
            };
            key.set(field, slot);
        }
        record.part(Side::Key).replace_object(key);
        Ok(Flow::Pass)
    }
}
