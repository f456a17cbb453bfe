//! Databases and tables come and go, and are emptied: CREATE DATABASE, DROP, TRUNCATE.

use super::answer::Answer;
use super::cursor::Cursor;
use super::error::SqlError;
use super::session::{BUILT_IN_DATABASES, Session};
use super::{accounts, alter};
use crate::accounts::Privilege;
use crate::store::{Database, State, StoreError};

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
    let created = if BUILT_IN_DATABASES.contains(&name.as_str()) {
        Err(StoreError::DatabaseExists(name.clone()))
    } else {
        session.cluster.store.create(&name)
    };
    match created {
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
    // There is no recycle bin for FORCE to skip.
    let force = cursor.eat_word("FORCE");
    cursor.expect_end()?;
    let dropped = if is_table {
        let database = session.find_database(database.as_deref())?;
        session.require(Privilege::Drop, database.name(), &name)?;
        if !force {
            check_table_unused(&database, &name)?;
        }
        database.drop_table(&name)
    } else {
        session.require(Privilege::Drop, &name, "*")?;
        if let Some(database) = session.cluster.store.database(&name).filter(|_| !force) {
            check_published(&database, None, "database", &name)?;
        }
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
    let table = database.table(&name).ok_or_else(|| SqlError::unknown_table(&name))?;
    alter::check_state(&database, &table, session.cluster.version)?;
    database.truncate_table(&name).map_err(SqlError::analysis)?;
    Ok(Answer::done())
}

fn check_table_unused(database: &Database, name: &str) -> Result<(), SqlError> {
    if database.running_alter(name).is_some() {
        return Err(SqlError::analysis(format_args!(
            "The table [{name}]'s state is SCHEMA_CHANGE, cannot be dropped. please cancel the operation on olap table firstly. If you want to forcibly drop(cannot be recovered), please use \"DROP table FORCE\"."
        )));
    }
    check_published(database, Some(name), "table", name)
}

/// What is decided but not visible yet would be lost.
fn check_published(database: &Database, table: Option<&str>, kind: &str, name: &str) -> Result<(), SqlError> {
    let mut loads = database.transactions().into_iter();
    let waits =
        loads.any(|load| load.state == State::Committed && table.is_none_or(|table| load.table == table));
    if !waits {
        return Ok(());
    }
    Err(SqlError::analysis(format_args!(
        "There are still some transactions in the COMMITTED state waiting to be completed. The {kind} [{name}] cannot be dropped. If you want to forcibly drop(cannot be recovered), please use \"DROP {kind} FORCE\"."
    )))
}
