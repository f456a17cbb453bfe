//! What can go wrong between the catalog and one frontend.

use std::{io, time::Duration};

/// Why a frontend did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MysqlError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("no answer within {} ms", .0.as_millis())]
    Silent(Duration),
    #[error("closed the connection")]
    Closed,
    #[error("does not speak the MySQL protocol: {0}; is this the MySQL port of a frontend?")]
    Protocol(&'static str),
    #[error("asks for authentication by {0:?}; mysql_native_password is what can be done here")]
    Authentication(String),
    #[error("answers with more than {} MiB", .0 / 1024 / 1024)]
    TooLong(usize),
    /// What Doris itself says.
    #[error("{message} (error {code})")]
    Server { code: u16, message: String },
}

impl MysqlError {
    /// Whether Doris has answered, so that another frontend would say the same.
    pub(crate) fn is_dorises(&self) -> bool {
        // A frontend that starts or that has too many connections says so before anybody is let in.
        const TOO_MANY_CONNECTIONS: u16 = 1040;
        match self {
            Self::Server { code, message } => {
                *code != TOO_MANY_CONNECTIONS && !message.contains("catalog is not ready")
            }
            _ => false,
        }
    }
}
