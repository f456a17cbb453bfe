//! What the catalog could not do, by what is to be done about it.

use super::{Unreachable, mysql::MysqlError, session::SessionError};
use crate::{http::Endpoint, route::TableName};
use connector_api::SinkError;
use std::time::Duration;

/// Why the catalog has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    /// Nobody has answered; the question may be asked again.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// The user is not let in.
    #[error("{frontend} does not let the user in: {why}; are doris.user and doris.password right?")]
    Denied { frontend: Endpoint, why: MysqlError },
    #[error("there is no database {database:?} (doris.database){}", nearest(near))]
    NoDatabase { database: String, near: Option<String> },
    #[error("there is no table {database}.{table}{}", nearest(near))]
    NoTable { database: String, table: TableName, near: Option<String> },
    #[error("{database}.{table} cannot be loaded: {problem}")]
    NotLoadable { database: String, table: TableName, problem: String },
    /// Doris refuses a statement.
    #[error("{frontend} refuses {what}: {why}")]
    Refused { frontend: Endpoint, what: String, why: MysqlError },
    /// A change of the table has begun and is not there yet; it goes on without anybody waiting.
    #[error("the change of {table} that adds {columns} has not ended within {} s", after.as_secs())]
    Changing { table: TableName, columns: String, after: Duration },
    #[error("the change of {table} that adds {columns} was cancelled: {why}")]
    Cancelled { table: TableName, columns: String, why: String },
    /// A column that is there cannot be added.
    #[error("column {column:?} of {table} is there as {found:?}; JSON's keys are compared with case")]
    OtherCase { table: TableName, column: String, found: String },
    #[error("{name:?} cannot be the name of a column of {table}: {problem}")]
    BadColumn { table: TableName, name: String, problem: &'static str },
    /// A row that was written here cannot be read, which is a defect of this sink.
    #[error("the fields of a row for {table} cannot be read: {why}")]
    Unreadable { table: TableName, why: String },
    #[error("{table} cannot be created: {problem}")]
    BadTable { table: TableName, problem: String },
}

impl CatalogError {
    /// Whether the same question may have another answer later without anybody changing the configuration.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Changing { .. } => true,
            Self::Denied { .. }
            | Self::NoDatabase { .. }
            | Self::NoTable { .. }
            | Self::NotLoadable { .. }
            | Self::Refused { .. }
            | Self::Cancelled { .. }
            | Self::OtherCase { .. }
            | Self::BadColumn { .. }
            | Self::Unreadable { .. }
            | Self::BadTable { .. } => false,
        }
    }

    /// What the host is told.
    pub(crate) fn into_sink_error(self) -> SinkError {
        match self.is_transient() {
            true => SinkError::retriable(self.to_string()),
            false => SinkError::fatal(self.to_string()),
        }
    }

    pub(super) fn of_statement(error: SessionError, what: impl Into<String>) -> Self {
        match error {
            SessionError::Unreachable(unreachable) => Self::Unreachable(unreachable),
            SessionError::Denied { frontend, why } => Self::Denied { frontend, why },
            SessionError::Refused { frontend, why } => Self::Refused { frontend, what: what.into(), why },
        }
    }
}

fn nearest(near: &Option<String>) -> String {
    near.as_ref().map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}
