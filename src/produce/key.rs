//! The value of one field of a line that is a JSON object.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// The text of the top-level field `field` of the JSON object `line`: strings without their quotes, numbers and booleans as they
/// stand.
///
/// # Errors
/// [`NoKey`] says why there is none.
pub(super) fn key_of(line: &[u8], field: &str) -> Result<String, NoKey> {
    let mut json = serde_json::Deserializer::from_slice(line);
    let found = Field(field).deserialize(&mut json).and_then(|found| json.end().map(|()| found));
    let value = found.map_err(|e| NoKey::NotAnObject(e.to_string()))?.ok_or(NoKey::Absent)?;
    match value.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(value.get()).map_err(|e| NoKey::NotAnObject(e.to_string())),
        Some(b'{' | b'[') => Err(NoKey::NotPlain("an object or array")),
        Some(b'n') => Err(NoKey::NotPlain("null")),
        _ => Ok(value.get().to_owned()),
    }
}

/// Why a line has no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoKey {
    /// It is something else.
    #[error("it is not a JSON object ({0})")]
    NotAnObject(String),
    /// It has other fields.
    #[error("it has no such field")]
    Absent,
    /// The value has no plain text.
    #[error("the field is {0}, not a text, number or boolean")]
    NotPlain(&'static str),
}

/// Reads one field of an object and skips the others.
struct Field<'f>(&'f str);

impl<'de> DeserializeSeed<'de> for Field<'_> {
    type Value = Option<Box<RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<Box<RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name != self.0 {
                map.next_value::<IgnoredAny>()?;
            } else if found.is_some() {
                return Err(A::Error::custom("the field stands there twice"));
            } else {
                found = Some(map.next_value()?);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<&str, &str>) {
        let found = key_of(line.as_bytes(), "id").map_err(|e| e.to_string());
        match (found, expected) {
            (Ok(key), Ok(expected)) => assert_eq!(key, expected),
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
            (found, _) => panic!("{found:?} for {line}"),
        }
    }

    #[test]
    fn plain_values_are_keys() {
        check(r#"{"a":{"id":1},"id":"uw61345682"}"#, Ok("uw61345682"));
        check(r#"{"id": 17 }"#, Ok("17"));
        check(r#"{"id":-1.50}"#, Ok("-1.50"));
        check(r#"{"id":true}"#, Ok("true"));
        check(r#"{"id":"ä\n"}"#, Ok("ä\n"));
    }

    #[test]
    fn a_line_without_a_key_says_why() {
        check(r#"{"ID":1}"#, Err("no such field"));
        check(r#"{"id":null}"#, Err("the field is null"));
        check(r#"{"id":[1]}"#, Err("the field is an object or array"));
        check("[1]", Err("not a JSON object"));
        check("plain", Err("not a JSON object"));
        check(r#"{"id":1} x"#, Err("not a JSON object"));
        check(r#"{"id":1,"id":2}"#, Err("twice"));
    }
}
