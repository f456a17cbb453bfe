//! What can go wrong in a sink, by what the host is to do about it.

use crate::{ConfigErrors, QueueOffset};
use std::{error::Error, fmt};

type Source = Box<dyn Error + Send + Sync>;

/// Why a batch was not made durable, and so what happens next.
#[derive(Debug)]
#[non_exhaustive]
pub enum SinkError {
    /// It may work later: the host waits, with growing delays, and puts the same batch again under the same identity.
    Retriable(Cause),
    /// These records were refused for good; **every other record of the batch is durable**. The host treats each by
    /// `errors.tolerance` and goes on.
    Records(Vec<RecordError>),
    /// It will not work: the task fails at once with this as its cause.
    Fatal(Cause),
}

impl SinkError {
    /// A failure that may pass.
    pub fn retriable(what: impl Into<String>) -> Self {
        Self::Retriable(Cause { what: what.into(), source: None })
    }

    /// A failure that will not pass.
    pub fn fatal(what: impl Into<String>) -> Self {
        Self::Fatal(Cause { what: what.into(), source: None })
    }

    /// The same failure with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Source>) -> Self {
        if let Self::Retriable(cause) | Self::Fatal(cause) = &mut self {
            cause.source = Some(source.into());
        }
        self
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retriable(cause) | Self::Fatal(cause) => f.write_str(&cause.what),
            Self::Records(records) => match records.as_slice() {
                [] => f.write_str("no records refused"),
                [one] => write!(f, "record refused: {one}"),
                [first, ..] => write!(f, "{} records refused, the first: {first}", records.len()),
            },
        }
    }
}

impl Error for SinkError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Retriable(cause) | Self::Fatal(cause) => {
                cause.source.as_ref().map(|s| &**s as &(dyn Error + 'static))
            }
            Self::Records(_) => None,
        }
    }
}

impl From<ConfigErrors> for SinkError {
    fn from(errors: ConfigErrors) -> Self {
        Self::fatal(errors.to_string())
    }
}

impl From<crate::ConfigError> for SinkError {
    fn from(error: crate::ConfigError) -> Self {
        Self::fatal(error.to_string())
    }
}

/// Why a sink could not say that a configuration fits its target.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The target has answered, and the configuration does not fit it.
    #[error(transparent)]
    Wrong(#[from] ConfigErrors),
    /// The target could not be asked, for the reason given.
    #[error("{0}")]
    Unanswered(String),
}

/// What failed, for the operator, and what lies beneath.
#[derive(Debug)]
pub struct Cause {
    what: String,
    source: Option<Source>,
}

/// One record that a sink refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("offset {offset}: {reason}")]
pub struct RecordError {
    /// Offset of the record in the batch's queue.
    pub offset: QueueOffset,
    /// Why, in the sink's words: `not a JSON object`, or what the target answered.
    pub reason: String,
}
