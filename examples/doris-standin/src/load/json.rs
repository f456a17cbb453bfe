//! One JSON object into the fields of a row, without building a tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cast::Source;
use super::plan::Plan;

/// Why a line or an element gives no row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JsonError {
    #[error("Parse json data for JsonDoc failed. code: 3, error info: {0}")]
    Syntax(String),
    #[error("JSON data is array-object, `strip_outer_array` must be TRUE.")]
    UnexpectedArray,
    #[error("JSON data is not an array-object, `strip_outer_array` must be FALSE.")]
    ExpectedArray,
    #[error("Multiple JSON objects in a single line")]
    SeveralOnALine,
    #[error("All fields is null, this is a invalid row.")]
    NoKnownField,
}

/// Reads one object; keys the plan does not know are skipped, and of equal keys the first counts.
pub(super) fn object<'a>(
    plan: &Plan,
    json: &'a [u8],
    fields: &mut Vec<Option<Source<'a>>>,
) -> Result<(), JsonError> {
    fields.clear();
    fields.resize_with(plan.width(), || None);
    match first_byte(json) {
        Some(b'{') => {}
        Some(b'[') => return Err(JsonError::UnexpectedArray),
        _ => {
            return Err(JsonError::Syntax(
                "TAPE_ERROR: The JSON document has an improper structure".to_owned(),
            ));
        }
    }
    let mut parser = serde_json::Deserializer::from_slice(json);
    let known = Fields { plan, fields }.deserialize(&mut parser).map_err(|error| syntax(&error))?;
    if parser.end().is_err() {
        return Err(JsonError::SeveralOnALine);
    }
    if known { Ok(()) } else { Err(JsonError::NoKnownField) }
}

/// The elements of one array, as JSON texts.
pub(super) fn array(json: &[u8]) -> Result<Vec<&RawValue>, JsonError> {
    match first_byte(json) {
        Some(b'[') => serde_json::from_slice(json).map_err(|error| syntax(&error)),
        Some(b'{') => Err(JsonError::ExpectedArray),
        _ => Err(JsonError::Syntax("TAPE_ERROR: The JSON document has an improper structure".to_owned())),
    }
}

fn first_byte(json: &[u8]) -> Option<u8> {
    json.iter().copied().find(|byte| !byte.is_ascii_whitespace())
}

fn syntax(error: &serde_json::Error) -> JsonError {
    JsonError::Syntax(error.to_string())
}

struct Fields<'p, 'f, 'a> {
    plan: &'p Plan,
    fields: &'f mut [Option<Source<'a>>],
}

impl<'a> DeserializeSeed<'a> for Fields<'_, '_, 'a> {
    type Value = bool;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Fields<'_, '_, 'a> {
    /// Whether any key was known.
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<bool, M::Error> {
        let mut known = false;
        while let Some(field) = map.next_key_seed(Key(self.plan))? {
            let slot = field.map(|field| &mut self.fields[field]);
            known |= slot.is_some();
            match slot {
                Some(slot @ None) => *slot = Some(Source::of_json(map.next_value::<&RawValue>()?.get())),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(known)
    }
}

/// Looks a key up without keeping it.
struct Key<'p>(&'p Plan);

impl<'a> DeserializeSeed<'a> for Key<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.field(key))
    }
}
