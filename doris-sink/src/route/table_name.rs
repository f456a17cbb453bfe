//! Names of tables.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

/// Doris's limit (`table_name_length_limit`), in characters.
const LONGEST: usize = 64;

/// The name of a table, one to 64 characters long. Clones share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TableName(Arc<str>);

/// A text names no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidTableName {
    #[error("the table's name is missing")]
    Empty,
    #[error("a table's name has at most 64 characters")]
    TooLong,
    #[error("a table's name holds no slash, dot, backtick or control character")]
    Character,
}

impl TableName {
    /// The name as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A topic's name, where it is what every Doris takes as a table's (`FeNameFormat.COMMON_TABLE_NAME_REGEX`).
    pub(super) fn of_topic(topic: &str) -> Option<Self> {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let fits = topic.starts_with(|c: char| c.is_ascii_alphabetic())
            && topic.len() <= LONGEST
            && topic.chars().all(legal);
        fits.then(|| Self(topic.into()))
    }
}

/// A name that somebody chose: any that Doris can be set up to allow (`enable_unicode_name_support`).
impl FromStr for TableName {
    type Err = InvalidTableName;

    fn from_str(name: &str) -> Result<Self, InvalidTableName> {
        match name.chars().count() {
            0 => Err(InvalidTableName::Empty),
            1..=LONGEST if !name.contains(|c: char| c.is_control() || "/`.".contains(c)) => {
                Ok(Self(name.into()))
            }
            1..=LONGEST => Err(InvalidTableName::Character),
            _ => Err(InvalidTableName::TooLong),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Borrow<str> for TableName {
    fn borrow(&self) -> &str {
        &self.0
    }
}
