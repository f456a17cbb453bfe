//! How an exchange with a server can fail, and how far it had come.
//!
//! Each failure tells its cause within its own text, as these texts end up in lists, logs and statuses of one line. So
//! none names a source as well, which whoever shows an error with its sources would show twice.

use super::{Busy, tls};
use std::{io, time::Duration};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("no connection within {0:?} (request.connect.timeout.ms)")]
    ConnectTimeout(Duration),
    #[error("no TLS with it: {}", tls::of_handshake(.0))]
    Tls(io::Error),
    #[error("the request cannot be built: {0}")]
    Request(hyper::http::Error),
    #[error("the connection was lost: {}", innermost(.cause))]
    Lost { progress: Progress, cause: hyper::Error },
    #[error("no answer within {after:?} (request.read.timeout.ms)")]
    ReadTimeout { progress: Progress, after: Duration },
    #[error("it is too busy: {busy}")]
    Busy { busy: Busy, progress: Progress },
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

    /// What a server said that has too much to do.
    pub(crate) fn busy(&self) -> Option<Busy> {
        match self {
            Self::Busy { busy, .. } => Some(*busy),
            _ => None,
        }
    }

    /// Whether no connection came about.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::ConnectTimeout(_))
    }

    /// How far the request had come; `None` when it did not begin, or was answered.
    pub(crate) fn progress(&self) -> Option<Progress> {
        match self {
            Self::Lost { progress, .. }
            | Self::ReadTimeout { progress, .. }
            | Self::Busy { progress, .. } => Some(*progress),
            Self::AnswerTooLong { .. }
            | Self::Tls(_)
            | Self::Connect(_)
            | Self::ConnectTimeout(_)
            | Self::Request(_) => None,
        }
    }
}

/// hyper's own messages name a layer (`connection error`); what happened stands at the end of the chain.
fn innermost(error: &hyper::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    loop {
        if let Some(explained) = deepest.downcast_ref::<io::Error>().and_then(tls::explained) {
            return explained;
        }
        match deepest.source() {
            Some(next) => deepest = next,
            None if error.is_parse() => {
                return format!(
                    "{deepest}; is this a port for HTTP, or one for HTTPS that is named without https://?"
                );
            }
            None => return deepest.to_string(),
        }
    }
}
