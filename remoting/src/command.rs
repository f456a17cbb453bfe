//! One request or response of the remoting protocol.
//!
//! A frame is `length (4) | encoding (1) + header length (3) | header | body`; the header is JSON or the binary form
//! that RocketMQ calls `ROCKETMQ`. What frames look like on a connection is in [`crate::codec`].

mod binary;
mod fields;
mod header;
mod json;
mod language;

pub use fields::{FieldError, Fields};
pub use header::{Encoding, HeaderError};
pub use language::Language;

use bytes::Bytes;

/// Bit 0 of `flag`: this command answers another one (RocketMQ remoting, `RPC_TYPE`).
pub const FLAG_RESPONSE: i32 = 1;
/// Bit 1 of `flag`: nobody waits for an answer (RocketMQ remoting, `RPC_ONEWAY`).
pub const FLAG_ONEWAY: i32 = 1 << 1;

/// The version every command of this crate carries: the ordinal of `V5_5_0` in RocketMQ's `MQVersion`.
///
/// From `V4_9_4` on a name server answers routes as standard JSON; brokers make no other difference for what is asked here.
pub const PROTOCOL_VERSION: i32 = 513;

/// A request or a response (RocketMQ remoting, `RemotingCommand`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What is asked ([`crate::code::request`]) or how it went ([`crate::code::response`]).
    pub code: i32,
    /// Pairs a response with its request on one connection.
    pub opaque: i32,
    /// [`FLAG_RESPONSE`] and [`FLAG_ONEWAY`].
    pub flag: i32,
    /// What the sender is written in; brokers only show it.
    pub language: Language,
    /// The sender's protocol version, an ordinal of RocketMQ's `MQVersion`.
    pub version: i32,
    /// Text for people, usually why a request was refused.
    pub remark: Option<String>,
    /// The named values of this request or response (`extFields`).
    pub fields: Fields,
    /// What follows the header; a slice of the frame it came in.
    pub body: Bytes,
    /// How the header was, or is to be, encoded.
    pub encoding: Encoding,
}

impl Command {
    /// A request with an empty body, to be given its `opaque` by the connection that sends it.
    pub fn request(code: i32) -> Self {
        Self {
            code,
            opaque: 0,
            flag: 0,
            language: Language::Java,
            version: PROTOCOL_VERSION,
            remark: None,
            fields: Fields::new(),
            body: Bytes::new(),
            encoding: Encoding::Json,
        }
    }

    /// The answer to `request`: same `opaque`, same header encoding.
    pub fn response_to(request: &Command, code: i32) -> Self {
        Self {
            opaque: request.opaque,
            flag: FLAG_RESPONSE,
            encoding: request.encoding,
            ..Self::request(code)
        }
    }

    /// Adds a named value.
    #[must_use]
    pub fn field(mut self, name: impl Into<std::borrow::Cow<'static, str>>, value: impl ToString) -> Self {
        self.fields.insert(name, value.to_string());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the remark.
    #[must_use]
    pub fn with_remark(mut self, remark: impl Into<String>) -> Self {
        self.remark = Some(remark.into());
        self
    }

    /// Marks a request that nobody waits for.
    #[must_use]
    pub fn oneway(mut self) -> Self {
        self.flag |= FLAG_ONEWAY;
        self
    }

    /// Whether this answers a request.
    pub fn is_response(&self) -> bool {
        self.flag & FLAG_RESPONSE != 0
    }

    /// Whether nobody waits for an answer to this.
    pub fn is_oneway(&self) -> bool {
        self.flag & FLAG_ONEWAY != 0
    }
}
