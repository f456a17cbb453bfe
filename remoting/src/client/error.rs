//! What can go wrong between a client and its servers.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::Queue;
use super::send::{MAX_BATCH_BYTES, MAX_BATCH_MESSAGES};
use crate::code::response;
use crate::codec::CodecError;
use crate::command::{Command, FieldError};
use crate::message::{DecodeError, PropertyError};

/// Why a call did not do what it should.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum Error {
    /// An address that cannot be one.
    #[error("`{address}` is not an address of the form host:port: {reason}")]
    InvalidAddress {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No name server was given.
    #[error("no name server is configured; give at least one as host:port")]
    NoNameServers,
    /// A client needs a tokio runtime for its connections.
    #[error("a client has to be made within a tokio runtime")]
    NoRuntime,
    /// None of the name servers answered.
    #[error("no name server answers: {}", list(failures))]
    NameServers {
        /// Each with what happened.
        failures: Vec<NameServerFailure>,
    },
    /// No connection could be made.
    #[error("cannot connect to {address}: {source}")]
    Unreachable {
        /// Where to.
        address: Arc<str>,
        /// Why not.
        source: Arc<io::Error>,
    },
    /// The connection broke while an answer was waited for: whether the request was carried out is not known.
    #[error("the connection to {address} is lost: {reason}")]
    ConnectionLost {
        /// Whose.
        address: Arc<str>,
        /// What broke it.
        reason: Arc<CodecError>,
    },
    /// The request cannot be put on a connection.
    #[error("the request {request} cannot be sent: {source}")]
    NotSendable {
        /// The request's code.
        request: i32,
        /// Why not.
        source: Arc<CodecError>,
    },
    /// No answer in time: whether the request was carried out is not known.
    #[error("{address} did not answer request {request} within {after:?}")]
    Timeout {
        /// Who was asked.
        address: Arc<str>,
        /// The request's code.
        request: i32,
        /// How long was waited.
        after: Duration,
    },
    /// No name server or broker knows the topic.
    #[error("the topic `{topic}` does not exist")]
    TopicMissing {
        /// Its name.
        topic: Arc<str>,
    },
    /// The topic exists, but not this queue of it.
    #[error("the topic has no queue {queue}")]
    QueueMissing {
        /// The queue asked for.
        queue: Queue,
    },
    /// No broker is known that could do it.
    #[error("no broker is known for {what}")]
    NoBroker {
        /// What it is wanted for.
        what: String,
    },
    /// The broker has no such consumer group.
    #[error("the consumer group `{group}` does not exist on {address}")]
    GroupMissing {
        /// The group.
        group: String,
        /// The broker.
        address: Arc<str>,
    },
    /// A broker refused a message: too large, or without what its topic needs.
    #[error("the broker does not take a message of {bytes} bytes for {queue}: {remark}")]
    MessageIllegal {
        /// Where to.
        queue: Queue,
        /// Bytes of body and properties.
        bytes: usize,
        /// The broker's words.
        remark: String,
    },
    /// A broker of version 5 takes no message without a body.
    #[error("the broker does not take a message without a body for {queue}")]
    EmptyBody {
        /// Where to.
        queue: Queue,
    },
    /// A batch beyond what brokers take safely.
    #[error(
        "a batch of {messages} messages and {bytes} bytes is not sent: \
         the limits are {MAX_BATCH_MESSAGES} messages and {MAX_BATCH_BYTES} bytes"
    )]
    BatchTooLarge {
        /// How many messages.
        messages: usize,
        /// Their size in the request.
        bytes: usize,
    },
    /// Properties that cannot be sent.
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// Brokers take a negative offset and then say that none was committed.
    #[error("{offset} is not an offset of {queue}")]
    InvalidOffset {
        /// The queue.
        queue: Queue,
        /// What was to be committed.
        offset: i64,
    },
    /// The server said no.
    #[error("{address} refused request {request} with code {code} ({}){}", response::meaning(*code), said(remark))]
    Refused {
        /// Who was asked.
        address: Arc<str>,
        /// The request's code.
        request: i32,
        /// The response's code.
        code: i32,
        /// The server's words.
        remark: String,
    },
    /// The server's answer makes no sense.
    #[error("{address} answered request {request} with something else: {problem}")]
    Malformed {
        /// Who was asked.
        address: Arc<str>,
        /// The request's code.
        request: i32,
        /// What is wrong with the answer.
        problem: Malformation,
    },
    /// The client was closed.
    #[error("the client is closed")]
    Closed,
}

/// What can be wrong with an answer.
#[derive(Debug, Clone, Error)]
pub enum Malformation {
    /// A field is missing or no number.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The messages in the body are torn.
    #[error(transparent)]
    Messages(#[from] DecodeError),
    /// The body is not the JSON it should be.
    #[error("the body is not the JSON it should be: {0}")]
    Json(String),
}

/// One name server and why it could not be used.
#[derive(Debug, Clone)]
pub struct NameServerFailure {
    /// Its address.
    pub address: Arc<str>,
    /// What happened.
    pub problem: NameServerProblem,
}

/// Why a name server could not be used.
#[derive(Debug, Clone, Error)]
pub enum NameServerProblem {
    /// No connection, or it broke, or no answer came.
    #[error("{0}")]
    NoAnswer(Box<Error>),
    /// Something is there, but it does not speak the protocol of name servers.
    #[error("it is not a name server: {0}")]
    NotANameServer(String),
    /// A server of this protocol is there that does not know what name servers know: a broker, or a proxy.
    #[error(
        "it is not a name server: it does not know request {request}; is this the port of a broker or proxy?"
    )]
    UnknownRequest {
        /// The request's code.
        request: i32,
    },
}

impl Error {
    /// Whether the same call may succeed later without anybody changing anything but the servers' health.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NameServers { .. }
            | Self::Unreachable { .. }
            | Self::ConnectionLost { .. }
            | Self::Timeout { .. }
            | Self::NoBroker { .. } => true,
            Self::Refused { code, .. } => matches!(
                *code,
                response::SYSTEM_ERROR
                    | response::SYSTEM_BUSY
                    | response::SERVICE_NOT_AVAILABLE
                    | response::POLLING_FULL
                    | response::FLOW_CONTROL
                    | response::GO_AWAY
            ),
            _ => false,
        }
    }

    /// Whether the request may have been carried out all the same.
    pub fn leaves_in_doubt(&self) -> bool {
        matches!(self, Self::ConnectionLost { .. } | Self::Timeout { .. } | Self::Malformed { .. })
    }

    /// Whether the route that led here may be out of date.
    pub(super) fn blames_route(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::ConnectionLost { .. }
            | Self::TopicMissing { .. }
            | Self::QueueMissing { .. }
            | Self::Timeout { .. } => true,
            Self::Refused { code, .. } => {
                matches!(*code, response::INVALID_PARAMETER | response::NO_PERMISSION | response::GO_AWAY)
            }
            _ => false,
        }
    }

    /// The error that a response stands for whose code is not the one hoped for.
    pub(super) fn refused(address: &Arc<str>, request: i32, response: Command) -> Self {
        Self::Refused {
            address: Arc::clone(address),
            request,
            code: response.code,
            remark: response.remark.unwrap_or_default(),
        }
    }

    pub(super) fn malformed(address: &Arc<str>, request: i32, problem: impl Into<Malformation>) -> Self {
        Self::Malformed { address: Arc::clone(address), request, problem: problem.into() }
    }
}

impl From<serde_json::Error> for Malformation {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error.to_string())
    }
}

impl fmt::Display for NameServerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.address, self.problem)
    }
}

fn list(failures: &[NameServerFailure]) -> String {
    failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn said(remark: &str) -> String {
    if remark.is_empty() { String::new() } else { format!(": {remark}") }
}
