//! Values: what a record carries, parsed no further than somebody needed.

use bytes::Bytes;
use std::{borrow::Cow, fmt, ops::Deref};

/// The value of a record or of a field in it.
///
/// The first two are the bytes that came off the wire, shared and not looked into; the rest come from converters that
/// build typed values. Types are those of OpenMessaging Connect.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Value {
    /// UTF-8 text.
    String(Text),
    /// Bytes of any kind.
    Bytes(Bytes),
    /// No value.
    #[default]
    Null,
    /// True or false.
    Boolean(bool),
    /// 8-bit integer.
    Int8(i8),
    /// 16-bit integer.
    Int16(i16),
    /// 32-bit integer.
    Int32(i32),
    /// 64-bit integer.
    Int64(i64),
    /// 32-bit floating point.
    Float32(f32),
    /// 64-bit floating point.
    Float64(f64),
    /// Values in order.
    Array(Vec<Value>),
    /// Pairs in the order in which they stood.
    Map(Vec<(Value, Value)>),
    /// Named fields in the order of the schema.
    Struct(Vec<(Text, Value)>),
}

impl Value {
    /// The value as bytes of text: what it holds when it is text or bytes (shared, not copied), else its plain rendering.
    ///
    /// Arrays, maps and structs render as nothing here; a sink that takes them asks for their parts.
    pub fn text(&self) -> Bytes {
        match self {
            Self::String(text) => text.as_bytes().clone(),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Null | Self::Array(_) | Self::Map(_) | Self::Struct(_) => Bytes::new(),
            Self::Boolean(v) => v.to_string().into(),
            Self::Int8(v) => v.to_string().into(),
            Self::Int16(v) => v.to_string().into(),
            Self::Int32(v) => v.to_string().into(),
            Self::Int64(v) => v.to_string().into(),
            Self::Float32(v) => v.to_string().into(),
            Self::Float64(v) => v.to_string().into(),
        }
    }

    /// The bytes that this value is a view of, or `None` when it is not text or bytes.
    pub fn as_raw(&self) -> Option<&Bytes> {
        match self {
            Self::String(text) => Some(text.as_bytes()),
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

/// UTF-8 text over shared bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(Bytes);

impl Text {
    /// Text over `bytes`, which are checked and not copied.
    ///
    /// # Errors
    /// [`MalformedUtf8`] when they are not UTF-8, with the position of the first byte that is not.
    pub fn from_utf8(bytes: Bytes) -> Result<Self, MalformedUtf8> {
        match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(Self(bytes)),
            Err(e) => Err(MalformedUtf8 { position: e.valid_up_to() }),
        }
    }

    /// The bytes, which are UTF-8.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The text as a string slice.
    pub fn as_str(&self) -> &str {
        // Checked when it was built; without `unsafe` the check is done again, which is why the record path uses bytes.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl From<Cow<'_, str>> for Text {
    fn from(text: Cow<'_, str>) -> Self {
        text.into_owned().into()
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Bytes that were to be text are not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not UTF-8 from byte {position} on")]
pub struct MalformedUtf8 {
    /// Index of the first byte that is not part of a character.
    pub position: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_shares_the_bytes_it_was_made_of() {
        let bytes = Bytes::from_static("päckchen".as_bytes());
        let text = Text::from_utf8(bytes.clone()).unwrap();
        assert_eq!(text.as_bytes().as_ptr(), bytes.as_ptr());
        assert_eq!(&*text, "päckchen");
    }

    #[test]
    fn malformed_text_is_refused_with_its_position() {
        let refused = Text::from_utf8(Bytes::from_static(b"ab\xffcd"));
        assert_eq!(refused.unwrap_err().position, 2);
    }
}
