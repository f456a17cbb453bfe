//! Stream Loads: one batch, one label, loaded once.
//!
//! * [`loader`]: when a load is sent, and when again.
//! * [`attempt`]: one sending, and what its answer means.
//! * [`isolate`]: which rows Doris does not take, and [`trial`]: how that is found out.
//! * [`two_phase`]: prepared loads are committed.
//! * [`compress`]: bodies made smaller.
//! * [`recall`]: which labels Doris is asked about first.
//! * [`answer`]: the answers of frontends and backends.
//! * [`reason`]: why Doris refused, by its message, and whether that passes.
//! * [`under_way`]: what is known of the batches under way.
//! * [`label_state`]: what became of a label.
//! * [`pace`]: how fast all tasks together load.
//! * [`patience`]: how long a load may run that nobody sends any more.
//! * [`error_log`]: the rows that a backend refused.
//! * [`figures`]: what loads tell operators.
//! * [`probe`]: whether user, database and tables are right, asked before anything is loaded.

mod answer;
mod attempt;
mod compress;
mod error;
mod error_log;
mod figures;
mod isolate;
mod label_state;
mod loader;
mod moment;
mod pace;
mod path;
mod patience;
mod probe;
mod reason;
mod recall;
mod trial;
mod two_phase;
mod under_way;

pub(crate) use compress::Compression;
pub(crate) use isolate::FailedLoad;
pub(crate) use loader::Loader;
