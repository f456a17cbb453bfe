//! INSERT INTO … VALUES, through the same checks as a load: a transaction, strict, all rows or none.

use std::borrow::Cow;

use super::answer::Answer;
use super::cursor::{Cursor, split_commas};
use super::error::SqlError;
use super::lexer::{Kind, Token};
use super::session::Session;
use crate::accounts::Privilege;
use crate::clock::now_ms;
use crate::load::{Plan, Source};
use crate::store::{RowWriter, StoreError, Transaction, Visibility};

/// Runs the statement.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.expect_word("INSERT")?;
    cursor.expect_word("INTO")?;
    cursor.eat_word("TABLE");
    let (database, name) = cursor.qualified()?;
    let database = session.find_database(database.as_deref())?;
    let table = database.table(&name).ok_or_else(|| {
        SqlError::analysis(format_args!("Table [{name}] does not exist in database [{}].", database.name()))
    })?;
    session.require(Privilege::Load, database.name(), &name)?;
    let columns = if cursor.peek().is_some_and(|token| token.is_symbol("(")) {
        let group = cursor.group()?;
        let names = split_commas(group).into_iter().map(|part| cursor.within(part).identifier());
        Some(names.collect::<Result<Vec<_>, _>>()?)
    } else {
        None
    };
    if let Some(unknown) = columns.iter().flatten().find(|column| table.position(column).is_none()) {
        return Err(SqlError::analysis(format_args!("column {unknown} is not found in table {name}")));
    }
    if !cursor.eat_word("VALUES") && !cursor.eat_word("VALUE") {
        return Err(SqlError::beyond("INSERT … SELECT"));
    }
    let plan = Plan::positional(table, columns).map_err(SqlError::analysis)?;
    let rows = rows(&mut cursor, plan.width())?;
    let label = format!("label_{:x}_{:x}", session.connection_id, now_ms());
    let id = database.begin(&label, &name, &session.user).map_err(SqlError::analysis)?;
    let count = rows.len() as u64;
    let written = database.load(id, plan.table(), Visibility::Published, |writer, transaction| {
        write(&plan, rows, writer)?;
        transaction.total_rows = count;
        transaction.loaded_rows = count;
        Ok::<(), InsertError>(())
    });
    let transaction: Transaction = match written {
        Ok(transaction) => transaction,
        Err(error) => {
            database.abort(id, &error.to_string()).map_err(SqlError::analysis)?;
            return Err(SqlError::analysis(error));
        }
    };
    let state = transaction.state.word();
    Ok(Answer::Done {
        affected: count,
        info: format!("{{'label':'{label}', 'status':'{state}', 'txnId':'{id}'}}"),
    })
}

#[derive(Debug, thiserror::Error)]
enum InsertError {
    #[error("Insert has filtered data in strict mode. {0}")]
    Row(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn write(
    plan: &Plan,
    rows: Vec<Vec<Option<Source<'_>>>>,
    writer: &mut RowWriter<'_>,
) -> Result<(), InsertError> {
    for mut row in rows {
        let mut cells = Vec::new();
        let delete = plan.row(&mut row, &mut cells).map_err(|rejected| InsertError::Row(rejected.0))?;
        writer.write(&cells, delete).map_err(StoreError::from)?;
    }
    Ok(())
}

fn rows<'a>(cursor: &mut Cursor<'a>, width: usize) -> Result<Vec<Vec<Option<Source<'a>>>>, SqlError> {
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
        _ => Err(SqlError::beyond("expressions in VALUES")),
    }
}
