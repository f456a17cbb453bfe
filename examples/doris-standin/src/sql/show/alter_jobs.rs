//! SHOW ALTER TABLE COLUMN: schema changes and how far they are.

use super::filter::from;
use super::narrowing::{Comparison, Narrowing};
use crate::clock::sql_time;
use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::Session;
use crate::store::{AlterJob, JobState};

const HEADS: [&str; 13] = [
    "JobId",
    "TableName",
    "CreateTime",
    "FinishTime",
    "IndexName",
    "IndexId",
    "OriginIndexId",
    "SchemaVersion",
    "TransactionId",
    "State",
    "Msg",
    "Progress",
    "Timeout",
];
const ROLLUP_HEADS: [&str; 12] = [
    "JobId",
    "TableName",
    "CreateTime",
    "FinishTime",
    "BaseIndexName",
    "RollupIndexName",
    "RollupId",
    "TransactionId",
    "State",
    "Msg",
    "Progress",
    "Timeout",
];
/// Thirty days (`alter_table_timeout_second`).
const TIMEOUT: &str = "2592000";

/// Runs the statement; the cursor stands after `SHOW ALTER`.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    cursor.expect_word("TABLE")?;
    let of_rollups = cursor.eat_word("ROLLUP") || cursor.eat_words(&["MATERIALIZED", "VIEW"]);
    if !of_rollups {
        cursor.expect_word("COLUMN")?;
    }
    let given = from(&mut cursor)?;
    let database = session.find_database(given.as_deref())?;
    let narrowing = Narrowing::parse(cursor)?;
    check(&narrowing)?;
    // There are no rollups, so no job ever made one.
    let set = if of_rollups {
        ResultSet::of_text(ROLLUP_HEADS, [])
    } else {
        ResultSet::of_text(HEADS, database.alter_jobs().into_iter().map(row).collect::<Vec<_>>())
    };
    narrowing.apply(set)
}

/// The columns that conditions may be about, and how they may be compared.
fn check(narrowing: &Narrowing) -> Result<(), SqlError> {
    for condition in &narrowing.conditions {
        let equal = condition.comparison == Comparison::Equal;
        let like = condition.comparison == Comparison::Like;
        let refusal = match condition.column.to_ascii_lowercase().as_str() {
            "tablename" | "state" | "indexname" if equal => continue,
            "createtime" | "finishtime" if !like => continue,
            "tablename" | "state" | "indexname" => {
                "Where clause : TableName = \"table1\" or State = \"FINISHED|CANCELLED|RUNNING|PENDING|WAITING_TXN\""
            }
            "createtime" | "finishtime" => {
                "Where clause : CreateTime/FinishTime =|>=|<=|>|<|!= \"2019-12-02|2019-12-02 14:54:00\""
            }
            _ => "The columns of TableName/IndexName/CreateTime/FinishTime/State are supported.",
        };
        return Err(SqlError::analysis(refusal));
    }
    Ok(())
}

fn row(job: AlterJob) -> [Option<String>; 13] {
    let text = |number: i64| Some(number.to_string());
    let begun = !matches!(job.state, JobState::Pending);
    [
        text(job.id),
        Some(job.table.clone()),
        Some(sql_time(job.created_at)),
        job.finished_at.map(sql_time),
        Some(job.table),
        // Ids of indexes are made up of the job's: nothing else has them.
        text(job.id * 2),
        text(job.id * 2 - 1),
        Some(format!("{}:{}", job.schema_version, job.id)),
        text(if begun { job.watershed } else { -1 }),
        Some(job.state.word().to_owned()),
        Some(job.message),
        (job.state == JobState::Running).then(|| "0/1".to_owned()),
        Some(TIMEOUT.to_owned()),
    ]
}
