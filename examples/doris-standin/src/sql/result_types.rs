//! Types of result columns that the embedded engine does not tell: aggregates over typed columns.

use std::sync::Arc;

use super::answer::ResultType;
use super::cursor::split_commas;
use super::lexer::{Kind, Token};
use crate::store::{ColumnType, Table};

/// For each item of the outermost select list, its type where it follows from the columns it aggregates.
pub(super) fn hints(tokens: &[Token<'_>], tables: &[Arc<Table>]) -> Vec<Option<ResultType>> {
    if !tokens.first().is_some_and(|token| token.is_word("SELECT")) {
        return Vec::new();
    }
    let mut depth = 0;
    let end = tokens.iter().position(|token| {
        depth += i32::from(token.is_symbol("(")) - i32::from(token.is_symbol(")"));
        depth == 0 && token.is_word("FROM")
    });
    let items = split_commas(&tokens[1..end.unwrap_or(tokens.len())]);
    // A star stands for any number of columns: positions after it mean nothing.
    let items = items.into_iter().take_while(|item| !item.last().is_some_and(|token| token.is_symbol("*")));
    items.map(|item| hint(item, tables)).collect()
}

fn hint(item: &[Token<'_>], tables: &[Arc<Table>]) -> Option<ResultType> {
    if let [number, ..] = item
        && let Ok(value) = number.raw.parse::<i64>()
        && item[1..].iter().all(|token| token.kind != Kind::Symbol && token.kind != Kind::Number)
    {
        return Some(of_literal(value));
    }
    let [function, open, inner @ ..] = item else { return None };
    if !open.is_symbol("(") {
        return None;
    }
    let close = inner.iter().position(|token| token.is_symbol(")"))?;
    // Only `f(column)`, perhaps qualified; what follows the parenthesis may only be a name.
    let column = inner[..close].last().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted))?;
    if inner[close + 1..].iter().any(|token| token.kind == Kind::Symbol) {
        return None;
    }
    let name = column.value();
    let found =
        tables.iter().find_map(|table| table.position(&name).map(|at| &table.columns[at].column_type))?;
    match function.raw.to_ascii_lowercase().as_str() {
        "min" | "max" => ResultType::of_engine(&found.engine_type()),
        "sum" => match found {
            ColumnType::Decimal { scale, .. } => Some(ResultType::Decimal { scale: *scale }),
            _ => None,
        },
        "avg" => match found {
            ColumnType::Decimal { scale, .. } => Some(ResultType::Decimal { scale: (*scale).max(4) }),
            _ => None,
        },
        _ => None,
    }
}

/// A whole number has the smallest type that holds it.
fn of_literal(value: i64) -> ResultType {
    if i8::try_from(value).is_ok() {
        ResultType::TinyInt
    } else if i16::try_from(value).is_ok() {
        ResultType::SmallInt
    } else if i32::try_from(value).is_ok() {
        ResultType::Int
    } else {
        ResultType::BigInt
    }
}
