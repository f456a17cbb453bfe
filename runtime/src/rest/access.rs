//! The log of requests: who asked for what, and what came of it.
//!
//! Never the query nor the body, which may hold a configuration with secrets.

use super::answer::Answer;
use hyper::{Method, Request, StatusCode};
use std::{net::SocketAddr, sync::Arc, time::Instant};

/// Whose connection a request came on, among its extensions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) SocketAddr);

/// One request, until it is answered.
pub(super) struct Access {
    method: Method,
    path: String,
    peer: Option<SocketAddr>,
    started: Instant,
    /// Who asks, as far as anybody asked.
    pub(super) user: Option<Arc<str>>,
    /// Whether it asks for a change.
    pub(super) changes: bool,
}

impl Access {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        Self {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            peer: request.extensions().get().map(|Peer(address)| *address),
            started: Instant::now(),
            user: None,
            changes: false,
        }
    }

    /// Logs the answer: changes and refusals at `info`, what was only looked at, and scans for paths, at `debug`.
    pub(super) fn log(self, answer: &Answer) {
        let Self { method, path, peer, started, user, changes } = self;
        let (status, latency) = (answer.status(), started.elapsed());
        let is_refused =
            (status.is_client_error() || status.is_server_error()) && status != StatusCode::NOT_FOUND;
        let user = user.as_deref();
        let (peer, status) = (peer.map(tracing::field::display), status.as_u16());
        if changes || is_refused {
            tracing::info!(%method, path, status, ?latency, peer, user, "request");
        } else {
            tracing::debug!(%method, path, status, ?latency, peer, user, "request");
        }
    }
}
