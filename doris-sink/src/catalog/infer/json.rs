//! Types of JSON values.

use super::{array_of, common};
use crate::catalog::{DorisType, NewColumn};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Arrays nested deeper are kept as JSON.
const DEPTH: usize = 8;

/// A text is not one JSON object.
#[derive(Debug, thiserror::Error)]
#[error("not a JSON object: {0}")]
pub(crate) struct NotAnObject(#[from] serde_json::Error);

/// Columns for those fields of a JSON object that are not `known`. Of fields with the same name the first counts, as for Doris.
///
/// # Errors
/// [`NotAnObject`] when the text is none.
pub(crate) fn columns_of_json(
    object: &[u8],
    known: impl Fn(&str) -> bool,
) -> Result<Vec<NewColumn>, NotAnObject> {
    let mut columns: Vec<NewColumn> = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(object);
    deserializer.deserialize_map(Fields(|name: String, value: &RawValue| {
        if !known(&name) && !columns.iter().any(|column| column.name == name) {
            columns.extend(type_of(value, DEPTH).map(|of| NewColumn::new(name, of)));
        }
    }))?;
    deserializer.end()?;
    Ok(columns)
}

/// The type for values like this one; `None` when nothing can be said.
fn type_of(value: &RawValue, depth: usize) -> Option<DorisType> {
    let text = value.get();
    Some(match text.as_bytes().first()? {
        b'n' => return None,
        b't' | b'f' => DorisType::Boolean,
        b'"' => DorisType::String,
        b'[' => type_of_array(text, depth),
        b'{' => DorisType::Json,
        _ => type_of_number(text),
    })
}

fn type_of_array(text: &str, depth: usize) -> DorisType {
    let items: Vec<&RawValue> = match depth {
        0 => Vec::new(),
        _ => serde_json::from_str(text).unwrap_or_default(),
    };
    let types = items.iter().filter_map(|item| type_of(item, depth - 1));
    // Of an array without items, anything may be in the next.
    types.reduce(common).map_or(DorisType::Json, array_of)
}

fn type_of_number(text: &str) -> DorisType {
    if text.contains(['.', 'e', 'E']) {
        DorisType::Double
    } else if text.parse::<i64>().is_ok() {
        DorisType::BigInt
    } else if text.parse::<i128>().is_ok() {
        DorisType::LargeInt
    } else {
        // Longer than any number that Doris keeps exactly.
        DorisType::String
    }
}

/// Reads an object field by field without building it.
struct Fields<F>(F);

impl<'de, F: FnMut(String, &'de RawValue)> Visitor<'de> for Fields<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry()? {
            (self.0)(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(object: &str, expected: &[(&str, &str)]) {
        let columns = columns_of_json(object.as_bytes(), |name| name == "known").unwrap();
        let found: Vec<_> = columns.iter().map(|c| (c.name.clone(), c.column_type.to_string())).collect();
        let expected = expected.iter().map(|(name, of)| ((*name).to_owned(), (*of).to_owned()));
        assert_eq!(found, expected.collect::<Vec<_>>(), "{object}");
    }

    #[track_caller]
    fn check_type(value: &str, expected: &str) {
        check(&format!("{{\"a\":{value}}}"), &[("a", expected)]);
    }

    #[test]
    fn values_have_the_type_that_holds_their_like() {
        check_type("1", "BIGINT");
        check_type("-9223372036854775808", "BIGINT");
        check_type("9223372036854775808", "LARGEINT");
        check_type("340282366920938463463374607431768211456", "STRING");
        check_type("1.5", "DOUBLE");
        check_type("1e3", "DOUBLE");
        check_type("true", "BOOLEAN");
        check_type("\"2024-01-01\"", "STRING");
        check_type("{\"b\":1}", "JSON");
    }

    #[test]
    fn arrays_have_the_type_that_holds_all_their_items() {
        check_type("[1,2]", "ARRAY<BIGINT>");
        check_type("[1,2.5,null]", "ARRAY<DOUBLE>");
        check_type("[1,9223372036854775808]", "ARRAY<LARGEINT>");
        check_type("[[\"a\"],[\"b\"]]", "ARRAY<ARRAY<STRING>>");
        check_type("[1,\"a\"]", "JSON");
        check_type("[{}]", "JSON");
        check_type("[]", "JSON");
        check_type("[null]", "JSON");
        check_type(&format!("{}1{}", "[".repeat(100), "]".repeat(100)), "JSON");
    }

    #[test]
    fn fields_that_are_known_or_say_nothing_get_no_column() {
        check("{\"known\":1,\"b\":null}", &[]);
        check("{ \"b\\u0031\" : 1, \"b1\":\"x\", \"c\":true}", &[("b1", "BIGINT"), ("c", "BOOLEAN")]);
    }

    #[test]
    fn what_is_no_object_is_told() {
        for text in ["[1]", "{\"a\":1} x", "{", "{\"a\":tru}", ""] {
            assert!(columns_of_json(text.as_bytes(), |_| false).is_err(), "{text}");
        }
    }
}
