//! One JSON object into the fields of a row, without building a tree.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::format::JsonLayout;
use super::json_order::KeyOrder;
use super::json_path::JsonPath;
use super::plan::Plan;
use super::source::Source;

/// Why a line or an element gives no row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JsonError {
    #[error("Parse json data for JsonDoc failed. code: 3, error info: {0}")]
    Syntax(String),
    #[error("Parse json data for JsonDoc failed. code: 12, error info: EMPTY: no JSON found")]
    Empty,
    #[error("JSON data is array-object, `strip_outer_array` must be TRUE.")]
    UnexpectedArray,
    #[error("JSON data is not an array-object, `strip_outer_array` must be FALSE.")]
    ExpectedArray,
    #[error("Multiple JSON objects in a single line")]
    SeveralOnALine,
    #[error("Not an json object or json array")]
    NoObject,
    #[error("JSON Root not found.")]
    NoRoot,
    #[error("Empty json line")]
    EmptyArray,
    #[error("Expect json object value")]
    ElementNoObject,
    #[error("All fields is null, this is a invalid row.")]
    NoKnownField,
    #[error("All fields is null or not matched, this is a invalid row.")]
    NothingAtPaths,
}

/// Reads the fields of one object, by the layout's paths, by the order of another object's keys, or by name.
pub(super) fn object<'a>(
    plan: &Plan,
    layout: &JsonLayout,
    order: Option<&KeyOrder>,
    json: &'a [u8],
    fields: &mut Vec<Option<Source<'a>>>,
) -> Result<(), JsonError> {
    fields.clear();
    fields.resize_with(plan.width(), || None);
    match &layout.paths {
        None => by_key(plan, order, json, fields)?,
        Some(paths) => by_path(paths, json, fields)?,
    }
    if layout.numbers_as_doubles {
        fields.iter_mut().flatten().for_each(as_double);
    }
    Ok(())
}

/// What is at the layout's root.
pub(super) fn root<'a>(layout: &JsonLayout, json: &'a [u8]) -> Result<&'a [u8], JsonError> {
    let Some(root) = &layout.root else { return Ok(json) };
    match root.find(text(json)?) {
        Some(found) => Ok(found.as_bytes()),
        None => Err(JsonError::NoRoot),
    }
}

fn by_path<'a>(
    paths: &[JsonPath],
    json: &'a [u8],
    fields: &mut [Option<Source<'a>>],
) -> Result<(), JsonError> {
    let text = text(json)?;
    if first_byte(json) != Some(b'{') {
        return Err(not(json, JsonError::UnexpectedArray));
    }
    let mut any = false;
    for (field, path) in fields.iter_mut().zip(paths) {
        *field = path.find(text).map(Source::of_json);
        any |= field.is_some();
    }
    if any { Ok(()) } else { Err(JsonError::NothingAtPaths) }
}

/// The text of one whole document.
fn text(json: &[u8]) -> Result<&str, JsonError> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    let document = <&RawValue>::deserialize(&mut parser).map_err(|error| match first_byte(json) {
        None => JsonError::Empty,
        Some(_) => syntax(&error),
    })?;
    if parser.end().is_err() { Err(JsonError::SeveralOnALine) } else { Ok(document.get()) }
}

/// What is left of a number that is read as a double.
fn as_double(value: &mut Source<'_>) {
    if let Source::Number(text) = value
        && text.parse::<i64>().is_err()
        && text.parse::<u64>().is_err()
        && let Ok(number) = text.parse::<f64>()
    {
        *value = Source::Text(Cow::Owned(number.to_string()));
    }
}

/// Reads by key; keys the plan does not know are skipped, and of equal keys the first counts.
fn by_key<'a>(
    plan: &Plan,
    order: Option<&KeyOrder>,
    json: &'a [u8],
    fields: &mut [Option<Source<'a>>],
) -> Result<(), JsonError> {
    if first_byte(json) != Some(b'{') {
        return Err(not(json, JsonError::UnexpectedArray));
    }
    let mut parser = serde_json::Deserializer::from_slice(json);
    let known = Fields { plan, order, fields }.deserialize(&mut parser).map_err(|error| syntax(&error))?;
    if parser.end().is_err() {
        return Err(JsonError::SeveralOnALine);
    }
    if known { Ok(()) } else { Err(JsonError::NoKnownField) }
}

/// The elements of one array, as JSON texts.
pub(super) fn array<'a>(layout: &JsonLayout, json: &'a [u8]) -> Result<Vec<&'a RawValue>, JsonError> {
    if first_byte(json) != Some(b'[') {
        return Err(not(json, JsonError::ExpectedArray));
    }
    let elements: Vec<&RawValue> = serde_json::from_slice(json).map_err(|error| syntax(&error))?;
    // Only where fields are found by name.
    if elements.is_empty() && layout.paths.is_none() { Err(JsonError::EmptyArray) } else { Ok(elements) }
}

/// Whether an element can be a row.
pub(super) fn element(json: &[u8]) -> Result<(), JsonError> {
    if first_byte(json) == Some(b'{') { Ok(()) } else { Err(JsonError::ElementNoObject) }
}

/// Why a document that does not begin as it should is none, if it is not `other`: an object for an array or the reverse.
fn not(json: &[u8], other: JsonError) -> JsonError {
    match first_byte(json) {
        Some(b'{' | b'[') => other,
        Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => JsonError::NoObject,
        None => JsonError::Empty,
        Some(_) => JsonError::Syntax("TAPE_ERROR: The JSON document has an improper structure".to_owned()),
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
    order: Option<&'p KeyOrder>,
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
        let mut position = 0;
        while let Some(named) = map.next_key_seed(Key(self.plan))? {
            let field = self.order.map_or(named, |order| order.field(position));
            position += 1;
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
pub(super) struct Key<'p>(pub(super) &'p Plan);

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
