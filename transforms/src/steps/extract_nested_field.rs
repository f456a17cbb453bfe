//! `ExtractNestedField`: a field of a nested object, copied beside that.

use super::{Kind, ROCKETMQ, Scope};
use crate::{
    chain::{Flow, Transform},
    error::{Place, Problem, Side},
    object::{Nested, Object, Slot, field_schema},
    options::Options,
    record::OpenRecord,
};
use connector_api::{ConfigErrors, ConfigKey, Schema, SchemaRef, Text, Value};

const OUTER: &str = "input.outer.field.name";
const INNER: &str = "input.inner.field.name";
const OUTPUT: &str = "output.field.name";

pub(super) const KIND: Kind = Kind {
    name: "ExtractNestedField",
    packages: &[ROCKETMQ],
    doc: "copies a field of a nested object to the top",
    keys: &[
        ConfigKey::required(OUTER).doc("the field with the nested object"),
        ConfigKey::required(INNER).doc("the field in it"),
        ConfigKey::optional(OUTPUT, "")
            .doc("name of the copy; that of the field in the nested object when not given"),
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct ExtractNestedField {
    side: Side,
    outer: String,
    inner: String,
    output: Text,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let inner = options.text(INNER);
    Ok(Box::new(ExtractNestedField {
        side,
        outer: options.text(OUTER).to_owned(),
        inner: inner.to_owned(),
        output: options.given(OUTPUT).unwrap_or(inner).into(),
    }))
}

impl Transform for ExtractNestedField {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let Some(object) = record.part(self.side).object()? else { return Ok(Flow::Pass) };
        let Some(index) = object.find(&self.outer) else { return Ok(Flow::Pass) };
        if let Some(slot) = self.extracted(object, index)? {
            object.set(&self.output, slot);
        }
        Ok(Flow::Pass)
    }
}

impl ExtractNestedField {
    fn extracted(&self, object: &Object, index: usize) -> Result<Option<Slot>, Problem> {
        let malformed = |malformed| Problem::Malformed { side: self.side, malformed };
        let nested = match object.nested(index).map_err(malformed)? {
            Nested::Object(nested) => nested,
            // Records with and without the nested struct have one schema.
            Nested::Null => return Ok(object.schema(index).and_then(|schema| self.nothing(schema))),
            Nested::Other => {
                return Err(Problem::NotConvertible {
                    place: Place::Field(self.outer.clone()),
                    found: object.scalar(index).kind().to_owned(),
                    wanted: "an object with fields".to_owned(),
                });
            }
        };
        let Some(inner) = nested.find(&self.inner) else { return Ok(None) };
        Ok(Some(match (nested.slot(inner), object.schema(index)) {
            (Slot::Value(value, Some(schema)), Some(outer)) if outer.optional => {
                Slot::Value(value, Some(optional(&schema)))
            }
            (slot, _) => slot,
        }))
    }

    fn nothing(&self, outer: &SchemaRef) -> Option<Slot> {
        field_schema(outer, &self.inner).map(|schema| Slot::Value(Value::Null, Some(optional(schema))))
    }
}

fn optional(schema: &SchemaRef) -> SchemaRef {
    if schema.optional {
        return SchemaRef::clone(schema);
    }
    SchemaRef::new(Schema { optional: true, ..Schema::clone(schema) })
}
