//! SHOW and DESCRIBE.

mod absent;
mod alter_jobs;
mod columns;
mod create;
mod databases;
mod filter;
mod fixed;
mod grants;
mod loads;
mod narrowing;
mod proc;
mod transactions;

use std::sync::Arc;

pub(super) use columns::describe;

use super::answer::ResultSet;
use super::cursor::Cursor;
use super::error::SqlError;
use super::lexer::Token;
use super::session::Session;
use super::variables;
use crate::accounts::Privilege;
use crate::store::{Database, KeyModel, Table};

/// Runs a SHOW.
pub(super) fn run(session: &Session, sql: &str, tokens: &[Token<'_>]) -> Result<ResultSet, SqlError> {
    let mut cursor = Cursor::new(sql, tokens);
    cursor.expect_word("SHOW")?;
    let full = cursor.eat_word("FULL");
    for scope in ["GLOBAL", "SESSION", "LOCAL", "ALL"] {
        cursor.eat_word(scope);
    }
    let kind = cursor.identifier()?.to_ascii_uppercase();
    match kind.as_str() {
        "ALTER" => alter_jobs::run(session, cursor),
        "BACKENDS" => fixed::nodes(session, crate::nodes::backends),
        "CHARSET" | "CHARACTER" => Ok(fixed::charsets()),
        "COLLATION" => Ok(fixed::collations()),
        "COLUMNS" | "FIELDS" => columns::columns(session, cursor, full),
        "CREATE" => create::run(session, cursor),
        "DATABASES" | "SCHEMAS" => databases::databases(session, cursor),
        "ENGINES" | "STORAGE" => Ok(fixed::engines()),
        "FRONTENDS" => fixed::nodes(session, crate::nodes::frontends),
        "GRANTS" => grants::run(session, cursor, sql),
        "INDEX" | "INDEXES" | "KEYS" => absent::indexes(session, cursor),
        "LOAD" => loads::loads(session, cursor),
        "PROC" => proc::run(session, cursor),
        "PROCESSLIST" => Ok(fixed::processes(session, sql)),
        "STREAM" => loads::stream_loads(session, cursor),
        "TABLE" => databases::table_status(session, cursor),
        "TABLES" => databases::tables(session, cursor, full),
        "TRANSACTION" => transactions::run(session, cursor),
        "VARIABLES" => variables(session, cursor),
        other => absent::listing(other).ok_or_else(|| SqlError::beyond(format_args!("SHOW {kind}"))),
    }
}

/// A table the user may see.
pub(super) fn find(
    session: &Session,
    database: Option<&str>,
    name: &str,
) -> Result<(Arc<Database>, Arc<Table>), SqlError> {
    let database = session.find_database(database)?;
    let table = database
        .table(name)
        .ok_or_else(|| SqlError::numbered(1146, "42S02", format_args!("Table '{name}' doesn't exist")))?;
    session.require(Privilege::Select, database.name(), name)?;
    Ok((database, table))
}

fn variables(session: &Session, cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    let wanted = filter::filter(cursor)?;
    let rows = variables::DEFAULTS.iter().filter(|(name, _)| wanted(name)).map(|(name, default)| {
        let value = session.variables.get(*name).map_or(*default, String::as_str);
        let changed = if value == *default { "0" } else { "1" };
        [*name, value, default, changed].map(|text| Some(text.to_owned()))
    });
    let heads = ["Variable_name", "Value", "Default_Value", "Changed"];
    Ok(ResultSet::of_text(heads, rows.collect::<Vec<_>>()))
}

/// The word before `KEY` in the column listings of information_schema.
pub(super) fn key_word(model: KeyModel) -> &'static str {
    match model {
        KeyModel::Duplicate => "DUP",
        KeyModel::Unique => "UNI",
        KeyModel::Aggregate => "AGG",
    }
}
