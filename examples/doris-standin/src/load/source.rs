//! A value as it came in a body, before it is anything in particular.

use std::borrow::Cow;

/// A value as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source<'a> {
    Null,
    Boolean(bool),
    /// A number's own text.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// JSON text of an object or array.
    Compound(&'a str),
}

impl<'a> Source<'a> {
    /// The value of a JSON text that was checked to be one.
    pub(crate) fn of_json(json: &'a str) -> Self {
        match json.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't') => Self::Boolean(true),
            Some(b'f') => Self::Boolean(false),
            Some(b'"') => {
                let inner = &json[1..json.len().max(2) - 1];
                if inner.contains('\\') {
                    Self::Text(Cow::Owned(serde_json::from_str(json).unwrap_or_else(|_| inner.to_owned())))
                } else {
                    Self::Text(Cow::Borrowed(inner))
                }
            }
            Some(b'{' | b'[') => Self::Compound(json),
            _ => Self::Number(json),
        }
    }

    /// A value made here, as text.
    pub(crate) fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    /// The value as text, as error lines show it.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::Null => "NULL",
            Self::Boolean(true) => "1",
            Self::Boolean(false) => "0",
            Self::Number(text) | Self::Compound(text) => text,
            Self::Text(text) => text,
        }
    }

    /// The value as a text column takes it.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => text,
            Self::Number(text) => Cow::Borrowed(text),
            Self::Boolean(truth) => Cow::Borrowed(if truth { "1" } else { "0" }),
            Self::Compound(json) => Cow::Owned(super::document::compact(json)),
            Self::Null => Cow::Borrowed(""),
        }
    }
}
