//! What a worker knows, in internal RocketMQ topics.
//!
//! `log` appends to an internal topic and replays it; `record` is the form of its messages, that of a Java worker.
//! On top of them lie the configurations (`configs`), the positions of sinks (`offsets`) and the statuses
//! (`statuses`). There is no other state: no file, no database.

mod config_record;
mod configs;
mod error;
mod log;
mod offset_record;
mod offsets;
mod record;
mod statuses;

pub use configs::{ConfigStore, StoredConnector};
pub use error::{StoreError, Unreadable};
pub use offsets::{OffsetStore, Position};
pub use record::Location;
pub use statuses::{StatusKey, StatusRecord, StatusStore};
