//! An object with its fields in sight: those of a JSON text, of a struct, or of a map.
//!
//! A transform sees no difference between them. What nobody touches stays the bytes, or the value, that it was.

mod close;
mod member;
mod nested;
mod open;
mod seen;

pub(crate) use close::Closed;
pub(crate) use member::{Member, Slot};
pub(crate) use nested::{Nested, field_schema};

use crate::{error::Problem, json::Malformed, scalar::Scalar};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use connector_api::{SchemaRef, Text, Value};
use member::Name;
use seen::Seen;

/// Names and what they stand for, in order.
#[derive(Debug)]
pub(crate) struct Object {
    form: Form,
    /// The text that places in members refer to; empty for values that are not JSON.
    source: Bytes,
    members: Vec<Member>,
    is_changed: bool,
}

/// What an object was, and becomes again.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    Json,
    /// With the schema that it had, when it had one.
    Struct(Option<SchemaRef>),
    /// With the schema that it had, which holds as long as nothing is changed.
    Map(Option<SchemaRef>),
}

impl Object {
    /// An object without fields.
    pub(crate) fn new(form: Form) -> Self {
        Self { form, source: Bytes::new(), members: Vec::new(), is_changed: true }
    }

    /// The object that a JSON text is. `room` is an empty vector to be used again.
    pub(crate) fn of_json(source: Bytes, room: Vec<Member>) -> Result<Self, Malformed> {
        let members = open::json_members(&source, room)?;
        Ok(Self { form: Form::Json, source, members, is_changed: false })
    }

    /// The object that a value is, or the value as it was when it is none.
    pub(crate) fn of_value(
        value: Value,
        schema: Option<SchemaRef>,
    ) -> Result<Self, (Value, Option<SchemaRef>)> {
        let (form, members) = open::typed_members(value, schema)?;
        Ok(Self { form, source: Bytes::new(), members, is_changed: false })
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.is_changed
    }

    pub(crate) fn form(&self) -> &Form {
        &self.form
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Name of the field at `index`.
    pub(crate) fn name(&self, index: usize) -> &[u8] {
        self.members[index].name.bytes(&self.source)
    }

    /// Where the field called `name` stands; the last of them, where a JSON text has several.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.members.iter().rposition(|member| member.name.bytes(&self.source) == name.as_bytes())
    }

    /// What the field at `index` holds.
    pub(crate) fn scalar(&self, index: usize) -> Scalar<'_> {
        self.members[index].slot.scalar(&self.source)
    }

    /// What the field at `index` holds, when it has a type.
    pub(crate) fn value(&self, index: usize) -> Option<&Value> {
        match &self.members[index].slot {
            Slot::Value(value, _) => Some(value),
            Slot::Span(_) | Slot::Raw(_) => None,
        }
    }

    /// The schema of the field at `index`.
    pub(crate) fn schema(&self, index: usize) -> Option<&SchemaRef> {
        match &self.members[index].slot {
            Slot::Value(_, schema) => schema.as_ref(),
            Slot::Span(_) | Slot::Raw(_) => None,
        }
    }

    /// What the field at `index` holds, so that it can stand in another object.
    pub(crate) fn slot(&self, index: usize) -> Slot {
        match &self.members[index].slot {
            Slot::Span(span) => Slot::Raw(self.source.slice(span.start()..span.end())),
            slot => slot.clone(),
        }
    }

    /// What the field at `index` holds, as text: JSON for what has parts, nothing for null.
    pub(crate) fn shown(&self, index: usize) -> Option<String> {
        match self.scalar(index) {
            Scalar::Null => None,
            Scalar::Text(text) => Some(text.into_owned()),
            Scalar::Number(digits) => Some(digits.to_owned()),
            Scalar::Bytes(bytes) => Some(STANDARD.encode(bytes)),
            _ => Some(String::from_utf8_lossy(&self.json_of(index)).into_owned()),
        }
    }

    /// Gives the field at `index` another value.
    pub(crate) fn set_at(&mut self, index: usize, slot: Slot) {
        self.members[index].slot = slot;
        self.is_changed = true;
    }

    /// Gives the field called `name` a value: in its place, or behind the others when it is new.
    pub(crate) fn set(&mut self, name: &Text, slot: Slot) {
        match self.find(name) {
            Some(index) => self.set_at(index, slot),
            None => self.push(name.clone(), slot),
        }
    }

    /// Adds a field, of which the caller knows that its name is new.
    pub(crate) fn push(&mut self, name: Text, slot: Slot) {
        self.members.push(Member { name: Name::New(name), slot });
        self.is_changed = true;
    }

    /// Keeps the fields whose names are wanted.
    pub(crate) fn retain(&mut self, is_wanted: impl Fn(&[u8]) -> bool) {
        let before = self.members.len();
        let source = &self.source;
        self.members.retain(|member| is_wanted(member.name.bytes(source)));
        self.is_changed |= self.members.len() != before;
    }

    /// Gives fields other names: `name` says the new one by place and old name, or nothing to leave it.
    ///
    /// # Errors
    /// [`Problem::SameName`] when a new name is that of another field, since one of the two would be lost.
    pub(crate) fn rename(
        &mut self,
        mut name: impl FnMut(usize, &[u8]) -> Option<Text>,
    ) -> Result<(), Problem> {
        let mut is_renamed = false;
        for (index, member) in self.members.iter_mut().enumerate() {
            if let Some(new) = name(index, member.name.bytes(&self.source)) {
                member.name = Name::New(new);
                is_renamed = true;
            }
        }
        self.is_changed |= is_renamed;
        if is_renamed { self.check_names() } else { Ok(()) }
    }

    /// Puts fields in the place of each that `parts` says something for; the others stay as they are.
    ///
    /// # Errors
    /// Those of `parts`, and [`Problem::SameName`] as for [`rename`](Self::rename).
    pub(crate) fn expand(
        &mut self,
        mut parts: impl FnMut(&Self, usize) -> Result<Option<Vec<(Text, Slot)>>, Problem>,
    ) -> Result<(), Problem> {
        let expanded = (0..self.len()).map(|index| parts(self, index)).collect::<Result<Vec<_>, _>>()?;
        let mut members = Vec::with_capacity(self.len() * 2);
        for (member, parts) in self.members.drain(..).zip(expanded) {
            match parts {
                None => members.push(member),
                Some(parts) => {
                    members
                        .extend(parts.into_iter().map(|(name, slot)| Member { name: Name::New(name), slot }));
                    self.is_changed = true;
                }
            }
        }
        self.members = members;
        self.check_names()
    }

    /// No field may have a new name that is that of another.
    fn check_names(&self) -> Result<(), Problem> {
        let mut seen = Seen::default();
        for (index, member) in self.members.iter().enumerate() {
            let name = self.name(index);
            let is_new = |member: &Member| matches!(member.name, Name::New(_));
            let is_same = |other: &usize| self.name(*other) == name;
            if seen.perhaps(name)
                && let Some(other) = (0..index).find(is_same)
                && (is_new(member) || is_new(&self.members[other]))
            {
                return Err(Problem::SameName(String::from_utf8_lossy(name).into_owned()));
            }
        }
        Ok(())
    }
}
