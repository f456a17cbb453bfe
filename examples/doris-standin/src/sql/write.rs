//! Rows that statements write: through the same checks as a load, in a transaction, strict, all or none.

use std::borrow::Cow;
use std::sync::Arc;

use super::answer::Answer;
use super::error::SqlError;
use super::session::Session;
use crate::clock::now_ms;
use crate::load::{Fate, Plan, Source};
use crate::store::{Cell, Database, StoreError, Visibility};

/// What becomes of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// They are written, by the table's model.
    Write,
    /// The rows with their keys go.
    Delete,
}

/// Rows, each with a value for each field of its plan.
pub(super) type Rows<'a> = Vec<Vec<Option<Source<'a>>>>;

#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error("Insert has filtered data in strict mode. {0}")]
    Row(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A label nobody else has: several statements may fall into one millisecond.
pub(super) fn label(session: &Session) -> String {
    format!("label_{:016x}_{:x}", session.cluster.next_statement_id(), now_ms())
}

/// Writes rows under a label.
pub(super) fn write(
    session: &Session,
    database: &Arc<Database>,
    plan: &Plan,
    label: &str,
    rows: Rows<'_>,
    effect: Effect,
) -> Result<Answer, SqlError> {
    let table = plan.table();
    let id = database.begin(label, &table.name, &session.user).map_err(SqlError::analysis)?;
    let count = rows.len() as u64;
    let written = database.load(id, table, Visibility::Published, |writer, transaction| {
        for mut row in rows {
            let fate = plan.row(&mut row).map_err(|rejected| WriteError::Row(rejected.to_string()))?;
            let Fate::Written(mut row) = fate else { continue };
            row.delete |= effect == Effect::Delete;
            writer.write(&row).map_err(StoreError::from)?;
        }
        transaction.total_rows = count;
        transaction.loaded_rows = count;
        Ok::<(), WriteError>(())
    });
    match written {
        Ok(transaction) => Ok(Answer::Done {
            affected: count,
            info: format!("{{'label':'{label}', 'status':'{}', 'txnId':'{id}'}}", transaction.state.word()),
        }),
        Err(error) => {
            database.abort(id, &error.to_string()).map_err(SqlError::analysis)?;
            Err(SqlError::analysis(error))
        }
    }
}

/// The rows of a query, as they are written.
pub(super) fn of_query(rows: Vec<Vec<Cell<'static>>>) -> Rows<'static> {
    let source = |cell: Cell<'static>| {
        Some(match cell {
            Cell::Null => Source::Null,
            Cell::Integer(number) => Source::Text(Cow::Owned(number.to_string())),
            Cell::Real(number) => Source::Text(Cow::Owned(number.to_string())),
            Cell::Text(text) => Source::Text(text),
        })
    };
    rows.into_iter().map(|row| row.into_iter().map(source).collect()).collect()
}
