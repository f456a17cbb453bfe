//! Stream Loads: one batch, one label, loaded once.
//!
//! * [`loader`]: an attempt, what its answer means, when it is repeated.
//! * [`answer`]: the answers of frontends and backends.
//! * [`reason`]: why Doris refused, by its message, and whether that passes.
//! * [`label_state`]: what became of a label.
//! * [`error_log`]: the rows that a backend refused.
//! * [`probe`]: whether user, database and tables are right, asked before anything is loaded.

mod answer;
mod error;
mod error_log;
mod label_state;
mod loader;
mod path;
mod probe;
mod reason;

pub(crate) use error::LoadError;
pub(crate) use loader::{Load, Loader};
