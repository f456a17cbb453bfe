//! Values as JSON.

use base64::{Engine, engine::general_purpose::STANDARD};
use connector_api::Value;

/// Appends `text` as a JSON string.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    // A vector takes what it is given, and text always has a JSON form.
    drop(serde_json::to_writer(out, text));
}

/// Appends `value`: bytes as base64, and what JSON has no number for as null, as JavaScript does.
pub(crate) fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::String(text) => write_text(text, out),
        Value::Bytes(bytes) => write_text(&STANDARD.encode(bytes), out),
        Value::Float32(number) => drop(serde_json::to_writer(out, number)),
        Value::Float64(number) => drop(serde_json::to_writer(out, number)),
        Value::Array(values) => separated(b"[]", values, out, write_value),
        Value::Map(pairs) => separated(b"{}", pairs, out, |(key, value), out| {
            write_text(&String::from_utf8_lossy(&key.text()), out);
            out.push(b':');
            write_value(value, out);
        }),
        Value::Struct(fields) => separated(b"{}", fields, out, |(name, value), out| {
            write_text(name, out);
            out.push(b':');
            write_value(value, out);
        }),
        Value::Boolean(_) | Value::Int8(_) | Value::Int16(_) | Value::Int32(_) | Value::Int64(_) => {
            out.extend_from_slice(&value.text());
        }
        _ => out.extend_from_slice(b"null"),
    }
}

fn separated<T>(brackets: &[u8; 2], parts: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    out.push(brackets[0]);
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(part, out);
    }
    out.push(brackets[1]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[track_caller]
    fn check(value: Value, expected: &str) {
        let mut out = Vec::new();
        write_value(&value, &mut out);
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }

    #[test]
    fn every_kind_of_value_has_a_form() {
        check(Value::Null, "null");
        check(Value::Boolean(true), "true");
        check(Value::Int64(i64::MIN), "-9223372036854775808");
        check(Value::Float32(0.1), "0.1");
        check(Value::Float64(1.0), "1.0");
        check(Value::Float64(f64::NAN), "null");
        check(Value::String("a\"\n✓".into()), "\"a\\\"\\n✓\"");
        check(Value::Bytes(Bytes::from_static(b"\x00\xff")), "\"AP8=\"");
        check(Value::Array(vec![Value::Int8(1), Value::Null]), "[1,null]");
        check(Value::Map(vec![(Value::Int32(1), Value::Int16(2))]), "{\"1\":2}");
        check(Value::Struct(vec![("a".into(), Value::Null)]), "{\"a\":null}");
    }
}
