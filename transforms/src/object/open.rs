//! From a text or a value to members.

use super::{Form, Member, Slot, member::Name};
use crate::json::{Malformed, Span, members};
use bytes::Bytes;
use connector_api::{Field, FieldType, SchemaRef, Text, Value};

pub(super) fn json_members(source: &Bytes, mut room: Vec<Member>) -> Result<Vec<Member>, Malformed> {
    room.clear();
    members(source, |raw| {
        let name = if raw.is_escaped { escaped(source, raw.name) } else { Name::Source(raw.name) };
        room.push(Member { name, slot: Slot::Span(raw.value) });
    })?;
    Ok(room)
}

fn escaped(source: &[u8], span: Span) -> Name {
    let quoted = &source[span.start() - 1..=span.end()];
    // The scan has seen that it is a string. Were it none, its bytes would be its name.
    let text = serde_json::from_slice::<String>(quoted);
    Name::Escaped(span, text.unwrap_or_else(|_| String::from_utf8_lossy(span.of(source)).into_owned()).into())
}

type Opened = (Form, Vec<Member>);

pub(super) fn typed_members(
    value: Value,
    schema: Option<SchemaRef>,
) -> Result<Opened, (Value, Option<SchemaRef>)> {
    match value {
        Value::Struct(fields) => {
            let members = struct_members(fields, schema.as_ref());
            Ok((Form::Struct(schema), members))
        }
        // Keys that are not text are no names.
        Value::Map(pairs) if pairs.iter().all(|(key, _)| matches!(key, Value::String(_))) => {
            let of_values = match schema.as_deref().map(|schema| &schema.field_type) {
                Some(FieldType::Map(_, values)) => Some(SchemaRef::clone(values)),
                _ => None,
            };
            let member = |(key, value)| match key {
                Value::String(name) => Some(member(name, value, of_values.clone())),
                _ => None,
            };
            let members = pairs.into_iter().filter_map(member).collect();
            Ok((Form::Map(schema), members))
        }
        other => Err((other, schema)),
    }
}

fn struct_members(values: Vec<(Text, Value)>, schema: Option<&SchemaRef>) -> Vec<Member> {
    let fields: &[Field] = match schema.map(|schema| &schema.field_type) {
        Some(FieldType::Struct(fields)) => fields,
        _ => &[],
    };
    let schema_of = |index: usize, name: &Text| {
        let is_it = |field: &&Field| field.name == *name;
        // Values stand in the order of the schema, as a rule.
        let field = fields.get(index).filter(is_it).or_else(|| fields.iter().find(is_it));
        field.map(|field| SchemaRef::clone(&field.schema))
    };
    let member = |(index, (name, value)): (usize, (Text, Value))| {
        let schema = schema_of(index, &name);
        member(name, value, schema)
    };
    values.into_iter().enumerate().map(member).collect()
}

fn member(name: Text, value: Value, schema: Option<SchemaRef>) -> Member {
    Member { name: Name::New(name), slot: Slot::Value(value, schema) }
}
