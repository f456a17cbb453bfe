//! A RocketMQ name server and broker in one process, on one port, for trying out and for tests.
//!
//! It speaks the remoting protocol as a Java broker does: the same requests, result codes, limits and answers, so that
//! clients and tools made for one work with it. It has no replicas, transactions, delayed messages, SQL filters or access
//! control; what asks for one of these is refused with a reason.
//!
//! What it acknowledged survives the end of its process, `kill -9` included: every acknowledged message, offset, topic and
//! group has been handed to the operating system. It is not forced to the disk, so power loss or a crash of the operating
//! system can lose the last seconds; what is left then is whole up to some point in time.
//!
//! ```no_run
//! # async fn run() -> Result<(), devbroker::Error> {
//! use devbroker::{DevBroker, Options};
//!
//! let broker = DevBroker::start(Options::new(([127, 0, 0, 1], 9876).into(), "/tmp/dev-broker")).await?;
//! println!("name server and broker at {}", broker.addr());
//! broker.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod answer;
mod broker;
mod connection;
mod dispatch;
mod error;
mod options;
mod server;
mod store;
mod topic;

pub use error::{Error, StoreError};
pub use options::Options;
pub use server::{DevBroker, Running};
