//! A message's properties, kept as the bytes they came in.
//!
//! `name \x01 value \x02 …`, UTF-8. As Java reads them: an entry without a name or a value does not count, of two entries
//! with one name the later counts, the last `\x02` may be missing.

use std::fmt;

use bytes::{Bytes, BytesMut};
use memchr::memchr;
use thiserror::Error;

/// The most bytes of properties a message can have: their length is a signed 16-bit number.
pub const MAX_PROPERTIES_BYTES: usize = i16::MAX as usize;

const VALUE: u8 = 1;
const END: u8 = 2;

/// Names RocketMQ gives a meaning (`MessageConst`).
pub mod names {
    /// Words to find a message by, separated by spaces.
    pub const KEYS: &str = "KEYS";
    /// What a consumer can filter by.
    pub const TAGS: &str = "TAGS";
    /// The id the sender gave the message.
    pub const UNIQ_KEY: &str = "UNIQ_KEY";
    /// Whether the sender waited until the broker had stored the message.
    pub const WAIT: &str = "WAIT";
}

/// The properties of one message.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Properties(Bytes);

impl Properties {
    /// Properties in their wire form; bytes that are not UTF-8 become the replacement character, as in Java.
    pub fn from_wire(bytes: Bytes) -> Self {
        match str::from_utf8(&bytes) {
            Ok(_) => Self(bytes),
            Err(_) => Self(String::from_utf8_lossy(&bytes).into_owned().into()),
        }
    }

    /// The value of `name`. Searches the bytes, allocates nothing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.entries()
            .filter(|(known, _)| *known == name.as_bytes())
            .last()
            .and_then(|(_, value)| text(value))
    }

    /// Names and values in the order they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries().filter_map(|(name, value)| Some((text(name)?, text(value)?)))
    }

    /// The wire form.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The wire form as the text that send requests carry.
    pub fn as_str(&self) -> &str {
        text(&self.0).unwrap_or_default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let end = memchr(END, rest).unwrap_or(rest.len());
                let (entry, tail) = rest.split_at(end);
                rest = tail.get(1..).unwrap_or_default();
                if let Some(at) = memchr(VALUE, entry)
                    && at > 0
                    && at + 1 < entry.len()
                {
                    return Some((&entry[..at], &entry[at + 1..]));
                }
            }
            None
        })
    }
}

/// The bytes were checked when they came in, and are only ever cut at ASCII bytes.
fn text(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok()
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Properties being put together for a message to send.
#[derive(Debug, Default)]
pub struct PropertiesBuilder(BytesMut);

/// A property that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PropertyError {
    /// The wire form separates with these bytes.
    #[error("the property `{name}` has a character U+0001 or U+0002, or no name, and cannot be sent")]
    NotSendable {
        /// The property's name, escaped.
        name: String,
    },
    /// A message has no room for them.
    #[error("the properties have {bytes} bytes, a message has room for {MAX_PROPERTIES_BYTES}")]
    TooLarge {
        /// The size of all properties of the message.
        bytes: usize,
    },
}

impl PropertiesBuilder {
    /// No properties yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; an empty value is left out, as no reader would see it.
    ///
    /// # Errors
    /// [`PropertyError::NotSendable`].
    pub fn add(&mut self, name: &str, value: &str) -> Result<&mut Self, PropertyError> {
        let separators = |text: &str| text.bytes().any(|byte| byte == VALUE || byte == END);
        if name.is_empty() || separators(name) || separators(value) {
            return Err(PropertyError::NotSendable { name: name.escape_debug().to_string() });
        }
        if !value.is_empty() {
            self.0.extend_from_slice(name.as_bytes());
            self.0.extend_from_slice(&[VALUE]);
            self.0.extend_from_slice(value.as_bytes());
            self.0.extend_from_slice(&[END]);
        }
        Ok(self)
    }

    /// All that were added.
    ///
    /// # Errors
    /// [`PropertyError::TooLarge`].
    pub fn finish(self) -> Result<Properties, PropertyError> {
        if self.0.len() > MAX_PROPERTIES_BYTES {
            return Err(PropertyError::TooLarge { bytes: self.0.len() });
        }
        Ok(Properties(self.0.freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries_are_read_as_java_reads_them() {
        let check = |wire: &'static str, expected: &[(&str, &str)]| {
            let properties = Properties::from_wire(Bytes::from(wire));
            assert_eq!(properties.iter().collect::<Vec<_>>(), expected, "{wire:?}");
        };
        check("", &[]);
        check("KEYS\x01k\x02TAGS\x01t\x02", &[("KEYS", "k"), ("TAGS", "t")]);
        check("KEYS\x01k", &[("KEYS", "k")]);
        check("KEYS\x01\x02TAGS\x01t\x02", &[("TAGS", "t")]);
        check("\x01v\x02KEYS\x02\x02a\x01b\x01c\x02", &[("a", "b\x01c")]);
    }

    #[test]
    fn the_later_of_two_entries_counts() {
        let properties = Properties::from_wire(Bytes::from_static(b"a\x011\x02b\x012\x02a\x013\x02"));
        assert_eq!(properties.get("a"), Some("3"));
        assert_eq!(properties.get("b"), Some("2"));
        assert_eq!(properties.get("c"), None);
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        let properties = Properties::from_wire(Bytes::from_static(b"a\x01\xff!\x02"));
        assert_eq!(properties.get("a"), Some("\u{fffd}!"));
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let error = PropertiesBuilder::new().add("a\x01", "b").unwrap_err();
        assert!(error.to_string().contains(r"`a\u{1}`"), "{error}");
        let mut builder = PropertiesBuilder::new();
        builder.add("a", &"b".repeat(MAX_PROPERTIES_BYTES)).unwrap();
        assert_eq!(builder.finish(), Err(PropertyError::TooLarge { bytes: MAX_PROPERTIES_BYTES + 3 }));
    }

    proptest! {
        #[test]
        fn what_is_added_is_found(entries in proptest::collection::btree_map("\\PC{1,9}", "\\PC{1,30}", 0..9)) {
            let mut builder = PropertiesBuilder::new();
            for (name, value) in &entries {
                builder.add(name, value).unwrap();
            }
            let properties = Properties::from_wire(builder.finish().unwrap().as_bytes().clone());
            for (name, value) in &entries {
                prop_assert_eq!(properties.get(name), Some(value.as_str()));
            }
            prop_assert_eq!(properties.iter().count(), entries.len());
        }
    }
}
