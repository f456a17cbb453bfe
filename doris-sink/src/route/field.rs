//! One field of a row, as text.

use connector_api::Value;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// The text of the first top-level field called `name` in a JSON object. A string is unescaped, a number or a boolean is as it is
/// written; `None` for anything else.
pub(crate) fn of_json<'a>(object: &'a [u8], name: &str) -> Option<Cow<'a, str>> {
    let mut deserializer = serde_json::Deserializer::from_slice(object);
    let found: &RawValue = deserializer.deserialize_map(Find(name)).ok().flatten()?;
    match found.get().as_bytes().first()? {
        b'"' => match serde_json::from_str::<&str>(found.get()) {
            Ok(plain) => Some(Cow::Borrowed(plain)),
            Err(_) => serde_json::from_str(found.get()).ok().map(Cow::Owned),
        },
        b'[' | b'{' | b'n' => None,
        _ => Some(Cow::Borrowed(found.get())),
    }
}

/// The text of the field called `name` of a map or a struct.
pub(crate) fn of_value<'a>(value: &'a Value, name: &str) -> Option<Cow<'a, str>> {
    let found = match value {
        Value::Struct(fields) => fields.iter().find(|(field, _)| **field == *name).map(|(_, value)| value),
        Value::Map(pairs) => {
            pairs.iter().find(|(key, _)| *key.text() == *name.as_bytes()).map(|(_, value)| value)
        }
        _ => None,
    };
    match found? {
        Value::String(text) => Some(Cow::Borrowed(text.as_str())),
        other => String::from_utf8(other.text().to_vec()).ok().map(Cow::Owned),
    }
}

/// Looks for a field, reading over all others.
struct Find<'n>(&'n str);

impl<'de> Visitor<'de> for Find<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Name(name)) = map.next_key()? {
            if found.is_none() && name == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// The name of a field, which is copied only when it holds escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(object: &str, expected: Option<&str>) {
        assert_eq!(of_json(object.as_bytes(), "t").as_deref(), expected, "{object}");
    }

    #[test]
    fn a_field_is_found_among_the_top_ones_whatever_its_kind() {
        check("{\"a\":{\"t\":\"no\"},\"t\":\"orders\"}", Some("orders"));
        check("{\"t\":\"or\\u0064ers\"}", Some("orders"));
        check("{\"\\u0074\":\"orders\"}", Some("orders"));
        check("{\"t\":42}", Some("42"));
        check("{\"t\":\"first\",\"t\":\"second\"}", Some("first"));
    }

    #[test]
    fn what_is_no_text_names_nothing() {
        for object in
            ["{}", "{\"T\":\"x\"}", "{\"t\":null}", "{\"t\":[\"x\"]}", "{\"t\":{}}", "[]", "{\"t\":"]
        {
            check(object, None);
        }
    }

    #[test]
    fn a_name_without_escapes_is_not_copied() {
        let object = b"{\"t\":\"orders\"}";
        assert!(matches!(of_json(object, "t"), Some(Cow::Borrowed("orders"))));
    }

    #[test]
    fn fields_of_typed_values_are_found() {
        let fields = vec![("a".into(), Value::Null), ("t".into(), Value::Int32(7))];
        assert_eq!(of_value(&Value::Struct(fields), "t").as_deref(), Some("7"));
        let pairs = vec![(Value::String("t".into()), Value::String("orders".into()))];
        assert_eq!(of_value(&Value::Map(pairs), "t").as_deref(), Some("orders"));
        assert_eq!(of_value(&Value::Int8(1), "t"), None);
    }
}
