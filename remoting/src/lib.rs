//! The RocketMQ remoting protocol and a client for it.
//!
//! Bottom up: a [`command::Command`] is one request or response, [`codec::FrameCodec`] puts it on a connection,
//! [`code`] names what may be asked and answered, [`message`] is the stored form of messages inside pull answers and
//! batch sends. A [`Client`] asks name servers and brokers with them; a [`QueueReader`] reads one queue as fast as its broker lets it.
//!
//! Invariant: nothing outside this crate knows the wire format.

mod client;
pub mod code;
pub mod codec;
pub mod command;
pub mod message;

pub use client::{
    Broker, Client, ClientOptions, Error, MAX_BATCH_BYTES, MAX_BATCH_MESSAGES, Malformation, Membership,
    MessageRun, NameServerFailure, NameServerProblem, OutgoingMessage, PullOptions, PullStatus, Pulled,
    Queue, QueueReader, ReadError, ReaderOptions, ReaderStatus, Route, SendReceipt, TopicPermission,
    TopicSpec,
};
