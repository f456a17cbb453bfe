//! The RocketMQ remoting protocol and a client for it.
//!
//! Bottom up: a [`command::Command`] is one request or response, [`codec::FrameCodec`] puts it on a connection,
//! [`code`] names what may be asked and answered, [`message`] is the stored form of messages inside pull answers and
//! batch sends. A [`Client`] asks name servers and brokers with them; a [`QueueReader`] reads one queue as fast as its broker lets it.
//!
//! ```no_run
//! use remoting::{Client, ClientOptions, OutgoingMessage, ReaderOptions, TopicSpec};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let name_servers = vec!["127.0.0.1:9876".to_owned()];
//! let client = Client::new(ClientOptions { name_servers, ..ClientOptions::default() })?;
//! client.create_topic(&TopicSpec::new("orders", 4)).await?;
//!
//! let queue = client.route("orders").await?.write_queues().remove(0);
//! let receipt = client.send(&queue, &OutgoingMessage::new("{\"id\": 1}")).await?;
//!
//! let mut reader = client.reader(queue.clone(), receipt.offset, ReaderOptions::default());
//! let run = reader.next(1024 * 1024).await?;
//! client.update_offset("billing", &queue, run.next).await?;
//! client.close().await;
//! # Ok(())
//! # }
//! ```
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
    Queue, QueueReader, ReadError, ReaderOptions, ReaderStatus, Route, SendReceipt, SendStatus,
    TopicPermission, TopicSpec,
};
