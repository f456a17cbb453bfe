//! What a field holds, opened for reading when it is an object itself.

use super::{Object, Slot};
use crate::json::Malformed;
use bytes::Bytes;
use connector_api::{FieldType, SchemaRef, Value};

/// What a field holds, by what can be addressed in it.
#[derive(Debug)]
pub(crate) enum Nested {
    /// Nothing.
    Null,
    /// Fields of its own.
    Object(Object),
    /// Something without fields.
    Other,
}

impl Object {
    /// Opens what the field at `index` holds.
    pub(crate) fn nested(&self, index: usize) -> Result<Nested, Malformed> {
        match &self.members[index].slot {
            Slot::Span(span) => of_json(self.source.slice(span.start()..span.end())),
            Slot::Raw(json) => of_json(json.clone()),
            Slot::Value(value, schema) => Ok(of_value(value, schema.as_ref())),
        }
    }
}

fn of_json(json: Bytes) -> Result<Nested, Malformed> {
    match json.first() {
        Some(b'{') => Object::of_json(json, Vec::new()).map(Nested::Object),
        Some(b'n') => Ok(Nested::Null),
        _ => Ok(Nested::Other),
    }
}

fn of_value(value: &Value, schema: Option<&SchemaRef>) -> Nested {
    if *value == Value::Null {
        return Nested::Null;
    }
    match Object::of_value(value.clone(), schema.cloned()) {
        Ok(object) => Nested::Object(object),
        Err(_) => Nested::Other,
    }
}

/// The schema that fields called `name` have in structs of this schema.
pub(crate) fn field_schema<'s>(schema: &'s SchemaRef, name: &str) -> Option<&'s SchemaRef> {
    match &schema.field_type {
        FieldType::Struct(fields) => {
            fields.iter().find(|field| field.name.as_bytes() == name.as_bytes()).map(|field| &field.schema)
        }
        _ => None,
    }
}
