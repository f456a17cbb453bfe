//! SHOW STREAM LOAD and SHOW LOAD.

use super::filter::from;
use super::narrowing::{Comparison, Narrowing};
use crate::clock::sql_time;
use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::Session;
use crate::store::LoadRecord;

const STREAM_HEADS: [&str; 16] = [
    "Label",
    "Db",
    "Table",
    "ClientIp",
    "Status",
    "Message",
    "Url",
    "TotalRows",
    "LoadedRows",
    "FilteredRows",
    "UnselectedRows",
    "LoadBytes",
    "StartTime",
    "FinishTime",
    "User",
    "Comment",
];
const HEADS: [&str; 19] = [
    "JobId",
    "Label",
    "State",
    "Progress",
    "Type",
    "EtlInfo",
    "TaskInfo",
    "ErrorMsg",
    "CreateTime",
    "EtlStartTime",
    "EtlFinishTime",
    "LoadStartTime",
    "LoadFinishTime",
    "URL",
    "JobDetails",
    "TransactionId",
    "ErrorTablets",
    "User",
    "Comment",
];

/// `SHOW STREAM LOAD`; the cursor stands after `SHOW STREAM`.
pub(super) fn stream_loads(session: &Session, mut cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    cursor.expect_word("LOAD")?;
    let given = from(&mut cursor)?;
    let database = session.find_database(given.as_deref())?;
    let narrowing = Narrowing::parse(cursor)?;
    check(&narrowing, "STATUS", "SUCCESS|FAIL")?;
    let name = database.name();
    let rows = database.load_records().into_iter().map(|record| row(name, record));
    narrowing.apply(ResultSet::of_text(STREAM_HEADS, rows.collect::<Vec<_>>()))
}

/// `SHOW LOAD`; the cursor stands after those words. Broker loads, which it tells of, are not there; Stream Loads are told of
/// elsewhere.
pub(super) fn loads(session: &Session, mut cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    let given = from(&mut cursor)?;
    session.find_database(given.as_deref())?;
    let narrowing = Narrowing::parse(cursor)?;
    check(&narrowing, "STATE", "PENDING|ETL|LOADING|FINISHED|CANCELLED")?;
    narrowing.apply(ResultSet::of_text(HEADS, []))
}

fn check(narrowing: &Narrowing, state: &str, states: &str) -> Result<(), SqlError> {
    let fits = narrowing.conditions.iter().all(|condition| match condition.comparison {
        Comparison::Equal => ["LABEL", state].iter().any(|name| condition.column.eq_ignore_ascii_case(name)),
        Comparison::Like => condition.column.eq_ignore_ascii_case("LABEL"),
        _ => false,
    });
    if fits {
        return Ok(());
    }
    Err(SqlError::analysis(format_args!(
        "Where clause should looks like: LABEL = \"your_load_label\", or LABEL LIKE \"matcher\",  or {state} = \"{states}\",  or compound predicate with operator AND"
    )))
}

fn row(database: &str, record: LoadRecord) -> [Option<String>; 16] {
    // With milliseconds, other than all other times.
    let time = |ms: i64| format!("{}.{:03}", sql_time(ms), ms.rem_euclid(1000));
    [
        record.label,
        database.to_owned(),
        record.table,
        record.client_ip,
        record.status,
        record.message,
        record.url.unwrap_or_else(|| "N/A".to_owned()),
        record.total_rows.to_string(),
        record.loaded_rows.to_string(),
        record.filtered_rows.to_string(),
        record.unselected_rows.to_string(),
        record.bytes.to_string(),
        time(record.started_at),
        time(record.finished_at),
        record.user,
        record.comment,
    ]
    .map(Some)
}
