//! Statements that change databases and tables, short of CREATE TABLE and INSERT.

use super::answer::Answer;
use super::cursor::Cursor;
use super::error::SqlError;
use super::lexer::Token;
use super::session::Session;
use super::{accounts, translate};
use crate::accounts::Privilege;
use crate::store::{StoreError, quoted};

/// Longest database name.
const MAX_NAME: usize = 64;

/// `CREATE DATABASE`; the cursor stands after those words.
pub(super) fn create_database(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    let if_not_exists = cursor.eat_words(&["IF", "NOT", "EXISTS"]);
    let (_, name) = cursor.qualified()?;
    session.require(Privilege::Create, &name, "*")?;
    let legal = name.starts_with(|first: char| first.is_ascii_alphabetic() || !first.is_ascii())
        && name.len() <= MAX_NAME
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        && !["main", "temp"].contains(&name.to_ascii_lowercase().as_str());
    if !legal {
        return Err(SqlError::numbered(1102, "42000", format_args!("Incorrect database name '{name}'")));
    }
    match session.cluster.store.create(&name) {
        Ok(()) => Ok(Answer::done()),
        Err(StoreError::DatabaseExists(_)) if if_not_exists => Ok(Answer::done()),
        Err(StoreError::DatabaseExists(_)) => Err(SqlError::numbered(
            1007,
            "HY000",
            format_args!("Can't create database '{name}'; database exists"),
        )),
        Err(error) => Err(SqlError::analysis(error)),
    }
}

/// `DROP DATABASE`, `DROP TABLE`, `DROP USER`.
pub(super) fn drop(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.expect_word("DROP")?;
    if cursor.eat_word("USER") {
        return accounts::drop(session, cursor);
    }
    let is_table = cursor.eat_word("TABLE");
    if !is_table && !cursor.eat_word("DATABASE") {
        cursor.expect_word("SCHEMA")?;
    }
    let if_exists = cursor.eat_words(&["IF", "EXISTS"]);
    let (database, name) = cursor.qualified()?;
    // FORCE skips the recycle bin, which this stand-in does not have.
    cursor.eat_word("FORCE");
    cursor.expect_end()?;
    let dropped = if is_table {
        let database = session.find_database(database.as_deref())?;
        session.require(Privilege::Drop, database.name(), &name)?;
        database.drop_table(&name)
    } else {
        session.require(Privilege::Drop, &name, "*")?;
        session.cluster.store.drop_database(&name)
    };
    match dropped {
        Ok(true) => Ok(Answer::done()),
        Ok(false) if if_exists => Ok(Answer::done()),
        Ok(false) if is_table => Err(SqlError::unknown_table(&name)),
        Ok(false) => Err(SqlError::numbered(
            1008,
            "HY000",
            format_args!("Can't drop database '{name}'; database doesn't exist"),
        )),
        Err(error) => Err(SqlError::analysis(error)),
    }
}

/// `TRUNCATE TABLE`.
pub(super) fn truncate(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.expect_word("TRUNCATE")?;
    cursor.expect_word("TABLE")?;
    let (database, name) = cursor.qualified()?;
    if cursor.peek_word("PARTITION") {
        return Err(SqlError::beyond("TRUNCATE of single partitions"));
    }
    cursor.eat_word("FORCE");
    cursor.expect_end()?;
    let database = session.find_database(database.as_deref())?;
    session.require(Privilege::Load, database.name(), &name)?;
    if database.table(&name).is_none() {
        return Err(SqlError::unknown_table(&name));
    }
    database.change_rows(&format!("DELETE FROM {}", quoted(&name))).map_err(SqlError::analysis)?;
    Ok(Answer::done())
}

/// `DELETE FROM … WHERE …`.
pub(super) fn delete(session: &Session, sql: &str, tokens: &[Token<'_>]) -> Result<Answer, SqlError> {
    let mut cursor = Cursor::new(sql, tokens);
    cursor.expect_word("DELETE")?;
    cursor.expect_word("FROM")?;
    let (given, name) = cursor.qualified()?;
    let database = session.find_database(given.as_deref())?;
    if database.table(&name).is_none() {
        return Err(SqlError::unknown_table(&name));
    }
    session.require(Privilege::Load, database.name(), &name)?;
    let Some(condition) = cursor.peek().filter(|token| token.is_word("WHERE")) else {
        return Err(SqlError::analysis("delete command should specify a where condition"));
    };
    let at = tokens.iter().position(|token| token.start == condition.start).unwrap_or(tokens.len());
    let translated = translate::condition(session, &tokens[at..])?;
    let count =
        database.change_rows(&format!("DELETE FROM {} {translated}", quoted(&name))).map_err(|error| {
            match error {
                StoreError::Engine(error) => error.into(),
                other => SqlError::analysis(other),
            }
        })?;
    Ok(Answer::Done { affected: count as u64, info: String::new() })
}
