//! The whole of a part: taken out, put in, given away.

use super::{Given, Part, State};
use crate::{
    object::{Form, Object, Slot},
    scalar::Scalar,
};
use bytes::Bytes;
use connector_api::{SchemaRef, Text, Value};

/// What is left of a part that a chain has done with.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nobody looked at it: it is where it was.
    Untaken,
    /// What it is now.
    Value(Value, Option<SchemaRef>),
}

impl Part {
    /// Puts `slot` in the place of the whole.
    pub(crate) fn replace(&mut self, slot: Slot) {
        self.set(match slot {
            Slot::Value(value, schema) => State::Value(value, schema),
            Slot::Raw(json) => State::Json(json),
            // Places are those of an object, which lets go of none: what it gives away stands on its own.
            Slot::Span(_) => State::Value(Value::Null, None),
        });
    }

    /// Puts an object in the place of the whole.
    pub(crate) fn replace_object(&mut self, object: Object) {
        self.set(State::Object(object, None));
    }

    /// Takes the whole out as something that can be a field, with the kind of object that it can be a field of.
    pub(crate) fn take_whole(&mut self) -> (Slot, Form) {
        self.shut();
        match std::mem::replace(&mut self.state, State::Untaken) {
            State::Json(json) => (Slot::Raw(json), Form::Json),
            State::Given(given) => match given.shared_json() {
                Some(json) => (Slot::Raw(json), Form::Json),
                None => as_field(given),
            },
            State::Value(value, schema) => as_field(Given { value, schema }),
            State::Untaken | State::Object(..) => (Slot::Value(Value::Null, None), Form::Json),
        }
    }

    /// Gives the part away.
    pub(crate) fn finish(&mut self) -> Outcome {
        if self.is_untaken() {
            return Outcome::Untaken;
        }
        self.shut();
        match std::mem::replace(&mut self.state, State::Untaken) {
            State::Given(Given { value, schema }) | State::Value(value, schema) => {
                Outcome::Value(value, schema)
            }
            State::Json(json) => Outcome::Value(from_json(json, self.were_bytes), None),
            State::Untaken | State::Object(..) => Outcome::Untaken,
        }
    }
}

/// What has a schema is the field of a struct, text that has none is a field of JSON.
fn as_field(Given { value, schema }: Given) -> (Slot, Form) {
    let form = match (&schema, &value) {
        (Some(_), _) => Form::Struct(None),
        (None, Value::String(_) | Value::Bytes(_)) => Form::Json,
        (None, _) => Form::Map(None),
    };
    (Slot::Value(value, schema), form)
}

/// One JSON value as the value of a record: objects, arrays and numbers are text with the digits that they had.
fn from_json(json: Bytes, were_bytes: bool) -> Value {
    match Scalar::of_json(&json) {
        Scalar::Null => Value::Null,
        Scalar::Boolean(v) => Value::Boolean(v),
        Scalar::Text(text) => Value::String(text.into()),
        _ if were_bytes => Value::Bytes(json),
        _ => match Text::from_utf8(json.clone()) {
            Ok(text) => Value::String(text),
            Err(_) => Value::Bytes(json),
        },
    }
}
