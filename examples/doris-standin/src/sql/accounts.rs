//! CREATE USER, DROP USER and GRANT.

use super::answer::Answer;
use super::cursor::Cursor;
use super::error::SqlError;
use super::session::Session;
use crate::accounts::{AccountError, Grant, Privilege};

/// `CREATE USER`; the cursor stands after those words.
pub(super) fn create(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    session.require(Privilege::Admin, "*", "*")?;
    let if_not_exists = cursor.eat_words(&["IF", "NOT", "EXISTS"]);
    let user = user(&mut cursor)?;
    let password =
        if cursor.eat_words(&["IDENTIFIED", "BY"]) { cursor.text()?.into_owned() } else { String::new() };
    cursor.expect_end()?;
    match session.cluster.accounts.create(&user, &password) {
        Ok(()) => Ok(Answer::done()),
        Err(AccountError::Exists(_)) if if_not_exists => Ok(Answer::done()),
        Err(AccountError::Exists(_)) => {
            Err(SqlError::analysis(format_args!("User '{user}'@'%' already exist")))
        }
        Err(error) => Err(SqlError::analysis(error)),
    }
}

/// `DROP USER`; the cursor stands after those words.
pub(super) fn drop(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    session.require(Privilege::Admin, "*", "*")?;
    let if_exists = cursor.eat_words(&["IF", "EXISTS"]);
    let user = user(&mut cursor)?;
    cursor.expect_end()?;
    match session.cluster.accounts.remove(&user) {
        Ok(()) => Ok(Answer::done()),
        Err(AccountError::Unknown(_)) if if_exists => Ok(Answer::done()),
        Err(AccountError::Unknown(_)) => {
            Err(SqlError::analysis(format_args!("User `{user}`@`%` does not exist.")))
        }
        Err(error) => Err(SqlError::analysis(error)),
    }
}

/// `GRANT … ON db.table TO user`.
pub(super) fn grant(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    session.require(Privilege::Admin, "*", "*")?;
    cursor.expect_word("GRANT")?;
    let mut privileges = Vec::new();
    loop {
        let word = cursor.identifier()?;
        let found = Privilege::parse(&word)
            .ok_or_else(|| SqlError::analysis(format_args!("Unknown privilege type: {word}")))?;
        privileges.extend(found);
        cursor.eat_word("PRIVILEGES");
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    cursor.expect_word("ON")?;
    let mut scope = vec![name_or_star(&mut cursor)?];
    while cursor.eat_symbol(".") {
        scope.push(name_or_star(&mut cursor)?);
    }
    // `internal.db.table`, `db.table` or `db`.
    let scope = if scope.len() == 3 { &scope[1..] } else { &scope[..] };
    let database = scope[0].clone();
    let table = scope.get(1).cloned().unwrap_or_else(|| "*".to_owned());
    cursor.expect_word("TO")?;
    let user = user(&mut cursor)?;
    cursor.expect_end()?;
    session
        .cluster
        .accounts
        .grant(&user, Grant { privileges, database, table })
        .map_err(|error| SqlError::analysis(format_args!("user {error}")))?;
    Ok(Answer::done())
}

/// A user, with any `@host` dropped.
fn user(cursor: &mut Cursor<'_>) -> Result<String, SqlError> {
    let user = match cursor.text() {
        Ok(text) => text.into_owned(),
        Err(_) => cursor.identifier()?,
    };
    if cursor.peek().is_some_and(|token| token.raw.starts_with('@')) {
        cursor.next();
        if cursor.text().is_err() && cursor.peek().is_some_and(|token| token.is_symbol("%")) {
            cursor.next();
        }
    }
    Ok(user)
}

fn name_or_star(cursor: &mut Cursor<'_>) -> Result<String, SqlError> {
    if cursor.eat_symbol("*") { Ok("*".to_owned()) } else { cursor.identifier() }
}
