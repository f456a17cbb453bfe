//! The configuration of a worker: a Java properties file with the keys of RocketMQ Connect and a few of our own.
//!
//! [`WorkerConfig::from_file`] finds everything wrong with a file at once and says it by file and line. A wrong key is
//! an error, since a Java worker's habit of ignoring it hides every misspelling; [`Leniency::Lenient`] makes it a
//! warning. The keys are listed once, in [`keys()`].

mod error;
mod keys;
pub(crate) mod properties;
mod reader;
mod rest;
mod size;
mod worker;

pub use error::{ConfigFileError, Leniency, Problem, Warning};
pub use keys::{Effect, WorkerKey, keys};
pub use rest::{RestAuth, RestLimits, RestServer};
pub use size::{ByteSize, InvalidSize};
pub use worker::{BatchDefaults, InternalTopics, RestAddress, Timeouts, WorkerConfig};
