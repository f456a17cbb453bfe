//! What ALTER TABLE can say, as it is written.

use crate::sql::columns::{column, columns};
use crate::sql::cursor::{Cursor, split_commas};
use crate::sql::error::SqlError;
use crate::sql::properties::properties;
use crate::store::Column;

/// Where a column goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    After(String),
}

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    Add { columns: Vec<Column>, place: Option<Place> },
    Drop(String),
    Modify { column: Column, place: Option<Place> },
    Order(Vec<String>),
    Rename { from: String, to: String },
    ColumnComment { column: String, comment: String },
    TableComment(String),
    Properties(Vec<(String, String)>),
}

impl Clause {
    /// The front end's name for this kind of change.
    fn kind(&self) -> &'static str {
        match self {
            Self::Add { .. } | Self::Drop(_) | Self::Modify { .. } | Self::Order(_) => "SCHEMA_CHANGE",
            Self::Rename { .. } => "RENAME_COLUMN",
            Self::ColumnComment { .. } => "MODIFY_COLUMN_COMMENT",
            Self::TableComment(_) => "MODIFY_TABLE_COMMENT",
            Self::Properties(_) => "MODIFY_TABLE_PROPERTY_SYNC",
        }
    }
}

/// The clauses of a statement, at least one.
pub(super) fn clauses(cursor: &mut Cursor<'_>) -> Result<Vec<Clause>, SqlError> {
    let mut found = Vec::new();
    loop {
        found.push(clause(cursor)?);
        if !cursor.eat_symbol(",") {
            cursor.expect_end()?;
            return Ok(found);
        }
    }
}

/// Changes of columns go together, and so do comments on columns; any other clause stands alone.
pub(super) fn check_combination(clauses: &[Clause]) -> Result<(), SqlError> {
    for (index, clause) in clauses.iter().enumerate().skip(1) {
        let combines = matches!(clause.kind(), "SCHEMA_CHANGE" | "MODIFY_COLUMN_COMMENT");
        if let Some(before) =
            clauses[..index].iter().find(|before| !combines || before.kind() != clause.kind())
        {
            return Err(SqlError::analysis(format_args!(
                "Alter operation {} conflicts with operation {}",
                clause.kind(),
                before.kind()
            )));
        }
    }
    Ok(())
}

fn clause(cursor: &mut Cursor<'_>) -> Result<Clause, SqlError> {
    if cursor.eat_words(&["ADD", "COLUMN"]) {
        return add(cursor);
    }
    if cursor.eat_words(&["DROP", "COLUMN"]) {
        let name = cursor.identifier()?;
        no_rollup(cursor, "FROM")?;
        return Ok(Clause::Drop(name));
    }
    if cursor.eat_words(&["MODIFY", "COLUMN"]) {
        return modify(cursor);
    }
    if cursor.eat_words(&["MODIFY", "COMMENT"]) {
        return Ok(Clause::TableComment(cursor.text()?.into_owned()));
    }
    if cursor.eat_words(&["ORDER", "BY"]) {
        let group = cursor.group()?;
        let names = split_commas(group).into_iter().map(|part| cursor.within(part).identifier());
        let names = names.collect::<Result<_, _>>()?;
        no_rollup(cursor, "FROM")?;
        return Ok(Clause::Order(names));
    }
    if cursor.eat_words(&["RENAME", "COLUMN"]) {
        let from = cursor.identifier()?;
        cursor.eat_word("TO");
        return Ok(Clause::Rename { from, to: cursor.identifier()? });
    }
    if cursor.eat_word("SET") {
        return Ok(Clause::Properties(properties(cursor)?));
    }
    match cursor.peek() {
        Some(token) => {
            Err(SqlError::beyond(format_args!("ALTER TABLE … {}", token.raw.to_ascii_uppercase())))
        }
        None => Err(cursor.unexpected("{'ADD', 'DROP', 'MODIFY', 'ORDER', 'RENAME', 'SET'}")),
    }
}

fn add(cursor: &mut Cursor<'_>) -> Result<Clause, SqlError> {
    let clause = match cursor.peek() {
        Some(token) if token.is_symbol("(") => Clause::Add { columns: columns(cursor)?, place: None },
        _ => Clause::Add { columns: vec![column(cursor)?], place: place(cursor)? },
    };
    no_rollup(cursor, "TO")?;
    Ok(clause)
}

fn modify(cursor: &mut Cursor<'_>) -> Result<Clause, SqlError> {
    let mut ahead = cursor.clone();
    let name = ahead.identifier()?;
    if ahead.eat_word("COMMENT") {
        *cursor = ahead;
        return Ok(Clause::ColumnComment { column: name, comment: cursor.text()?.into_owned() });
    }
    let clause = Clause::Modify { column: column(cursor)?, place: place(cursor)? };
    no_rollup(cursor, "FROM")?;
    Ok(clause)
}

fn place(cursor: &mut Cursor<'_>) -> Result<Option<Place>, SqlError> {
    if cursor.eat_word("FIRST") {
        return Ok(Some(Place::First));
    }
    Ok(if cursor.eat_word("AFTER") { Some(Place::After(cursor.identifier()?)) } else { None })
}

fn no_rollup(cursor: &Cursor<'_>, word: &str) -> Result<(), SqlError> {
    if cursor.peek_word(word) { Err(SqlError::beyond("rollups")) } else { Ok(()) }
}
