//! What a worker knows, in internal RocketMQ topics.
//!
//! `log` appends to an internal topic, `replay` reads it to its end and `follow` on from there, and `snapshot` publishes what is
//! live again before brokers drop it; `record` is the form of its messages, that of a Java worker.
//! On top of them lie the configurations (`configs`), how far sinks are (`offsets`: a `lease_log` for each broker, with the right to
//! a queue in `lease`) and the statuses (`statuses`). There is no other state but consumer offsets, which are for others: no file, no database.

mod config_record;
mod config_topic;
mod configs;
mod entries;
mod error;
mod follow;
mod known;
mod lease;
mod lease_log;
mod log;
mod offset_record;
mod offsets;
mod owner;
mod progress;
mod record;
mod replay;
mod snapshot;
mod statuses;

pub use configs::{ConfigStore, ConnectorNames};
pub use error::{StoreError, Unreadable};
pub use known::StoredConnector;
pub use lease::{Claim, Lease, Lost};
pub use offsets::{OffsetStore, Republish};
pub use progress::{Bounds, Mark, Progress};
pub use record::Location;
pub use statuses::{StatusKey, StatusRecord, StatusStore};
