//! What tests expect of errors.

use connector_api::SinkError;

/// The text of an error that may pass.
#[track_caller]
pub(crate) fn retriable(result: Result<(), SinkError>) -> String {
    match result {
        Err(error @ SinkError::Retriable(_)) => whole(&error),
        other => panic!("not retriable: {other:?}"),
    }
}

/// The text of an error that stays.
#[track_caller]
pub(crate) fn fatal(result: Result<(), SinkError>) -> String {
    match result {
        Err(error @ SinkError::Fatal(_)) => whole(&error),
        other => panic!("not fatal: {other:?}"),
    }
}

/// The text of an error, which says all there is to say: a source would be told twice.
#[track_caller]
fn whole(error: &SinkError) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    assert_eq!(source, None, "besides: {error}");
    error.to_string()
}

/// Each part is in the text, and no password.
#[track_caller]
pub(crate) fn check(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
    assert!(!text.contains("s3cret"), "{text}");
}
