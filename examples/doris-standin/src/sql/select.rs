//! Queries.

use rusqlite::types::ValueRef;

use super::answer::{ResultColumn, ResultSet, ResultType};
use super::error::SqlError;
use super::lexer::Token;
use super::session::Session;
use super::{information_schema, result_types, translate};
use crate::store::{Cell, attach, open_reader};

/// Runs a query.
pub(super) fn run(session: &Session, sql: &str, tokens: &[Token<'_>]) -> Result<ResultSet, SqlError> {
    let tokens = unwrapped(tokens);
    let translated = translate::query(session, sql, tokens)?;
    let connection = open_reader()?;
    for name in &translated.databases {
        if name == "information_schema" {
            information_schema::attach(&connection, session)?;
            continue;
        }
        let database = session.find_database(Some(name))?;
        attach(&connection, name, database.path())?;
    }
    let mut statement = connection.prepare(&translated.sql)?;
    let hints = result_types::hints(tokens, &translated.tables);
    let mut columns: Vec<(String, Option<ResultType>)> = statement
        .columns()
        .zip(hints.into_iter().chain(std::iter::repeat(None)))
        .map(|(column, hint)| {
            (column.name().to_owned(), column.decl_type().and_then(ResultType::of_engine).or(hint))
        })
        .collect();
    let mut found = Vec::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut cells = Vec::with_capacity(columns.len());
        for (index, (_, result_type)) in columns.iter_mut().enumerate() {
            let value = row.get_ref(index)?;
            widen(result_type, value);
            cells.push(Cell::from(value));
        }
        found.push(cells);
    }
    let columns = columns
        .into_iter()
        .map(|(name, result_type)| ResultColumn {
            name,
            result_type: result_type.unwrap_or(ResultType::Text),
        })
        .collect();
    Ok(ResultSet { columns, rows: found })
}

/// A query without parentheses around the whole of it, which the engine does not take.
fn unwrapped<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let [open, inner @ .., close] = tokens else { return tokens };
    if !open.is_symbol("(") || !close.is_symbol(")") {
        return tokens;
    }
    let mut depth = 1;
    let stays_open = inner.iter().all(|token| {
        depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        depth > 0
    });
    if stays_open { unwrapped(inner) } else { tokens }
}

/// An expression has no declared type: its values tell, the widest wins.
fn widen(result_type: &mut Option<ResultType>, value: ValueRef<'_>) {
    let seen = match value {
        ValueRef::Null => return,
        ValueRef::Integer(_) => ResultType::BigInt,
        ValueRef::Real(_) => ResultType::Double,
        ValueRef::Text(_) | ValueRef::Blob(_) => ResultType::Text,
    };
    *result_type = Some(match (*result_type, seen) {
        (None, seen) => seen,
        (Some(ResultType::BigInt), ResultType::Double) => ResultType::Double,
        (Some(ResultType::BigInt | ResultType::Double), ResultType::Text) => ResultType::Text,
        (Some(known), _) => known,
    });
}
