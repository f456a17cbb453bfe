//! JSON from typed values.
//!
//! Integers and floating-point numbers become numbers, bytes become base64 text, as Connect's own JSON has them.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{BufMut, BytesMut};
use connector_api::Value;
use serde::Serialize;

/// A typed value that JSON, or a row, has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unwritable {
    #[error("not a JSON object but {0}; a row needs a map or a struct")]
    NotAnObject(&'static str),
    #[error("a key of a map is {0}, JSON allows text only")]
    Key(&'static str),
    #[error("a number is NaN or infinite, which JSON cannot say")]
    NotFinite,
    #[error("text is not UTF-8")]
    Text,
}

/// Appends `value`, which is to be a map or struct, as one JSON object on one line. What was appended when it fails is
/// for the caller to cut off.
pub(crate) fn write_object(value: &Value, out: &mut BytesMut) -> Result<(), Unwritable> {
    match value {
        Value::Map(_) | Value::Struct(_) => write(value, out),
        other => Err(Unwritable::NotAnObject(kind(other))),
    }
}

fn write(value: &Value, out: &mut BytesMut) -> Result<(), Unwritable> {
    match value {
        Value::String(text) => {
            plain(std::str::from_utf8(text.as_bytes()).map_err(|_| Unwritable::Text)?, out)
        }
        Value::Bytes(bytes) => plain(STANDARD.encode(bytes), out),
        Value::Null => plain((), out),
        Value::Boolean(v) => plain(v, out),
        Value::Int8(v) => plain(v, out),
        Value::Int16(v) => plain(v, out),
        Value::Int32(v) => plain(v, out),
        Value::Int64(v) => plain(v, out),
        Value::Float32(v) if !v.is_finite() => Err(Unwritable::NotFinite),
        Value::Float32(v) => plain(v, out),
        Value::Float64(v) if !v.is_finite() => Err(Unwritable::NotFinite),
        Value::Float64(v) => plain(v, out),
        Value::Array(values) => {
            let values = values.iter().map(|v| move |out: &mut BytesMut| write(v, out));
            separated(b"[]", values, out)
        }
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|(k, v)| move |out: &mut BytesMut| pair(k, v, out));
            separated(b"{}", pairs, out)
        }
        Value::Struct(fields) => {
            let fields =
                fields.iter().map(|(k, v)| move |out: &mut BytesMut| pair(&Value::String(k.clone()), v, out));
            separated(b"{}", fields, out)
        }
        other => Err(Unwritable::NotAnObject(kind(other))),
    }
}

fn pair(key: &Value, value: &Value, out: &mut BytesMut) -> Result<(), Unwritable> {
    match key {
        Value::String(_) => write(key, out)?,
        Value::Boolean(_) | Value::Int8(_) | Value::Int16(_) | Value::Int32(_) | Value::Int64(_) => {
            out.put_u8(b'"');
            write(key, out)?;
            out.put_u8(b'"');
        }
        other => return Err(Unwritable::Key(kind(other))),
    }
    out.put_u8(b':');
    write(value, out)
}

fn separated<F>(
    brackets: &[u8; 2],
    parts: impl Iterator<Item = F>,
    out: &mut BytesMut,
) -> Result<(), Unwritable>
where
    F: FnOnce(&mut BytesMut) -> Result<(), Unwritable>,
{
    out.put_u8(brackets[0]);
    for (i, part) in parts.enumerate() {
        if i > 0 {
            out.put_u8(b',');
        }
        part(out)?;
    }
    out.put_u8(brackets[1]);
    Ok(())
}

fn plain(value: impl Serialize, out: &mut BytesMut) -> Result<(), Unwritable> {
    // Text and finite numbers always have a JSON form, and memory does not refuse to be written.
    serde_json::to_writer(out.writer(), &value).map_err(|_| Unwritable::Text)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Bytes(_) => "bytes",
        Value::Null => "null",
        Value::Boolean(_) => "a boolean",
        Value::Int8(_) | Value::Int16(_) | Value::Int32(_) | Value::Int64(_) => "an integer",
        Value::Float32(_) | Value::Float64(_) => "a floating-point number",
        Value::Array(_) => "an array",
        Value::Map(_) => "a map",
        Value::Struct(_) => "a struct",
        _ => "of an unknown kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[track_caller]
    fn check(value: Value, expected: Result<&str, Unwritable>) {
        let mut out = BytesMut::new();
        let written = write_object(&value, &mut out).map(|()| std::str::from_utf8(&out).unwrap());
        assert_eq!(written, expected);
    }

    fn field(value: Value) -> Value {
        Value::Struct(vec![("f".into(), value)])
    }

    #[test]
    fn every_kind_of_value_has_its_form() {
        check(field(Value::Null), Ok(r#"{"f":null}"#));
        check(field(Value::Boolean(true)), Ok(r#"{"f":true}"#));
        check(field(Value::Int64(i64::MIN)), Ok(r#"{"f":-9223372036854775808}"#));
        check(field(Value::Float32(0.1)), Ok(r#"{"f":0.1}"#));
        check(field(Value::Float64(1e300)), Ok(r#"{"f":1e+300}"#));
        check(field(Value::String("a\"\n✓".into())), Ok(r#"{"f":"a\"\n✓"}"#));
        check(field(Value::Bytes(Bytes::from_static(b"\x00\xff"))), Ok(r#"{"f":"AP8="}"#));
        check(field(Value::Array(vec![Value::Int8(1), Value::Null])), Ok(r#"{"f":[1,null]}"#));
        check(Value::Map(vec![(Value::Int32(1), Value::Int16(2))]), Ok(r#"{"1":2}"#));
        check(Value::Struct(vec![]), Ok("{}"));
    }

    #[test]
    fn what_is_no_row_is_refused_with_the_reason() {
        check(Value::Array(vec![]), Err(Unwritable::NotAnObject("an array")));
        check(Value::Int8(1), Err(Unwritable::NotAnObject("an integer")));
        check(field(Value::Float64(f64::NAN)), Err(Unwritable::NotFinite));
        check(Value::Map(vec![(Value::Null, Value::Null)]), Err(Unwritable::Key("null")));
    }
}
