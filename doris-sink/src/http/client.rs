//! Connections, opened when needed and kept while they are good.

use super::{Answer, Endpoint, HttpError, Request, Tls, connection::Connection};
use hyper::header::CONNECTION;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long an unused connection is kept; servers close idle ones after some 60 s.
const IDLE: Duration = Duration::from_secs(20);

/// Exchanges requests for answers, one at a time.
#[derive(Debug)]
pub(crate) struct Client {
    connect_timeout: Duration,
    read_timeout: Duration,
    tls: Option<Tls>,
    idle: HashMap<Endpoint, (Connection, Instant)>,
}

impl Client {
    /// `connect_timeout` bounds the opening of a connection, `read_timeout` the time without any progress.
    pub(crate) fn new(connect_timeout: Duration, read_timeout: Duration, tls: Option<Tls>) -> Self {
        Self { connect_timeout, read_timeout, tls, idle: HashMap::new() }
    }

    /// Sends `request` to `endpoint` and reads the answer. Redirects are answers.
    ///
    /// A kept connection that turns out to be closed is replaced, and the request sent again: all requests of this crate
    /// may be repeated.
    pub(crate) async fn exchange(
        &mut self,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Result<Answer, HttpError> {
        if let Some(connection) = self.kept(endpoint) {
            match self.exchange_on(connection, endpoint, request).await {
                Err(HttpError::Lost { .. }) => {}
                answered => return answered,
            }
        }
        let (tls, connect, read) = (self.tls.as_ref(), self.connect_timeout, self.read_timeout);
        let connection = Connection::open(endpoint, tls, connect, read).await?;
        self.exchange_on(connection, endpoint, request).await
    }

    /// Closes every connection that is kept.
    pub(crate) fn close(&mut self) {
        self.idle.clear();
    }

    async fn exchange_on(
        &mut self,
        mut connection: Connection,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Result<Answer, HttpError> {
        let answer = connection.exchange(endpoint, request).await?;
        // Whether it can take another request shows once it has settled, so that is asked when it is needed again.
        if !asks_to_close(&answer) {
            self.idle.insert(endpoint.clone(), (connection, Instant::now()));
        }
        Ok(answer)
    }

    fn kept(&mut self, endpoint: &Endpoint) -> Option<Connection> {
        self.idle.retain(|_, (connection, since)| connection.is_usable() && since.elapsed() < IDLE);
        self.idle.remove(endpoint).map(|(connection, _)| connection)
    }
}

fn asks_to_close(answer: &Answer) -> bool {
    let connection = answer.headers.get(CONNECTION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    connection.to_ascii_lowercase().contains("close") || answer.status.is_redirection()
}
