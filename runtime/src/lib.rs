//! The connector host: REST, worker, task pipeline and the stores in internal topics.

pub mod config;
pub mod convert;
mod fault;
pub mod fetch;
pub mod host;
mod mask;
pub mod plugins;
pub mod rest;
pub mod store;
pub mod task;
pub mod worker;

/// An error with all that caused it, on one line.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors say their cause themselves.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
