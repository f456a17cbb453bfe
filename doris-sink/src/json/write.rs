//! JSON from typed values.
//!
//! Integers and floating-point numbers become numbers, bytes become base64 text, as Connect's own JSON has them.

use crate::rows::logical::{Logical, Moments, decimal_text};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::{BufMut, BytesMut};
use connector_api::{FieldType, Schema, Value};
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

/// Appends `value`, which is to be a map or struct, as one JSON object on one line; its schema says what numbers and bytes in it mean. What
/// was appended when it fails is for the caller to cut off.
pub(crate) fn write_object(
    value: &Value,
    schema: Option<&Schema>,
    moments: Moments,
    out: &mut BytesMut,
) -> Result<(), Unwritable> {
    match value {
        Value::Map(_) | Value::Struct(_) => Writer(moments).write(value, schema, out),
        other => Err(Unwritable::NotAnObject(kind(other))),
    }
}

/// Appends an object of one field.
pub(crate) fn write_field(name: &str, value: &Value, out: &mut BytesMut) -> Result<(), Unwritable> {
    out.put_u8(b'{');
    plain(name, out)?;
    out.put_u8(b':');
    // Without a schema nothing in it is a moment.
    Writer(Moments::Utc).write(value, None, out)?;
    out.put_u8(b'}');
    Ok(())
}

/// Writes values, and moments as it is told.
#[derive(Clone, Copy)]
struct Writer(Moments);

impl Writer {
    fn write(self, value: &Value, schema: Option<&Schema>, out: &mut BytesMut) -> Result<(), Unwritable> {
        if let Some(text) = schema.and_then(|schema| self.meant(value, schema)) {
            return plain(text, out);
        }
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
                let of = match schema.map(|schema| &schema.field_type) {
                    Some(FieldType::Array(of)) => Some(&**of),
                    _ => None,
                };
                let values = values.iter().map(|v| move |out: &mut BytesMut| self.write(v, of, out));
                separated(b"[]", values, out)
            }
            Value::Map(pairs) => {
                let of = match schema.map(|schema| &schema.field_type) {
                    Some(FieldType::Map(_, of)) => Some(&**of),
                    _ => None,
                };
                let pairs = pairs.iter().map(|(k, v)| move |out: &mut BytesMut| self.pair(k, v, of, out));
                separated(b"{}", pairs, out)
            }
            Value::Struct(fields) => {
                let of = |name: &str| match schema.map(|schema| &schema.field_type) {
                    Some(FieldType::Struct(fields)) => {
                        fields.iter().find(|field| *field.name == *name).map(|field| &*field.schema)
                    }
                    _ => None,
                };
                let fields = fields.iter().map(|(k, v)| {
                    let of = of(k);
                    move |out: &mut BytesMut| self.pair(&Value::String(k.clone()), v, of, out)
                });
                separated(b"{}", fields, out)
            }
            other => Err(Unwritable::NotAnObject(kind(other))),
        }
    }

    /// What a number or bytes mean by the name of their schema.
    fn meant(self, value: &Value, schema: &Schema) -> Option<String> {
        let scale =
            schema.parameters.iter().find(|(name, _)| **name == *"scale").map(|(_, scale)| scale.as_str());
        let logical = Logical::of(schema.name.as_ref()?, scale)?;
        match (logical, value) {
            (Logical::Decimal { scale }, Value::Bytes(unscaled)) => Some(decimal_text(unscaled, scale)),
            (logical, Value::Int8(number)) => logical.text_of((*number).into(), self.0),
            (logical, Value::Int16(number)) => logical.text_of((*number).into(), self.0),
            (logical, Value::Int32(number)) => logical.text_of((*number).into(), self.0),
            (logical, Value::Int64(number)) => logical.text_of(*number, self.0),
            _ => None,
        }
    }

    fn pair(
        self,
        key: &Value,
        value: &Value,
        schema: Option<&Schema>,
        out: &mut BytesMut,
    ) -> Result<(), Unwritable> {
        match key {
            Value::String(_) => self.write(key, None, out)?,
            Value::Boolean(_) | Value::Int8(_) | Value::Int16(_) | Value::Int32(_) | Value::Int64(_) => {
                out.put_u8(b'"');
                self.write(key, None, out)?;
                out.put_u8(b'"');
            }
            other => return Err(Unwritable::Key(kind(other))),
        }
        out.put_u8(b':');
        self.write(value, schema, out)
    }
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
    use connector_api::Field;
    use std::sync::Arc;

    #[track_caller]
    fn check(value: Value, expected: Result<&str, Unwritable>) {
        let mut out = BytesMut::new();
        let written =
            write_object(&value, None, Moments::Utc, &mut out).map(|()| std::str::from_utf8(&out).unwrap());
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
    fn numbers_and_bytes_are_written_as_their_schemas_mean_them() {
        let named = |name: &str, of, parameters| {
            Arc::new(Schema { name: Some(name.into()), parameters, ..Schema::of(of) })
        };
        let decimal = named(
            "io.openmessaging.connector.api.data.logical.Decimal",
            FieldType::Bytes,
            vec![("scale".into(), "2".into())],
        );
        let day = named("org.apache.kafka.connect.data.Date", FieldType::Int32, vec![]);
        let days = Arc::new(Schema::of(FieldType::Array(Arc::clone(&day))));
        let fields = [("price", decimal), ("day", day), ("days", days)];
        let fields = fields.map(|(name, schema)| Field { name: name.into(), schema });
        let value = Value::Struct(vec![
            ("price".into(), Value::Bytes(Bytes::from_static(&[0x30, 0x39]))),
            ("day".into(), Value::Int32(0)),
            ("days".into(), Value::Array(vec![Value::Int32(1), Value::Null])),
        ]);
        let mut out = BytesMut::new();
        write_object(&value, Some(&Schema::of(FieldType::Struct(fields.into()))), Moments::Utc, &mut out)
            .unwrap();
        let expected = r#"{"price":"123.45","day":"1970-01-01","days":["1970-01-02",null]}"#;
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }

    #[test]
    fn what_is_no_row_is_refused_with_the_reason() {
        check(Value::Array(vec![]), Err(Unwritable::NotAnObject("an array")));
        check(Value::Int8(1), Err(Unwritable::NotAnObject("an integer")));
        check(field(Value::Float64(f64::NAN)), Err(Unwritable::NotFinite));
        check(Value::Map(vec![(Value::Null, Value::Null)]), Err(Unwritable::Key("null")));
    }
}
