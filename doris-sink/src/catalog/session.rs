//! Statements to whichever frontend answers.

use super::mysql::{Connection, Limits, Login, MysqlError, Rows};
use crate::http::Endpoint;
use std::fmt;

/// Runs statements on one frontend after another until one has answered.
///
/// A statement may be run twice: by a frontend whose answer got lost, and by the next. So statements are such that twice is once.
#[derive(Debug)]
pub(super) struct Session {
    frontends: Vec<Endpoint>,
    login: Login,
    limits: Limits,
    /// Which frontend is asked first.
    first: usize,
    open: Option<Connection>,
}

/// No frontend has answered over MySQL.
#[derive(Debug)]
pub(crate) struct Unreachable {
    tried: Vec<(Endpoint, MysqlError)>,
}

/// Why a statement has no result.
#[derive(Debug)]
pub(super) enum SessionError {
    Unreachable(Unreachable),
    /// The frontend does not let the user in.
    Denied {
        frontend: Endpoint,
        why: MysqlError,
    },
    /// The frontend does not do it.
    Refused {
        frontend: Endpoint,
        why: MysqlError,
    },
}

impl Session {
    /// `first` chooses which frontend is asked first.
    pub(super) fn new(frontends: Vec<Endpoint>, login: Login, limits: Limits, first: usize) -> Self {
        let first = first.checked_rem(frontends.len()).unwrap_or_default();
        Self { frontends, login, limits, first, open: None }
    }

    /// Runs one statement.
    pub(super) async fn query(&mut self, sql: &str) -> Result<Rows, SessionError> {
        // A connection that was left idle may have been closed, which says nothing about the frontend.
        if let Some(mut connection) = self.open.take() {
            match connection.query(sql).await {
                Ok(rows) => {
                    self.open = Some(connection);
                    return Ok(rows);
                }
                Err(why) if why.is_dorises() => {
                    self.open = Some(connection);
                    return Err(SessionError::Refused { frontend: self.frontends[self.first].clone(), why });
                }
                Err(error) => {
                    tracing::debug!(frontend = %self.frontends[self.first], %error, "connection lost");
                }
            }
        }
        let mut tried = Vec::new();
        for step in 0..self.frontends.len() {
            let index = (self.first + step) % self.frontends.len();
            let frontend = self.frontends[index].clone();
            let mut connection = match Connection::open(&frontend, &self.login, self.limits).await {
                Ok(connection) => connection,
                Err(why) if why.is_dorises() => return Err(SessionError::Denied { frontend, why }),
                Err(why) => {
                    tried.push((frontend, why));
                    continue;
                }
            };
            let answer = connection.query(sql).await;
            if answer.as_ref().is_err_and(|why| !why.is_dorises()) {
                tried.extend(answer.err().map(|why| (frontend, why)));
                continue;
            }
            self.first = index;
            self.open = Some(connection);
            return answer.map_err(|why| SessionError::Refused { frontend, why });
        }
        Err(SessionError::Unreachable(Unreachable { tried }))
    }

    /// Closes the connection, if there is one.
    pub(super) async fn close(&mut self) {
        if let Some(connection) = self.open.take() {
            connection.close().await;
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no frontend answers on its MySQL port")?;
        for (at, (frontend, why)) in self.tried.iter().enumerate() {
            write!(f, "{} {frontend}: {why}", if at == 0 { ":" } else { ";" })?;
        }
        f.write_str("; is doris.query.port right, and can it be reached from here?")
    }
}

impl std::error::Error for Unreachable {}
