//! What can be wrong with a record on its way through a chain.

pub use crate::json::Malformed;
use connector_api::InvalidHeader;
use std::{fmt, sync::Arc};

/// A record could not be transformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("transform {transform} ({class}): {problem}")]
pub struct TransformError {
    /// The name that the configuration gives the transform.
    pub transform: Arc<str>,
    /// The transform's short class name, such as `Cast$Value`.
    pub class: Arc<str>,
    /// What is wrong.
    #[source]
    pub problem: Problem,
}

/// What is wrong with a record, in the eyes of a transform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Fields are asked for, and it has none.
    #[error("the {side} is {found}, and only objects have fields")]
    NotAnObject {
        /// Whether it is about key or value.
        side: Side,
        /// What was found.
        found: &'static str,
    },
    /// It begins like a JSON object, and is none.
    #[error("the {side} is not a JSON object: {malformed}")]
    Malformed {
        /// Whether it is about key or value.
        side: Side,
        /// What is wrong with it.
        malformed: Malformed,
    },
    /// A field is not there that has to be.
    #[error("the {side} has no field {field:?}")]
    NoField {
        /// Whether it is about key or value.
        side: Side,
        /// The field's name.
        field: String,
    },
    /// A value cannot become what it is to be.
    #[error("{place} is {found}, which cannot become {wanted}")]
    NotConvertible {
        /// Which value.
        place: Place,
        /// What was found.
        found: String,
        /// What it was to become.
        wanted: String,
    },
    /// Two fields would have one name.
    #[error("two fields would be called {0:?}")]
    SameName(String),
    /// A schema is to be changed, and there is none.
    #[error("the {0} has no schema that could be changed")]
    NoSchema(Side),
    /// A record without a time is to be named after it.
    #[error("the record has no timestamp, or one that is out of the calendar")]
    NoTimestamp,
    /// A message property cannot hold the value.
    #[error(transparent)]
    Header(#[from] InvalidHeader),
}

/// The two parts of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The record's key.
    Key,
    /// The record's value.
    Value,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key => "key",
            Self::Value => "value",
        })
    }
}

/// Which value is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A whole key or value.
    Whole(Side),
    /// A field of it.
    Field(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(side) => write!(f, "the {side}"),
            Self::Field(name) => write!(f, "field {name:?}"),
        }
    }
}
