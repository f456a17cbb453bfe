//! From members back to a text or a value.

use super::{Form, Member, Object, Slot};
use crate::schemas::SchemaCache;
use bytes::Bytes;
use connector_api::{Field, FieldType, Schema, SchemaRef, Text, Value};

/// What an object became.
#[derive(Debug)]
pub(crate) enum Closed {
    Json(Bytes),
    Value(Value, Option<SchemaRef>),
}

impl Object {
    /// The object as what it was before it was opened, and the room that its members took.
    pub(crate) fn close(mut self, schemas: &mut SchemaCache) -> (Closed, Vec<Member>) {
        let closed = match &self.form {
            Form::Json if !self.is_changed => Closed::Json(self.source.clone()),
            Form::Json => Closed::Json(self.json().into()),
            Form::Map(schema) => {
                let schema = schema.clone().filter(|_| !self.is_changed);
                Closed::Value(Value::Map(self.take_pairs()), schema)
            }
            Form::Struct(head) => {
                let schema = head.clone().map(|head| self.struct_schema(&head, schemas));
                Closed::Value(Value::Struct(self.take_fields()), schema)
            }
        };
        self.members.clear();
        (closed, self.members)
    }

    /// The room that the members took.
    pub(crate) fn into_room(mut self) -> Vec<Member> {
        self.members.clear();
        self.members
    }

    /// What the field at `index` holds, as JSON.
    pub(super) fn json_of(&self, index: usize) -> Vec<u8> {
        let mut out = Vec::new();
        self.members[index].slot.write(&self.source, &mut out);
        out
    }

    fn json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.source.len() + 64);
        out.push(b'{');
        let mut rest = self.members.as_slice();
        while let Some((member, behind)) = rest.split_first() {
            if out.len() > 1 {
                out.push(b',');
            }
            rest = match member.untouched() {
                Some((start, end)) => {
                    let (end, behind) = self.run(end, behind);
                    out.extend_from_slice(&self.source[start..end]);
                    behind
                }
                None => {
                    member.write(&self.source, &mut out);
                    behind
                }
            };
        }
        out.push(b'}');
        out
    }

    /// How far the source can be copied at once, and the members behind that: nothing may have stood between two that are copied.
    fn run<'m>(&self, mut end: usize, mut members: &'m [Member]) -> (usize, &'m [Member]) {
        while let Some((member, behind)) = members.split_first() {
            match member.untouched() {
                Some((start, next)) if is_separator(&self.source[end..start]) => {
                    (end, members) = (next, behind);
                }
                _ => break,
            }
        }
        (end, members)
    }

    fn struct_schema(&self, head: &SchemaRef, schemas: &mut SchemaCache) -> SchemaRef {
        let field = |member: &Member| match &member.slot {
            Slot::Value(_, Some(schema)) => {
                Some(Field { name: member.name.text(&self.source), schema: SchemaRef::clone(schema) })
            }
            _ => None,
        };
        if !self.is_changed {
            return SchemaRef::clone(head);
        }
        let fields = self.members.iter().filter_map(field).collect();
        schemas.shared(Schema { field_type: FieldType::Struct(fields), ..without_fields(head) }, head)
    }

    fn take_fields(&mut self) -> Vec<(Text, Value)> {
        let source = &self.source;
        let field = |member: Member| (member.name.text(source), member.slot.into_value());
        self.members.drain(..).map(field).collect()
    }

    fn take_pairs(&mut self) -> Vec<(Value, Value)> {
        self.take_fields().into_iter().map(|(name, value)| (Value::String(name), value)).collect()
    }
}

impl Slot {
    /// As a value of its own: JSON becomes the text that it is.
    fn into_value(self) -> Value {
        match self {
            Self::Value(value, _) => value,
            Self::Raw(json) => Text::from_utf8(json).map_or(Value::Null, Value::String),
            Self::Span(_) => Value::Null,
        }
    }
}

/// A schema's description of itself.
fn without_fields(schema: &Schema) -> Schema {
    let Schema { name, version, optional, doc, parameters, .. } = schema;
    Schema {
        field_type: FieldType::Struct(Vec::new()),
        name: name.clone(),
        version: *version,
        optional: *optional,
        doc: doc.clone(),
        parameters: parameters.clone(),
    }
}

/// Whether this is one comma, and white space.
fn is_separator(gap: &[u8]) -> bool {
    gap == b"," || gap.trim_ascii() == b","
}
