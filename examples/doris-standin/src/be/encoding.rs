//! Answers in gzip, for clients that say they take it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::CONTENT_TYPE;
use crate::http::{Headers, Outcome, Response};

/// The answer as the back end sends it: what is its own, and not empty, is compressed where the client takes that.
pub(super) fn encoded(headers: &Headers, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Reply(response) if takes_gzip(headers) && is_own(&response) => zipped(response).into(),
        other => other,
    }
}

fn takes_gzip(headers: &Headers) -> bool {
    headers.get("Accept-Encoding").is_some_and(|list| list.split(',').any(|name| name.trim() == "gzip"))
}

fn is_own(response: &Response) -> bool {
    let own = |(name, value): &(&str, String)| *name == "Content-Type" && value == CONTENT_TYPE;
    !response.body.is_empty() && response.headers.iter().any(own)
}

fn zipped(mut response: Response) -> Response {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    if let Ok(body) = encoder.write_all(&response.body).and_then(|()| encoder.finish()) {
        response.body = body;
        response.headers.push(("Content-Encoding", "gzip".to_owned()));
    }
    response
}
