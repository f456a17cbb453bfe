//! `HoistField`: the whole as a field of an object that has no other.

use super::{KAFKA, Kind, Scope};
use crate::{
    chain::{Flow, Transform},
    error::{Problem, Side},
    object::{Form, Object},
    options::Options,
    record::OpenRecord,
    schemas,
};
use connector_api::{ConfigErrors, ConfigKey, FieldType, SchemaRef, Text};

pub(super) const KIND: Kind = Kind {
    name: "HoistField",
    packages: &[KAFKA],
    doc: "makes the whole a field of a new object",
    keys: &[ConfigKey::required("field").doc("name of the field")],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct HoistField {
    side: Side,
    field: Text,
    head: SchemaRef,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let head = schemas::plain(FieldType::Struct(Vec::new()), false);
    Ok(Box::new(HoistField { side, field: options.text("field").into(), head }))
}

impl Transform for HoistField {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let part = record.part(self.side);
        if part.is_null() {
            return Ok(Flow::Pass);
        }
        let (slot, form) = part.take_whole();
        let form = match form {
            Form::Struct(_) => Form::Struct(Some(SchemaRef::clone(&self.head))),
            form => form,
        };
        let mut object = Object::new(form);
        object.push(self.field.clone(), slot);
        part.replace_object(object);
        Ok(Flow::Pass)
    }
}
