//! SHOW PROC '/transactions': how many loads run in each database.

use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::Session;

/// Runs the statement; the cursor stands after `SHOW PROC`.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    let path = cursor.text()?;
    cursor.expect_end()?;
    session.require_administrator("Node_priv,Admin_priv")?;
    match path.trim_end_matches('/') {
        "/transactions" => Ok(transactions(session)),
        other => Err(SqlError::beyond(format_args!("SHOW PROC '{other}'"))),
    }
}

fn transactions(session: &Session) -> ResultSet {
    let mut total = 0;
    let mut rows = Vec::new();
    for (index, name) in session.cluster.store.names().into_iter().enumerate() {
        let Some(database) = session.cluster.store.database(&name) else { continue };
        let running = database.transactions().iter().filter(|load| !load.state.is_final()).count();
        total += running;
        rows.push([(index + 1).to_string(), name, running.to_string()].map(Some));
    }
    rows.push(["0".to_owned(), "Total".to_owned(), total.to_string()].map(Some));
    ResultSet::of_text(["DbId", "DbName", "RunningTransactionNum"], rows)
}
