//! How an exchange with a server can fail, and how far it had come.
//!
//! Each failure tells its cause within its own text, as these texts end up in lists, logs and statuses of one line. So
//! none names a source as well, which whoever shows an error with its sources would show twice.

use std::{io, time::Duration};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("no connection within {0:?} (request.connect.timeout.ms)")]
    ConnectTimeout(Duration),
    #[error("the request cannot be built: {0}")]
    Request(hyper::http::Error),
    #[error("the connection was lost: {}", innermost(.cause))]
    Lost { progress: Progress, cause: hyper::Error },
    #[error("no answer within {after:?} (request.read.timeout.ms)")]
    ReadTimeout { progress: Progress, after: Duration },
    #[error("the answer is longer than {limit} bytes")]
    AnswerTooLong { limit: usize },
}

/// How far a request had come: whether the server may have acted on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// No byte of the body left.
    Held,
    /// Some of the body left, but not all: what the server has is no whole load.
    Cut,
    /// All of the body left, which is not to say that it arrived.
    Sent,
}

impl HttpError {
    /// Whether the server may have acted on the request although it did not say so.
    pub(crate) fn outcome_unknown(&self) -> bool {
        match self {
            Self::AnswerTooLong { .. } => true,
            _ => self.progress().is_some_and(|progress| progress != Progress::Held),
        }
    }

    /// How far the request had come; `None` when it did not begin, or was answered.
    pub(crate) fn progress(&self) -> Option<Progress> {
        match self {
            Self::Lost { progress, .. } | Self::ReadTimeout { progress, .. } => Some(*progress),
            Self::AnswerTooLong { .. } | Self::Connect(_) | Self::ConnectTimeout(_) | Self::Request(_) => {
                None
            }
        }
    }
}

/// hyper's own messages name a layer (`connection error`); what happened stands at the end of the chain.
fn innermost(error: &hyper::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(next) = deepest.source() {
        deepest = next;
    }
    deepest.to_string()
}
