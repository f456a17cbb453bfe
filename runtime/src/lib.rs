//! The connector host: REST, worker, task pipeline and the stores in internal topics.

pub mod host;
pub mod plugins;
