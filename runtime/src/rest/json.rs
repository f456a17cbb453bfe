//! JSON as lenient as fastjson 1.2.83, which a Java worker reads connector configurations with.
//!
//! Accepted beyond JSON, because operators' scripts rely on it: keys without quotes or in single ones, strings in single
//! quotes, comments, commas too many, array commas too few, numbers with a plus sign, leading zeros or a Java type
//! letter. Not accepted, though fastjson does: `@type` (it names Java classes to load), `new Date(…)`, `Set[…]`, `x'…'`.

mod cursor;
mod number;
mod parser;
mod string;
mod text;

pub(super) use parser::parse_object;

use super::java;
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap},
};
use serde_json::value::RawValue;

/// A JSON value; numbers are kept as the text that Java prints for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Object),
}

/// The members of an object in the order given, each key once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Object(Vec<(String, Json)>);

impl Object {
    /// Adds a member; one with the same key is replaced.
    fn insert(&mut self, key: String, value: Json) {
        match self.0.iter_mut().find(|(k, _)| *k == key) {
            Some(member) => member.1 = value,
            None => self.0.push((key, value)),
        }
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Json)> {
        self.0.iter_mut().map(|(key, value)| (key.as_str(), value))
    }

    /// The members as a Java `HashMap` orders them.
    fn in_java_order(&self) -> Vec<(&str, &Json)> {
        java::hash_map_order(self.iter().collect(), |(key, _)| key)
    }
}

/// A body that is no JSON object, even to a lenient reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} at character {position}")]
pub(super) struct Malformed {
    /// Counted from 1.
    pub(super) position: usize,
    pub(super) problem: &'static str,
}

/// As it goes into an answer: the types given, members in Java's order.
impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(text) => {
                RawValue::from_string(text.clone()).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in self.in_java_order() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
