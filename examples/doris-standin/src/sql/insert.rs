//! INSERT INTO … VALUES and INSERT INTO … SELECT.

use std::borrow::Cow;
use std::sync::Arc;

use super::answer::Answer;
use super::cursor::{Cursor, split_commas};
use super::error::SqlError;
use super::lexer::{Kind, Token};
use super::select;
use super::session::Session;
use super::write::{self, Effect, Rows};
use crate::accounts::Privilege;
use crate::load::{Plan, Source};
use crate::store::{Database, Table};

/// Runs the statement.
pub(super) fn run(session: &Session, sql: &str, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.expect_word("INSERT")?;
    if cursor.peek_word("OVERWRITE") {
        return Err(SqlError::beyond("INSERT OVERWRITE"));
    }
    cursor.expect_word("INTO")?;
    cursor.eat_word("TABLE");
    let (database, name) = cursor.qualified()?;
    let (database, table) = target(session, database.as_deref(), &name)?;
    if cursor.peek_word("PARTITION") || cursor.peek_word("TEMPORARY") {
        return Err(SqlError::beyond("INSERT into single partitions"));
    }
    let label =
        if cursor.eat_words(&["WITH", "LABEL"]) { cursor.identifier()? } else { write::label(session) };
    let columns = columns(&mut cursor, &table)?;
    let plan = Plan::positional(table, columns).map_err(SqlError::analysis)?;
    plan.check_sequence().map_err(SqlError::analysis)?;
    let rows = if cursor.eat_word("VALUES") || cursor.eat_word("VALUE") {
        values(&mut cursor, plan.width())?
    } else {
        let found = select::run(session, sql, cursor.rest())?;
        if found.columns.len() != plan.width() {
            return Err(SqlError::analysis("insert into cols should be corresponding to the query output"));
        }
        write::of_query(found.rows)
    };
    write::write(session, &database, &plan, &label, rows, Effect::Write)
}

/// A table that the user may write to.
pub(super) fn target(
    session: &Session,
    database: Option<&str>,
    name: &str,
) -> Result<(Arc<Database>, Arc<Table>), SqlError> {
    let database = session.find_database(database)?;
    let table = database.table(name).ok_or_else(|| {
        SqlError::analysis(format_args!("Table [{name}] does not exist in database [{}].", database.name()))
    })?;
    session.require(Privilege::Load, database.name(), name)?;
    Ok((database, table))
}

/// The names in parentheses, unless they hold a query.
fn columns(cursor: &mut Cursor<'_>, table: &Table) -> Result<Option<Vec<String>>, SqlError> {
    let mut ahead = cursor.clone();
    if !ahead.eat_symbol("(") || ahead.peek_word("SELECT") || ahead.peek_word("WITH") {
        return Ok(None);
    }
    let group = cursor.group()?;
    let names = split_commas(group).into_iter().map(|part| cursor.within(part).identifier());
    let names = names.collect::<Result<Vec<_>, _>>()?;
    match names.iter().find(|column| table.position(column).is_none()) {
        Some(unknown) => {
            Err(SqlError::analysis(format_args!("column {unknown} is not found in table {}", table.name)))
        }
        None => Ok(Some(names)),
    }
}

fn values<'a>(cursor: &mut Cursor<'a>, width: usize) -> Result<Rows<'a>, SqlError> {
    let mut rows = Vec::new();
    loop {
        let group = cursor.group()?;
        let values = split_commas(group);
        if values.len() != width {
            return Err(SqlError::analysis("Column count doesn't match value count"));
        }
        rows.push(values.into_iter().map(value).collect::<Result<Vec<_>, _>>()?);
        if !cursor.eat_symbol(",") {
            cursor.expect_end()?;
            return Ok(rows);
        }
    }
}

fn value<'a>(tokens: &[Token<'a>]) -> Result<Option<Source<'a>>, SqlError> {
    match tokens {
        [token] if token.is_word("DEFAULT") => Ok(None),
        [token] if token.is_word("NULL") => Ok(Some(Source::Null)),
        [token] if token.is_word("TRUE") => Ok(Some(Source::Boolean(true))),
        [token] if token.is_word("FALSE") => Ok(Some(Source::Boolean(false))),
        [token] if token.kind == Kind::Number => Ok(Some(Source::Number(token.raw))),
        [token] if token.kind == Kind::Text => Ok(Some(Source::Text(token.value()))),
        [sign, token] if sign.is_symbol("-") && token.kind == Kind::Number => {
            Ok(Some(Source::Text(Cow::Owned(format!("-{}", token.raw)))))
        }
        _ => Err(SqlError::beyond("expressions in VALUES; INSERT … SELECT does them")),
    }
}
