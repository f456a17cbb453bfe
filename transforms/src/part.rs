//! The key or the value of a record: opened when a transform first looks into it, closed once at the end of the chain.

mod given;
mod whole;

pub(crate) use given::is_nothing;
pub(crate) use whole::Outcome;

use crate::{
    error::{Place, Problem, Side},
    json::Malformed,
    object::{Closed, Form, Member, Object},
    scalar::Scalar,
    schemas::SchemaCache,
};
use bytes::Bytes;
use connector_api::{SchemaRef, Value};
use given::Given;

/// One part of the record that a chain has in hand. Its room is used again for the next record.
#[derive(Debug)]
pub(crate) struct Part {
    side: Side,
    state: State,
    /// Whether it came as bytes; JSON goes as it came.
    were_bytes: bool,
    room: Vec<Member>,
    schemas: SchemaCache,
}

#[derive(Debug)]
enum State {
    /// Not looked at.
    Untaken,
    /// As it came: text may be JSON.
    Given(Given),
    /// From a transform: text is text.
    Value(Value, Option<SchemaRef>),
    /// One JSON value that is not open, without white space around it.
    Json(Bytes),
    /// With what came, when it was that which was opened.
    Object(Object, Option<Given>),
}

impl Part {
    pub(crate) fn new(side: Side) -> Self {
        let schemas = SchemaCache::default();
        Self { side, state: State::Untaken, were_bytes: false, room: Vec::new(), schemas }
    }

    pub(crate) fn is_untaken(&self) -> bool {
        matches!(self.state, State::Untaken)
    }

    /// Takes a part of the next record in hand.
    pub(crate) fn take(&mut self, value: Value, schema: Option<SchemaRef>) {
        self.were_bytes = matches!(value, Value::Bytes(_));
        self.state = State::Given(Given { value, schema });
    }

    /// Lets go of whatever is in hand.
    pub(crate) fn forget(&mut self) {
        self.set(State::Untaken);
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_null(&self) -> bool {
        match &self.state {
            State::Untaken => true,
            State::Given(Given { value, .. }) | State::Value(value, _) => is_nothing(value),
            State::Json(json) => json.as_ref() == b"null",
            State::Object(..) => false,
        }
    }

    /// The fields; `None` when there is nothing in it, which every transform leaves alone.
    ///
    /// # Errors
    /// [`Problem::NotAnObject`] or [`Problem::Malformed`] when it has no fields.
    pub(crate) fn object(&mut self) -> Result<Option<&mut Object>, Problem> {
        if self.is_null() {
            return Ok(None);
        }
        if !self.open()? {
            return Err(Problem::NotAnObject { side: self.side, found: self.read().kind() });
        }
        self.object_if_any()
    }

    /// The fields; `None` when it is something without fields.
    ///
    /// # Errors
    /// [`Problem::Malformed`] when it begins like a JSON object and is none.
    pub(crate) fn object_if_any(&mut self) -> Result<Option<&mut Object>, Problem> {
        self.open()?;
        match &mut self.state {
            State::Object(object, _) => Ok(Some(object)),
            _ => Ok(None),
        }
    }

    /// Whether it has fields, which are in sight then.
    fn open(&mut self) -> Result<bool, Problem> {
        if matches!(self.state, State::Object(..)) {
            return Ok(true);
        }
        self.state = match std::mem::replace(&mut self.state, State::Untaken) {
            State::Given(given) => {
                match given.object_text().map_err(|malformed| self.malformed(malformed))? {
                    Some(text) => State::Object(self.json_object(text)?, Some(given)),
                    None if given.value.as_raw().is_some() => State::Given(given),
                    None => typed(given.value, given.schema),
                }
            }
            State::Value(value, schema) => typed(value, schema),
            State::Json(json) if json.starts_with(b"{") => State::Object(self.json_object(json)?, None),
            other => other,
        };
        Ok(matches!(self.state, State::Object(..)))
    }

    fn json_object(&mut self, text: Bytes) -> Result<Object, Problem> {
        let room = std::mem::take(&mut self.room);
        Object::of_json(text, room).map_err(|malformed| self.malformed(malformed))
    }

    fn malformed(&self, malformed: Malformed) -> Problem {
        Problem::Malformed { side: self.side, malformed }
    }

    /// What the whole of it is.
    pub(crate) fn read(&self) -> Scalar<'_> {
        match &self.state {
            State::Untaken => Scalar::Null,
            State::Given(given) => given.scalar(),
            State::Value(value, _) => Scalar::of_value(value),
            State::Json(json) => Scalar::of_json(json),
            State::Object(..) => Scalar::Object,
        }
    }

    pub(crate) fn place(&self) -> Place {
        Place::Whole(self.side)
    }

    /// The schema of a typed value that is not open.
    pub(crate) fn schema(&self) -> Option<&SchemaRef> {
        match &self.state {
            State::Given(Given { schema, .. }) | State::Value(_, schema) => schema.as_ref(),
            State::Untaken | State::Json(_) | State::Object(..) => None,
        }
    }

    /// Gives a typed value another schema that describes it as well; whether it had one.
    pub(crate) fn retype(&mut self, change: impl FnOnce(&SchemaRef) -> SchemaRef) -> bool {
        // An open JSON text, which has no schema, stays open.
        if matches!(&self.state, State::Object(object, _) if !matches!(object.form(), Form::Json)) {
            self.shut();
        }
        match &mut self.state {
            State::Given(Given { schema: Some(schema), .. }) | State::Value(_, Some(schema)) => {
                *schema = change(schema);
                true
            }
            _ => false,
        }
    }

    /// Puts something else in the place of what is in hand.
    fn set(&mut self, state: State) {
        if let State::Object(object, _) = std::mem::replace(&mut self.state, state) {
            self.room = object.into_room();
        }
    }

    /// Closes an open object, so that the whole is one value again.
    fn shut(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Untaken) {
            State::Object(object, Some(given)) if !object.is_changed() => {
                self.room = object.into_room();
                State::Given(given)
            }
            State::Object(object, _) => {
                let (closed, room) = object.close(&mut self.schemas);
                self.room = room;
                match closed {
                    Closed::Json(json) => State::Json(json),
                    Closed::Value(value, schema) => State::Value(value, schema),
                }
            }
            other => other,
        };
    }
}

fn typed(value: Value, schema: Option<SchemaRef>) -> State {
    match Object::of_value(value, schema) {
        Ok(object) => State::Object(object, None),
        Err((value, schema)) => State::Value(value, schema),
    }
}
