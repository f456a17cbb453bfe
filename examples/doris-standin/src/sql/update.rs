//! UPDATE: the rows that it finds are written again with other values, as Doris does it.

use super::answer::Answer;
use super::cursor::{Cursor, split_commas};
use super::error::SqlError;
use super::insert::target;
use super::lexer::{Kind, Token, tokens};
use super::select;
use super::session::Session;
use super::write::{self, Effect};
use crate::load::Plan;
use crate::store::{KeyModel, Table};

/// Runs the statement.
pub(super) fn run(session: &Session, sql: &str, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.expect_word("UPDATE")?;
    let Some(first) = cursor.peek() else { return Err(cursor.unexpected("IDENTIFIER")) };
    let (database, name) = cursor.qualified()?;
    let alias = alias(&mut cursor)?;
    let from = cursor.text_since(first);
    cursor.expect_word("SET")?;
    let (database, table) = target(session, database.as_deref(), &name)?;
    if table.model != KeyModel::Unique {
        return Err(SqlError::analysis("Only unique table could be updated."));
    }
    let (assignments, rest) = split_rest(cursor.rest());
    if rest.first().is_some_and(|token| token.is_word("FROM")) {
        return Err(SqlError::beyond("UPDATE … FROM"));
    }
    let assignments = read(sql, &cursor, assignments, &table)?;
    let condition = rest.first().map_or("", |token| &sql[token.start..]);
    let query = query(&table, alias.as_deref(), from, &assignments, condition);
    let found = select::run(session, &query, &tokens(&query))?;
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    let plan = Plan::positional(table, Some(columns)).map_err(SqlError::analysis)?;
    let rows = write::of_query(found.rows);
    write::write(session, &database, &plan, &write::label(session), rows, Effect::Write)
}

/// `[AS] name` before SET.
fn alias(cursor: &mut Cursor<'_>) -> Result<Option<String>, SqlError> {
    if cursor.eat_word("AS") || !cursor.peek_word("SET") {
        return cursor.identifier().map(Some);
    }
    Ok(None)
}

/// The assignments, and what follows them from WHERE or FROM on.
fn split_rest<'t, 'a>(tokens: &'t [Token<'a>]) -> (&'t [Token<'a>], &'t [Token<'a>]) {
    let mut depth = 0;
    let at = tokens.iter().position(|token| {
        depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        depth == 0 && (token.is_word("WHERE") || token.is_word("FROM"))
    });
    tokens.split_at(at.unwrap_or(tokens.len()))
}

/// The position of each assigned column, with the text of its new value.
fn read<'s>(
    sql: &'s str,
    cursor: &Cursor<'_>,
    tokens: &[Token<'_>],
    table: &Table,
) -> Result<Vec<(usize, &'s str)>, SqlError> {
    let mut assignments: Vec<(usize, &str)> = Vec::new();
    for part in split_commas(tokens) {
        let equals = part.iter().position(|token| token.is_symbol("="));
        let Some((name, [_, value @ ..])) = equals.map(|at| part.split_at(at)) else {
            return Err(cursor.unexpected("'='"));
        };
        let (Some(column), Some(first), Some(last)) = (name.last(), value.first(), value.last()) else {
            return Err(cursor.unexpected("an assignment"));
        };
        if !matches!(column.kind, Kind::Word | Kind::Quoted) {
            return Err(SqlError::unexpected(sql, column.start, column.raw, "IDENTIFIER"));
        }
        let name = column.value();
        let at = table
            .position(&name)
            .ok_or_else(|| SqlError::analysis(format_args!("unknown column in assignment list: {name}")))?;
        if table.columns[at].key {
            return Err(SqlError::analysis("Only value columns of unique table could be updated"));
        }
        if assignments.iter().any(|(other, _)| *other == at) {
            return Err(SqlError::analysis(format_args!(
                "column in assignment list is duplicate, column: {name}"
            )));
        }
        assignments.push((at, &sql[first.start..last.end()]));
    }
    Ok(assignments)
}

fn query(
    table: &Table,
    alias: Option<&str>,
    from: &str,
    assignments: &[(usize, &str)],
    condition: &str,
) -> String {
    let of = alias.unwrap_or(&table.name);
    let items = table.columns.iter().enumerate().map(|(at, column)| {
        match assignments.iter().find(|(assigned, _)| *assigned == at) {
            Some((_, value)) => format!("({value}) AS `{}`", column.name),
            None => format!("`{of}`.`{0}` AS `{0}`", column.name),
        }
    });
    format!("SELECT {} FROM {from} {condition}", items.collect::<Vec<_>>().join(", "))
}
