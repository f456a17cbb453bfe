//! HTTP/1.1 as Stream Load needs it.
//!
//! A frontend answers a load with a redirect and never reads the body, so a client that pushes the body at once sees a
//! reset connection in place of the answer. Connections here are hyper's low-level ones, whose body waits for the
//! server's `100 Continue`; redirects are left to the caller, which decides who may see the credentials.

mod busy;
mod client;
mod connection;
mod dial;
mod endpoint;
mod error;
mod gate;
mod tls;

pub(crate) use busy::Busy;
pub(crate) use client::Client;
pub(crate) use endpoint::{Endpoint, InvalidEndpoint, Scheme};
pub(crate) use error::{HttpError, Progress};
pub(crate) use tls::{CA, CERTIFICATE, FileProblem, KEY, Tls, TlsFiles};

use bytes::Bytes;
use hyper::{HeaderMap, Method, StatusCode};
use std::time::Duration;

/// One request, complete but for `Host` and `Content-Length`.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path and query, percent-encoded.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) sending: Sending,
}

/// When the body goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// Behind the head.
    AtOnce,
    /// `Expect: 100-continue`: once the server asked for it, and never unasked.
    WhenAsked,
    /// `Expect: 100-continue`: once the server asked for it, or unasked after this long, as RFC 9110 §10.1.1 wants it
    /// for servers that do not know the header.
    WhenAskedOrAfter(Duration),
}

/// A whole answer, read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}
