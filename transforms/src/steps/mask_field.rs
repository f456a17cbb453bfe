//! `MaskField`: the empty value of its type, or one that is given, in the place of what nobody is to see.

use super::{KAFKA, Kind, Scope, class::NULL_WITH_DEFAULT};
use crate::{
    chain::{Flow, Transform},
    error::{Place, Problem, Side},
    object::{Object, Slot},
    options::Options,
    record::OpenRecord,
    scalar::Scalar,
};
use bytes::Bytes;
use connector_api::{ConfigErrors, ConfigKey, ConfigType, Value};

pub(super) const KIND: Kind = Kind {
    name: "MaskField",
    packages: &[KAFKA],
    doc: "puts 0, false, nothing, or a fixed text in the place of what fields hold",
    keys: &[
        ConfigKey::required("fields").of(ConfigType::List).doc("fields to mask"),
        ConfigKey::optional("replacement", "")
            .doc("what numbers and texts become; their empty value when not given"),
        NULL_WITH_DEFAULT,
    ],
    scope: Scope::Part(make),
};

#[derive(Debug)]
struct MaskField {
    side: Side,
    fields: Vec<String>,
    replacement: Option<String>,
}

fn make(side: Side, options: &Options<'_>) -> Result<Box<dyn Transform>, ConfigErrors> {
    let fields = options.filled_list("fields")?.into_iter().map(str::to_owned).collect();
    let replacement = options.given("replacement").map(str::to_owned);
    Ok(Box::new(MaskField { side, fields, replacement }))
}

impl Transform for MaskField {
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem> {
        let Some(object) = record.part(self.side).object()? else { return Ok(Flow::Pass) };
        for field in &self.fields {
            let Some(index) = object.find(field).filter(|index| object.scalar(*index) != Scalar::Null) else {
                continue;
            };
            let mask = match &self.replacement {
                None => empty(object, index),
                Some(replacement) => replaced(object, index, replacement),
            };
            match mask {
                Some(slot) => object.set_at(index, slot),
                None => return Err(self.not_masked(field, &object.scalar(index))),
            }
        }
        Ok(Flow::Pass)
    }
}

impl MaskField {
    /// The error says nothing of the value, which nobody is to see.
    fn not_masked(&self, field: &str, scalar: &Scalar<'_>) -> Problem {
        Problem::NotConvertible {
            place: Place::Field(field.to_owned()),
            found: scalar.kind().to_owned(),
            wanted: match &self.replacement {
                Some(replacement) => format!("{replacement:?}"),
                None => "a masked value".to_owned(),
            },
        }
    }
}

/// The value of the same type that says nothing.
fn empty(object: &Object, index: usize) -> Option<Slot> {
    let Some(value) = object.value(index) else {
        return Some(Slot::Raw(Bytes::from_static(empty_json(&object.scalar(index)))));
    };
    let value = match value {
        Value::String(_) => Value::String("".into()),
        Value::Bytes(_) => Value::Bytes(Bytes::new()),
        Value::Boolean(_) => Value::Boolean(false),
        Value::Int8(_) => Value::Int8(0),
        Value::Int16(_) => Value::Int16(0),
        Value::Int32(_) => Value::Int32(0),
        Value::Int64(_) => Value::Int64(0),
        Value::Float32(_) => Value::Float32(0.0),
        Value::Float64(_) => Value::Float64(0.0),
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Map(_) => Value::Map(Vec::new()),
        // A struct without its fields would be none of its schema.
        _ => return None,
    };
    Some(Slot::Value(value, object.schema(index).cloned()))
}

fn empty_json(scalar: &Scalar<'_>) -> &'static [u8] {
    match scalar {
        Scalar::Text(_) => b"\"\"",
        Scalar::Boolean(_) => b"false",
        Scalar::Array => b"[]",
        Scalar::Object => b"{}",
        _ => b"0",
    }
}

/// The replacement as a value of the same type.
fn replaced(object: &Object, index: usize, text: &str) -> Option<Slot> {
    let value = match (object.value(index), object.scalar(index)) {
        (None | Some(Value::String(_)), Scalar::Text(_)) => Value::String(text.into()),
        (None, Scalar::Number(_)) => {
            return is_number(text).then(|| Slot::Raw(Bytes::copy_from_slice(text.as_bytes())));
        }
        (Some(Value::Int8(_)), _) => Value::Int8(text.parse().ok()?),
        (Some(Value::Int16(_)), _) => Value::Int16(text.parse().ok()?),
        (Some(Value::Int32(_)), _) => Value::Int32(text.parse().ok()?),
        (Some(Value::Int64(_)), _) => Value::Int64(text.parse().ok()?),
        (Some(Value::Float32(_)), _) => Value::Float32(text.parse().ok()?),
        (Some(Value::Float64(_)), _) => Value::Float64(text.parse().ok()?),
        _ => return None,
    };
    Some(Slot::Value(value, object.schema(index).cloned()))
}

fn is_number(text: &str) -> bool {
    let is_one = |span: crate::json::Span| span.of(text.as_bytes()) == text.as_bytes();
    crate::json::whole(text.as_bytes()).is_ok_and(is_one)
        && matches!(Scalar::of_json(text.as_bytes()), Scalar::Number(_))
}
