//! How an exchange with a server can fail, and how far it had come.

use std::{io, time::Duration};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    #[error("no connection within {0:?} (request.connect.timeout.ms)")]
    ConnectTimeout(Duration),
    #[error("the request cannot be built: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("the connection was lost: {}", innermost(.source))]
    Lost {
        progress: Progress,
        #[source]
        source: hyper::Error,
    },
    #[error("no answer within {after:?} (request.read.timeout.ms)")]
    ReadTimeout { progress: Progress, after: Duration },
    #[error("the answer is longer than {limit} bytes")]
    AnswerTooLong { limit: usize },
}

/// How far a request had come: whether the server may have acted on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// No byte of the body left.
    BodyHeld,
    /// The body went out, wholly or in part.
    BodySent,
}

impl HttpError {
    /// Whether the server may have acted on the request although it did not say so.
    pub(crate) fn outcome_unknown(&self) -> bool {
        match self {
            Self::Lost { progress, .. } | Self::ReadTimeout { progress, .. } => {
                *progress == Progress::BodySent
            }
            Self::AnswerTooLong { .. } => true,
            Self::Connect(_) | Self::ConnectTimeout(_) | Self::Request(_) => false,
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
