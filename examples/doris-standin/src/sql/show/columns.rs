//! DESCRIBE and SHOW COLUMNS.

use super::filter::{filter, from};
use super::find;
use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::lexer::Token;
use crate::sql::session::Session;
use crate::store::{Column, DefaultValue};

/// Runs DESC or DESCRIBE.
pub(in crate::sql) fn describe(
    session: &Session,
    sql: &str,
    tokens: &[Token<'_>],
) -> Result<ResultSet, SqlError> {
    let mut cursor = Cursor::new(sql, tokens);
    cursor.next();
    let (database, name) = cursor.qualified()?;
    cursor.eat_word("ALL");
    cursor.expect_end()?;
    let (_, table) = find(session, database.as_deref(), &name)?;
    let rows = table.columns.iter().map(|column| {
        [
            Some(column.name.clone()),
            Some(column.column_type.to_string()),
            Some(if column.nullable { "Yes" } else { "No" }.to_owned()),
            Some(column.key.to_string()),
            default_text(column),
            Some(extra(column).to_owned()),
        ]
    });
    Ok(ResultSet::of_text(["Field", "Type", "Null", "Key", "Default", "Extra"], rows.collect::<Vec<_>>()))
}

/// `SHOW [FULL] COLUMNS`; the cursor stands after those words.
pub(super) fn columns(session: &Session, mut cursor: Cursor<'_>, full: bool) -> Result<ResultSet, SqlError> {
    if !cursor.eat_word("FROM") {
        cursor.expect_word("IN")?;
    }
    let (mut database, name) = cursor.qualified()?;
    if let Some(given) = from(&mut cursor)? {
        database = Some(given);
    }
    let wanted = filter(cursor)?;
    let (_, table) = find(session, database.as_deref(), &name)?;
    let columns: Vec<&Column> = table.columns.iter().filter(|column| wanted(&column.name)).collect();
    let yes = |truth: bool| Some(if truth { "YES" } else { "NO" }.to_owned());
    if full {
        let heads =
            ["Field", "Type", "Collation", "Null", "Key", "Default", "Extra", "Privileges", "Comment"];
        let rows = columns.into_iter().map(|column| {
            [
                Some(column.name.clone()),
                Some(column.column_type.to_string()),
                Some(String::new()),
                yes(column.nullable),
                yes(column.key),
                default_text(column),
                Some(extra(column).to_owned()),
                Some(String::new()),
                Some(column.comment.clone()),
            ]
        });
        return Ok(ResultSet::of_text(heads, rows.collect::<Vec<_>>()));
    }
    let rows = columns.into_iter().map(|column| {
        [
            Some(column.name.clone()),
            Some(column.column_type.to_string()),
            yes(column.nullable),
            yes(column.key),
            default_text(column),
            Some(extra(column).to_owned()),
        ]
    });
    Ok(ResultSet::of_text(["Field", "Type", "Null", "Key", "Default", "Extra"], rows.collect::<Vec<_>>()))
}

fn extra(column: &Column) -> &'static str {
    match (column.key, column.aggregation) {
        (true, _) => "",
        (false, Some(aggregation)) => aggregation.word(),
        (false, None) => "NONE",
    }
}

fn default_text(column: &Column) -> Option<String> {
    match &column.default {
        Some(DefaultValue::Literal(text)) => Some(text.clone()),
        Some(DefaultValue::CurrentTimestamp) => Some("CURRENT_TIMESTAMP".to_owned()),
        _ => None,
    }
}
