//! What a worker knows, in internal RocketMQ topics.
//!
//! `log` appends to an internal topic and replays it; `record` is the form of its messages, that of a Java worker.
//! On top of them lie the configurations (`configs`), how far sinks are (`offsets`, with the right to a queue in `lease`)
//! and the statuses (`statuses`). There is no other state: no file, no database.

mod config_record;
mod configs;
mod error;
mod lease;
mod log;
mod offset_record;
mod offsets;
mod owner;
mod progress;
mod record;
mod statuses;

pub use configs::{ConfigStore, StoredConnector};
pub use error::{StoreError, Unreadable};
pub use lease::{Claim, Lease, Lost};
pub use offsets::OffsetStore;
pub use progress::{Bounds, Mark, Progress};
pub use record::Location;
pub use statuses::{StatusKey, StatusRecord, StatusStore};
