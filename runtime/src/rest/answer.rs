//! The envelopes of RocketMQ Connect.
//!
//! A handled failure keeps HTTP status 200 and is told by its `errorCode`; only what no handler has seen gets an HTTP
//! status of its own, as text, or as JSON for a client that accepts it.

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http_body_util::{BodyExt, Full};
use hyper::{
    Response, StatusCode,
    ext::ReasonPhrase,
    header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue},
};
use serde::Serialize;
use serde_json::json;
use std::io::Write;

/// A whole answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// The codes of the failure envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrorCode {
    /// 400: the request itself is wrong.
    BadRequest,
    /// 500: everything else.
    Internal,
}

/// `{"status":200,"body":…}`.
pub(super) fn success(body: impl Serialize) -> Answer {
    #[derive(Serialize)]
    struct Envelope<T> {
        status: u16,
        body: T,
    }
    plain_json(&Envelope { status: 200, body })
}

/// `{"errorCode":…,"message":…}`, with HTTP status 200.
pub(super) fn failure(code: ErrorCode, message: &str) -> Answer {
    #[derive(Serialize)]
    struct Envelope<'a> {
        #[serde(rename = "errorCode")]
        error_code: u16,
        message: &'a str,
    }
    let error_code = match code {
        ErrorCode::BadRequest => 400,
        ErrorCode::Internal => 500,
    };
    plain_json(&Envelope { error_code, message })
}

/// JSON without an envelope.
pub(super) fn plain_json(body: &impl Serialize) -> Answer {
    match serde_json::to_vec(body) {
        Ok(bytes) => whole(StatusCode::OK, "application/json", bytes),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written as JSON");
            whole(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "Internal server error")
        }
    }
}

/// JSON with a status.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let mut answer = plain_json(body);
    if answer.status() == StatusCode::OK {
        *answer.status_mut() = status;
    }
    answer
}

/// A status, and nothing to say.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

/// Text for people.
pub(super) fn plain_text(text: String) -> Answer {
    whole(StatusCode::OK, "text/plain", text)
}

/// Prometheus's text format.
pub(super) fn metrics(text: String) -> Answer {
    whole(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text)
}

/// The body of `/plugin/config`, the one success envelope whose status is not 200.
pub(super) fn not_implemented_body() -> Answer {
    plain_json(&json!({"status": 400, "body": NOT_IMPLEMENTED}))
}

/// What a Java worker says of what it never implemented.
pub(super) const NOT_IMPLEMENTED: &str = "This function has not been implemented yet";

/// HTTP 404.
pub(super) fn not_found(accepts_json: bool) -> Answer {
    http_error(StatusCode::NOT_FOUND, "Not found", "notfoundresponse", accepts_json)
}

/// HTTP 413.
pub(super) fn too_large(accepts_json: bool) -> Answer {
    http_error(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large", "error-responses", accepts_json)
}

/// What any HEAD on a path that GET knows gets.
pub(super) fn head() -> Answer {
    let mut answer = whole(StatusCode::OK, "text/plain", "");
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    answer
}

/// HTTP 400 for a request of HTTP/1.1 without a `Host`.
pub(super) fn no_host() -> Answer {
    let body = "<h1>Bad Message 400</h1><pre>reason: No Host</pre>";
    let mut answer = whole(StatusCode::BAD_REQUEST, "text/html;charset=iso-8859-1", body);
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer.extensions_mut().insert(ReasonPhrase::from_static(b"No Host"));
    answer
}

/// Bodies from this size on are compressed for clients that accept it.
const LEAST_COMPRESSED: usize = 1500;

/// The same answer with its body as gzip, if it is large enough.
pub(super) async fn compressed(answer: Answer) -> Answer {
    let (mut head, body) = answer.into_parts();
    let Ok(body) = body.collect().await;
    let plain = body.to_bytes();
    if plain.len() < LEAST_COMPRESSED {
        return Response::from_parts(head, Full::new(plain));
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    match gzip.write_all(&plain).and_then(|()| gzip.finish()) {
        Ok(smaller) => {
            head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            Response::from_parts(head, Full::new(smaller.into()))
        }
        // Memory does not refuse to be written to; were it so, the plain body is as good.
        Err(_) => Response::from_parts(head, Full::new(plain)),
    }
}

fn http_error(status: StatusCode, title: &str, anchor: &str, accepts_json: bool) -> Answer {
    if !accepts_json {
        return whole(status, "text/plain", title.to_owned());
    }
    let code = status.as_u16();
    let body = format!(
        "{{\n    \"title\": \"{title}\",\n    \"status\": {code},\n    \
         \"type\": \"https://javalin.io/documentation#{anchor}\",\n    \"details\": {{}}\n}}"
    );
    whole(status, "application/json", body)
}

fn whole(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}
