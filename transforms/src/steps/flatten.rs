//! `Flatten`: the fields of nested objects, by long names, beside the others.

use super::{KAFKA, Kind, Scope};
use crate::{
    chain::{Flow, Transform},
    error::{Malformed, Problem, Side},
    object::{Form, Nested, Object, Slot},
    options::Options,
    record::OpenRecord,
    scalar::Scalar,
};
use connector_api::{ConfigErrors, ConfigKey, FieldType, Schema, SchemaRef, Text, Value};

pub(super) const KIND: Kind = Kind {
    name: "Flatten",
    packages: &[KAFKA],
    doc: "puts the fields of nested objects beside the others",
    keys: &[ConfigKey::optional("delimiter", ".").doc("what stands between the names")],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct Flatten {
    side: Side,
    delimiter: String,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    Ok(Box::new(Flatten { side, delimiter: options.verbatim("delimiter").to_owned() }))
}

impl Transform for Flatten {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let side = self.side;
        let Some(object) = record.part(side).object()? else { return Ok(Flow::Pass) };
        if (0..object.len()).any(|index| is_nested(object, index)) {
            object.expand(|object, index| {
                let mut parts = Parts::new();
                let is_nested = self.parts(object, index, None, &mut parts);
                let is_nested = is_nested.map_err(|malformed| Problem::Malformed { side, malformed })?;
                Ok(is_nested.then_some(parts))
            })?;
        }
        Ok(Flow::Pass)
    }
}

/// Where a nested object stands.
#[derive(Debug, Clone, Copy)]
struct Outer<'a> {
    name: &'a str,
    /// Whether it, or one around it, need not be there; its fields need not either then.
    is_optional: bool,
}

/// What takes the place of nested objects.
type Parts = Vec<(Text, Slot)>;

impl Flatten {
    /// Adds what the field at `index` has, if it is nested; whether it is.
    fn parts(
        &self,
        object: &Object,
        index: usize,
        outer: Option<Outer<'_>>,
        parts: &mut Parts,
    ) -> Result<bool, Malformed> {
        if !is_nested(object, index) {
            return Ok(false);
        }
        let name = self.name(outer, &String::from_utf8_lossy(object.name(index)));
        let schema = object.schema(index);
        let is_optional =
            outer.is_some_and(|outer| outer.is_optional) || schema.is_none_or(|schema| schema.optional);
        let inner = Outer { name: &name, is_optional };
        match (object.nested(index)?, schema) {
            (Nested::Object(nested), _) => self.fields(&nested, inner, parts)?,
            (_, Some(schema)) => self.nothing(schema, inner, parts),
            (_, None) => {}
        }
        Ok(true)
    }

    fn fields(&self, object: &Object, outer: Outer<'_>, parts: &mut Parts) -> Result<(), Malformed> {
        for index in 0..object.len() {
            if !self.parts(object, index, Some(outer), parts)? {
                let name = self.name(Some(outer), &String::from_utf8_lossy(object.name(index)));
                parts.push((name.into(), with_optional(object.slot(index), outer.is_optional)));
            }
        }
        Ok(())
    }

    /// The fields of a struct that is not there: all of them, so that records with and without it have one schema.
    fn nothing(&self, schema: &SchemaRef, outer: Outer<'_>, parts: &mut Parts) {
        let FieldType::Struct(fields) = &schema.field_type else { return };
        for field in fields {
            let name = self.name(Some(outer), field.name.as_str());
            if is_struct(&field.schema) {
                self.nothing(&field.schema, Outer { name: &name, ..outer }, parts);
            } else {
                let slot = Slot::typed(Value::Null, &field.schema);
                parts.push((name.into(), with_optional(slot, outer.is_optional)));
            }
        }
    }

    fn name(&self, outer: Option<Outer<'_>>, name: &str) -> String {
        outer.map_or_else(|| name.to_owned(), |outer| format!("{}{}{name}", outer.name, self.delimiter))
    }
}

/// Whether the field has fields. Maps that have a schema have keys, of which each record may have others.
fn is_nested(object: &Object, index: usize) -> bool {
    match (object.schema(index), object.form()) {
        (Some(schema), Form::Struct(_)) => is_struct(schema),
        _ => object.scalar(index) == Scalar::Object,
    }
}

fn is_struct(schema: &Schema) -> bool {
    matches!(schema.field_type, FieldType::Struct(_))
}

fn with_optional(slot: Slot, is_optional: bool) -> Slot {
    match slot {
        Slot::Value(value, Some(schema)) if is_optional && !schema.optional => {
            Slot::Value(value, Some(SchemaRef::new(Schema { optional: true, ..(*schema).clone() })))
        }
        slot => slot,
    }
}
