//! The connector host: REST, worker, task pipeline and the stores in internal topics.

pub mod config;
pub mod convert;
mod fault;
pub mod fetch;
pub mod host;
mod mask;
pub mod plugins;
pub mod references;
pub mod rest;
pub mod store;
pub mod task;
pub mod worker;

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

use std::time::{SystemTime, UNIX_EPOCH};

/// The time in milliseconds since 1970, as records of internal topics have it.
pub(crate) fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

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
