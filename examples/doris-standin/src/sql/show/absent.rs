//! Listings of what Doris has the statement for but not the thing: always empty.

use super::filter::from;
use super::find;
use crate::sql::answer::{ResultColumn, ResultSet, ResultType};
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::Session;

const ROUTINE: &[&str] = &[
    "Db",
    "Name",
    "Type",
    "Definer",
    "Modified",
    "Created",
    "Security_type",
    "Comment",
    "character_set_client",
    "collation_connection",
    "Database Collation",
];
const TRIGGER: &[&str] = &[
    "Trigger",
    "Event",
    "Table",
    "Statement",
    "Timing",
    "Created",
    "sql_mode",
    "Definer",
    "character_set_client",
    "collation_connection",
    "Database Collation",
];
const EVENT: &[&str] = &[
    "Db",
    "Name",
    "Definer",
    "Time",
    "Type",
    "Execute at",
    "Interval value",
    "Interval field",
    "Status",
    "Ends",
    "Status",
    "Originator",
    "character_set_client",
    "collation_connection",
    "Database Collation",
];
const INDEX: &[&str] = &[
    "Table",
    "Non_unique",
    "Key_name",
    "Seq_in_index",
    "Column_name",
    "Collation",
    "Cardinality",
    "Sub_part",
    "Packed",
    "Null",
    "Index_type",
    "Comment",
    "Properties",
];

/// The empty listing of a kind of thing; `None` when there is no such statement.
pub(super) fn listing(kind: &str) -> Option<ResultSet> {
    let heads: &[&str] = match kind {
        "EVENTS" => EVENT,
        "PLUGINS" => &["Name", "Status", "Type", "Library", "License"],
        "PROCEDURE" | "FUNCTION" => ROUTINE,
        "STATUS" => &["Variable_name", "Value"],
        "TRIGGERS" => TRIGGER,
        "WARNINGS" | "ERRORS" => &["Level", "Code", "Message"],
        _ => return None,
    };
    Some(empty(heads))
}

/// `SHOW INDEX FROM table`; keys are no indexes. The cursor stands after `INDEX`.
pub(super) fn indexes(session: &Session, mut cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    if !cursor.eat_word("FROM") {
        cursor.expect_word("IN")?;
    }
    let (mut database, name) = cursor.qualified()?;
    if let Some(given) = from(&mut cursor)? {
        database = Some(given);
    }
    cursor.expect_end()?;
    find(session, database.as_deref(), &name)?;
    Ok(empty(INDEX))
}

fn empty(heads: &[&str]) -> ResultSet {
    let column = |name: &&str| ResultColumn { name: (*name).to_owned(), result_type: ResultType::Text };
    ResultSet { columns: heads.iter().map(column).collect(), rows: Vec::new() }
}
