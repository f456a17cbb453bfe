//! A nested value taken apart: JSON by its grammar, text by brackets, quotes and commas.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::source::Source;

/// A value or part of one, as it is written.
#[derive(Clone, Debug)]
pub(super) enum Piece<'a> {
    /// JSON that was checked to be some.
    Json(&'a str),
    /// `[1, 'a', b]`, `{a:1}`, `{1, 2}`, or a value in quotes or none.
    Text(&'a str),
}

impl<'a> Piece<'a> {
    pub(super) fn is_null(&self) -> bool {
        match self {
            Self::Json(json) => *json == "null",
            Self::Text(text) => text.eq_ignore_ascii_case("null") || *text == "\\N",
        }
    }

    /// The value as what a column of no nested type reads.
    pub(super) fn source(&self) -> Source<'a> {
        match self {
            Self::Json(json) => Source::of_json(json),
            Self::Text(text) => Source::Text(Cow::Borrowed(unquoted(text))),
        }
    }

    /// Whether this is the name of a field, in any case.
    pub(super) fn names(&self, field: &str) -> bool {
        self.source().shown().eq_ignore_ascii_case(field)
    }

    /// The elements of an array.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::Json(json) if json.starts_with('[') => {
                let items: Vec<&RawValue> = serde_json::from_str(json).ok()?;
                Some(items.into_iter().map(|item| Self::Json(item.get())).collect())
            }
            Self::Json(_) => None,
            Self::Text(text) => Some(pieces(inside(text, '[', ']')?)),
        }
    }

    /// The members of an object: names and values.
    pub(super) fn entries(&self) -> Option<Vec<(Self, Self)>> {
        match self {
            Self::Json(json) if json.starts_with('{') => {
                let members: Members<'_> = serde_json::from_str(json).ok()?;
                Some(
                    members
                        .0
                        .into_iter()
                        .map(|(name, value)| (Self::Json(name), Self::Json(value)))
                        .collect(),
                )
            }
            Self::Json(_) => None,
            Self::Text(text) => {
                let members = split(inside(text, '{', '}')?, b',').into_iter();
                members.map(Self::entry).collect()
            }
        }
    }

    /// The values of a struct that names no fields; JSON always names them.
    pub(super) fn values(&self) -> Option<Vec<Self>> {
        match self {
            Self::Json(_) => None,
            Self::Text(text) => Some(pieces(inside(text, '{', '}')?)),
        }
    }

    fn entry(member: &'a str) -> Option<(Self, Self)> {
        let name = split(member, b':').first().copied()?;
        let value = member.get(name.len() + 1..)?;
        Some((Self::Text(name.trim()), Self::Text(value.trim())))
    }
}

/// The members of a JSON object, names with their quotes, in their order.
struct Members<'a>(Vec<(&'a str, &'a str)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((name.get(), value.get()));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// What stands between two brackets that are all around.
fn inside(text: &str, open: char, close: char) -> Option<&str> {
    text.trim().strip_prefix(open)?.strip_suffix(close)
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    split(text, b',').into_iter().map(|piece| Piece::Text(piece.trim())).collect()
}

/// Splits at a separator that stands outside brackets and quotes; nothing has no parts.
fn split(text: &str, separator: u8) -> Vec<&str> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quote) = (0, 0_usize, None);
    for (at, byte) in text.bytes().enumerate() {
        match (byte, quote) {
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => {}
            (b'[' | b'{', None) => depth += 1,
            (b']' | b'}', None) => depth = depth.saturating_sub(1),
            _ if byte == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn unquoted(text: &str) -> &str {
    let within = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_split_outside_brackets_and_quotes() {
        let check = |text: &str, expected: &[&str]| assert_eq!(split(text, b','), expected, "{text}");
        check("1,2", &["1", "2"]);
        check("[1,2],{3,4}", &["[1,2]", "{3,4}"]);
        check("'a,b',\"c,'d\"", &["'a,b'", "\"c,'d\""]);
        check(" ", &[]);
        check("1,", &["1", ""]);
    }
}
