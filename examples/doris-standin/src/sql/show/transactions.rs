//! SHOW TRANSACTION [FROM db] WHERE LABEL = | LIKE '…' or ID = n.

use super::filter::like;
use crate::clock::sql_time;
use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::Session;
use crate::store::Transaction;

const HEADS: [&str; 15] = [
    "TransactionId",
    "Label",
    "Coordinator",
    "TransactionStatus",
    "LoadJobSourceType",
    "PrepareTime",
    "PreCommitTime",
    "CommitTime",
    "PublishTime",
    "FinishTime",
    "Reason",
    "ErrorReplicasCount",
    "ListenerId",
    "TimeoutMs",
    "ErrMsg",
];
/// Three days, the default limit of a load.
const TIMEOUT_MS: &str = "259200000";

/// Runs the statement; the cursor stands after `SHOW TRANSACTION`.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    let mut given = None;
    if cursor.eat_word("FROM") {
        given = Some(cursor.qualified()?.1);
    }
    let database = session.find_database(given.as_deref())?;
    cursor.expect_word("WHERE")?;
    let by_id = cursor.peek_word("ID");
    if !cursor.eat_word("ID") {
        cursor.expect_word("LABEL")?;
    }
    let found: Vec<Transaction> = if by_id {
        cursor.expect_symbol("=")?;
        database.transaction(cursor.number()?).into_iter().collect()
    } else if cursor.eat_word("LIKE") {
        let pattern = cursor.text()?;
        let all = database.transactions().into_iter().rev();
        all.filter(|transaction| like(&pattern, &transaction.label)).collect()
    } else {
        cursor.expect_symbol("=")?;
        database.transactions_of(&cursor.text()?)
    };
    cursor.expect_end()?;
    let be = session.cluster.be.ip();
    let rows = found.into_iter().map(|transaction| {
        let time = |at: Option<i64>| at.map(sql_time);
        [
            Some(transaction.id.to_string()),
            Some(transaction.label),
            Some(format!("BE: {be}")),
            Some(transaction.state.word().to_owned()),
            Some("BACKEND_STREAMING".to_owned()),
            time(Some(transaction.prepared_at)),
            time(transaction.precommitted_at),
            time(transaction.committed_at),
            time(transaction.published_at),
            time(transaction.finished_at),
            Some(transaction.reason),
            Some("0".to_owned()),
            Some("-1".to_owned()),
            Some(TIMEOUT_MS.to_owned()),
            Some(String::new()),
        ]
    });
    Ok(ResultSet::of_text(HEADS, rows.collect::<Vec<_>>()))
}
