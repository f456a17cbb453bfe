//! Stream Loads: one batch, one label, loaded once.
//!
//! * [`loader`]: when a load is sent, and when again.
//! * [`attempt`]: one sending, and what its answer means.
//! * [`recall`]: which labels Doris is asked about first.
//! * [`answer`]: the answers of frontends and backends.
//! * [`reason`]: why Doris refused, by its message, and whether that passes.
//! * [`label_state`]: what became of a label.
//! * [`patience`]: how long a load may run that nobody sends any more.
//! * [`error_log`]: the rows that a backend refused.
//! * [`probe`]: whether user, database and tables are right, asked before anything is loaded.

mod answer;
mod attempt;
mod error;
mod error_log;
mod label_state;
mod loader;
mod moment;
mod path;
mod patience;
mod probe;
mod reason;
mod recall;

pub(crate) use error::LoadError;
pub(crate) use loader::{Load, Loader};
