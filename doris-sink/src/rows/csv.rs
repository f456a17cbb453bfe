//! Rows as lines of separated values, which cost a server less than JSON.
//!
//! Values are separated by `\x01`, which is rare, and never raw in JSON. Doris reads every field as text before it is cast to its column, and takes
//! escapes out of it (`CsvReader`, `escape_string_for_csv`), so quotes and backslashes are escaped in all of them, and what holds a separator or a line
//! break is enclosed in quotes; objects and arrays are JSON inside. NULL is `\N`; a text that says so is escaped, too.

use super::{
    NotARow,
    logical::Moments,
    row::{Change, DELETE_SIGN, Row, RowValue},
};
use crate::json;
use bytes::{BufMut, BytesMut};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// What stands between values: as the header says it, and as it is.
pub(crate) const SEPARATOR: (&str, u8) = ("\\x01", 1);
const NULL: &[u8] = b"\\N";

/// The columns of a line.
#[derive(Debug, Clone)]
pub(crate) struct CsvColumns(Vec<String>);

impl CsvColumns {
    /// Columns of these names.
    pub(crate) fn new(names: impl Iterator<Item = String>) -> Self {
        Self(names.collect())
    }

    /// Whether one of them is no name but an expression.
    pub(crate) fn has_expressions(&self) -> bool {
        self.0.iter().any(|name| name.contains(['=', '(']))
    }

    /// Appends a row as one line, without its end.
    pub(super) fn encode(&self, row: &Row<'_>, moments: Moments, out: &mut BytesMut) -> Result<(), NotARow> {
        let mut scratch = BytesMut::new();
        let object: &[u8] = match &row.value {
            RowValue::Json { object, .. } => object,
            RowValue::Typed(value, schema) => {
                json::write_object(value, *schema, moments, &mut scratch)?;
                &scratch
            }
            RowValue::Field(name, value) => {
                json::write_field(name, value, &mut scratch)?;
                &scratch
            }
        };
        let mut deserializer = serde_json::Deserializer::from_slice(object);
        let values =
            deserializer.deserialize_map(Pick(&self.0)).map_err(|error| NotARow::Event(error.to_string()))?;
        for (index, (name, value)) in self.0.iter().zip(values).enumerate() {
            if index > 0 {
                out.put_u8(SEPARATOR.1);
            }
            match (row.change, value) {
                (Change::Delete, _) if name == DELETE_SIGN => out.put_u8(b'1'),
                (Change::Upsert, None) if name == DELETE_SIGN => out.put_u8(b'0'),
                (_, value) => put(value, out)?,
            }
        }
        Ok(())
    }
}

fn put(value: Option<&RawValue>, out: &mut BytesMut) -> Result<(), NotARow> {
    let Some(value) = value else {
        out.extend_from_slice(NULL);
        return Ok(());
    };
    match value.get().as_bytes().first() {
        Some(b'n') | None => out.extend_from_slice(NULL),
        Some(b'"') => {
            let text: Cow<'_, str> =
                serde_json::from_str(value.get()).map_err(|error| NotARow::Event(error.to_string()))?;
            put_text(text.as_bytes(), out);
        }
        Some(_) => {
            let mut line = BytesMut::new();
            json::append_on_one_line(value.get().as_bytes(), &mut line);
            put_text(&line, out);
        }
    }
    Ok(())
}

/// Whether a byte ends a value or a line.
fn separates(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r') || byte == SEPARATOR.1
}

fn put_text(text: &[u8], out: &mut BytesMut) {
    let is_enclosed = text.iter().any(|byte| separates(*byte));
    if is_enclosed {
        out.put_u8(b'"');
    }
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.put_u8(b'\\');
        }
        out.put_u8(*byte);
    }
    if is_enclosed {
        out.put_u8(b'"');
    }
}

/// Takes the values of columns out of an object, the first of each name.
struct Pick<'c>(&'c [String]);

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = vec![None; self.0.len()];
        while let Some(Name(name)) = map.next_key()? {
            match self.0.iter().position(|column| **column == *name) {
                Some(index) if values[index].is_none() => values[index] = Some(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(values)
    }
}

/// The name of a field, which is copied only when it holds escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn line(object: &str) -> String {
        let columns = CsvColumns::new(["id", "name", DELETE_SIGN].map(str::to_owned).into_iter());
        let object = Cow::Borrowed(object.as_bytes());
        let row = Row::upsert(RowValue::Json { object, has_line_breaks: true });
        let mut out = BytesMut::new();
        columns.encode(&row, Moments::Utc, &mut out).unwrap();
        String::from_utf8(out.to_vec()).unwrap().replace('\u{1}', "|")
    }

    #[test]
    fn values_stand_in_the_order_of_the_columns() {
        let check = |object: &str, expected: &str| assert_eq!(line(object), expected, "{object}");
        check(r#"{"name":"a","id":1,"other":[1]}"#, "1|a|0");
        check(r#"{"id":12345678901234567890.5,"name":null}"#, "12345678901234567890.5|\\N|0");
        check(r#"{"name":true,"name":false}"#, "\\N|true|0");
        check("{\"id\":{\"a\": [1,\n \"x\"]}}", "{\\\"a\\\": [1,\\\"x\\\"]}|\\N|0");
        check(r#"{"name":["x"]}"#, r#"\N|[\"x\"]|0"#);
        check(r#"{"name":""}"#, "\\N||0");
        check(r#"{"name":"\\N"}"#, "\\N|\\\\N|0");
        check(r#"{"name":"say \"hi\" C:\\x"}"#, "\\N|say \\\"hi\\\" C:\\\\x|0");
        check(r#"{"name":"a\nb\u0001c"}"#, "\\N|\"a\nb|c\"|0");
        check(r#"{"id":1,"__DORIS_DELETE_SIGN__":1}"#, "1|\\N|1");
    }
}
