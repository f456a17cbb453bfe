//! What tests expect of errors.

use connector_api::SinkError;

/// The text of an error that may pass.
#[track_caller]
pub(crate) fn retriable(result: Result<(), SinkError>) -> String {
    match result {
        Err(error @ SinkError::Retriable(_)) => error.to_string(),
        other => panic!("not retriable: {other:?}"),
    }
}

/// The text of an error that stays.
#[track_caller]
pub(crate) fn fatal(result: Result<(), SinkError>) -> String {
    match result {
        Err(error @ SinkError::Fatal(_)) => error.to_string(),
        other => panic!("not fatal: {other:?}"),
    }
}

/// Each part is in the text, and no password.
#[track_caller]
pub(crate) fn check(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
}
