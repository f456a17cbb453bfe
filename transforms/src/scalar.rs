//! One value as a transform reads it, whether it stands in JSON or has a type.

use bytes::Bytes;
use connector_api::Value;
use std::borrow::Cow;

/// A value without parts, or the word for what has parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Boolean(bool),
    /// A whole number that has a type.
    Integer(i64),
    /// A floating-point number that has a type.
    Float(f64),
    /// A number of JSON, in the digits it was written with.
    Number(&'a str),
    Text(Cow<'a, str>),
    Bytes(&'a Bytes),
    Array,
    Object,
}

impl<'a> Scalar<'a> {
    /// What a JSON value is that a scan has seen.
    pub(crate) fn of_json(json: &'a [u8]) -> Self {
        match json.first() {
            Some(b'"') => Self::Text(text(json)),
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b't') => Self::Boolean(true),
            Some(b'f') => Self::Boolean(false),
            Some(b'n') | None => Self::Null,
            // Digits are ASCII.
            Some(_) => Self::Number(std::str::from_utf8(json).unwrap_or_default()),
        }
    }

    pub(crate) fn of_value(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::Text(Cow::Borrowed(text.as_str())),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Boolean(v) => Self::Boolean(*v),
            Value::Int8(v) => Self::Integer((*v).into()),
            Value::Int16(v) => Self::Integer((*v).into()),
            Value::Int32(v) => Self::Integer((*v).into()),
            Value::Int64(v) => Self::Integer(*v),
            // Through the shortest digits: what a 32-bit number shows is what it means.
            Value::Float32(v) => Self::Float(v.to_string().parse().unwrap_or(f64::from(*v))),
            Value::Float64(v) => Self::Float(*v),
            Value::Array(_) => Self::Array,
            Value::Map(_) | Value::Struct(_) => Self::Object,
            _ => Self::Null,
        }
    }

    /// What it is, in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) | Self::Float(_) | Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }

    /// What it is, with the value where that is short.
    pub(crate) fn shown(&self) -> String {
        const LONGEST: usize = 40;
        match self {
            Self::Boolean(v) => v.to_string(),
            Self::Integer(v) => v.to_string(),
            Self::Float(v) => v.to_string(),
            Self::Number(v) if v.len() <= LONGEST => (*v).to_owned(),
            Self::Text(v) if v.len() <= LONGEST => format!("{v:?}"),
            other => other.kind().to_owned(),
        }
    }
}

fn text(quoted: &[u8]) -> Cow<'_, str> {
    let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    if inner.contains(&b'\\') {
        // The scan has seen that it is a string.
        return Cow::Owned(serde_json::from_slice(quoted).unwrap_or_default());
    }
    String::from_utf8_lossy(inner)
}
