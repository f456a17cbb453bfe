//! The two encodings of a command's header, and what can be wrong with one.

use bytes::{Bytes, BytesMut};
use thiserror::Error;

use super::{Command, binary, json};

/// How a command's header is written (RocketMQ remoting, `SerializeType`).
///
/// A Java broker answers binary requests in JSON (5.x), in kind (4.9), or JSON requests in binary (when told to),
/// so both are always understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// A JSON object.
    #[default]
    Json = 0,
    /// The binary form, `ROCKETMQ`.
    Binary = 1,
}

/// A header that could not be read, or cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// The frame says its header is in an encoding that does not exist.
    #[error("the header encoding {0} is not known: 0 is JSON, 1 is ROCKETMQ")]
    UnknownEncoding(u8),
    /// A part of the header is longer than what is left of it.
    #[error("the header ends within `{part}`")]
    Torn {
        /// The part being read.
        part: &'static str,
    },
    /// A text in a binary header is not UTF-8.
    #[error("`{part}` in the header is not UTF-8")]
    NotUtf8 {
        /// The part being read.
        part: &'static str,
    },
    /// A JSON header is not the JSON of a command.
    #[error("the header is not a JSON command: {0}")]
    Json(String),
    /// A number or text does not fit where a binary header has it.
    #[error("`{part}` is too large for a binary header")]
    TooLarge {
        /// The part being written.
        part: &'static str,
    },
}

impl Encoding {
    /// The encoding with this number in the frame's fifth byte.
    pub(crate) fn from_code(code: u8) -> Result<Self, HeaderError> {
        match code {
            0 => Ok(Self::Json),
            1 => Ok(Self::Binary),
            other => Err(HeaderError::UnknownEncoding(other)),
        }
    }

    /// Reads a header; `body` becomes the command's.
    pub(crate) fn decode(self, header: &[u8], body: Bytes) -> Result<Command, HeaderError> {
        match self {
            Self::Json => json::decode(header, body),
            Self::Binary => binary::decode(header, body),
        }
    }

    /// Appends the header of `command`.
    pub(crate) fn encode(self, command: &Command, into: &mut BytesMut) -> Result<(), HeaderError> {
        match self {
            Self::Json => json::encode(command, into),
            Self::Binary => binary::encode(command, into),
        }
    }
}
