//! Columns as declared in CREATE TABLE and ALTER TABLE.

use super::cursor::{Cursor, split_commas};
use super::declared_type::column_type;
use super::error::SqlError;
use super::lexer::Token;
use crate::store::{Aggregation, Column, DefaultValue};

/// The columns in parentheses.
pub(super) fn columns(cursor: &mut Cursor<'_>) -> Result<Vec<Column>, SqlError> {
    let group = cursor.group()?;
    let mut columns: Vec<Column> = Vec::new();
    for part in split_commas_outside_types(group) {
        let mut part = cursor.within(part);
        if part.peek_word("INDEX") {
            continue;
        }
        let column = column(&mut part)?;
        part.expect_end()?;
        if columns.iter().any(|other| other.name.eq_ignore_ascii_case(&column.name)) {
            return Err(SqlError::numbered(
                1060,
                "42S21",
                format_args!("Duplicate column name '{}'", column.name),
            ));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Commas also separate the parts of `MAP<…>` and `STRUCT<…>`.
fn split_commas_outside_types<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut parts: Vec<&[_]> = Vec::new();
    let mut start = 0;
    let mut depth = 0;
    let mut at = 0;
    for part in split_commas(tokens) {
        for token in part {
            depth += i32::from(token.is_symbol("<")) - i32::from(token.is_symbol(">"));
        }
        at += part.len();
        if depth <= 0 {
            parts.push(&tokens[start..at]);
            start = at + 1;
        }
        at += 1;
    }
    parts
}

/// One column; where it is to go in ALTER TABLE is not read.
pub(super) fn column(cursor: &mut Cursor<'_>) -> Result<Column, SqlError> {
    let name = cursor.identifier()?;
    let column_type = column_type(cursor)?;
    let mut column = Column {
        name,
        column_type,
        nullable: true,
        key: false,
        aggregation: None,
        default: None,
        comment: String::new(),
    };
    let ends = |token: &Token<'_>| {
        token.is_symbol(",") || ["FIRST", "AFTER", "TO", "FROM"].iter().any(|word| token.is_word(word))
    };
    while let Some(token) = cursor.peek().filter(|token| !ends(token)) {
        if cursor.eat_words(&["NOT", "NULL"]) {
            column.nullable = false;
        } else if cursor.eat_word("NULL") {
            column.nullable = true;
        } else if cursor.eat_word("KEY") {
            column.key = true;
        } else if cursor.eat_word("DEFAULT") {
            column.default = Some(default_value(cursor)?);
        } else if cursor.eat_word("COMMENT") {
            column.comment = cursor.text()?.into_owned();
        } else if let Some(aggregation) = Aggregation::parse(token.raw) {
            cursor.next();
            column.aggregation = Some(aggregation);
        } else if token.is_word("AUTO_INCREMENT") || token.is_word("ON") || token.is_word("GENERATED") {
            return Err(SqlError::beyond(format_args!("{} columns", token.raw)));
        } else {
            return Err(cursor.unexpected("{',', ')'}"));
        }
    }
    Ok(column)
}

fn default_value(cursor: &mut Cursor<'_>) -> Result<DefaultValue, SqlError> {
    if cursor.eat_word("NULL") {
        return Ok(DefaultValue::Null);
    }
    if cursor.eat_word("CURRENT_TIMESTAMP") {
        if cursor.eat_symbol("(") {
            cursor.number::<u8>()?;
            cursor.expect_symbol(")")?;
        }
        return Ok(DefaultValue::CurrentTimestamp);
    }
    let sign = if cursor.eat_symbol("-") { "-" } else { "" };
    let token = cursor.next().ok_or_else(|| cursor.unexpected("a default value"))?;
    Ok(DefaultValue::Literal(format!("{sign}{}", token.value())))
}
