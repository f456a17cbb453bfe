//! Users and what they may do: CREATE, ALTER and DROP USER, SET PASSWORD, GRANT and REVOKE.

use super::answer::Answer;
use super::cursor::Cursor;
use super::error::SqlError;
use super::session::Session;
use crate::accounts::{AccountError, Grant, NewPassword, Privilege};

/// `CREATE USER`; the cursor stands after those words.
pub(super) fn create(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    session.require_administrator("GRANT")?;
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
    session.require_administrator("GRANT")?;
    let if_exists = cursor.eat_words(&["IF", "EXISTS"]);
    let user = user(&mut cursor)?;
    cursor.expect_end()?;
    if session.cluster.accounts.is_administrator(&user) {
        return Err(SqlError::analysis(format_args!("Can not drop {user} user")));
    }
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
    session.require_administrator("GRANT")?;
    cursor.expect_word("GRANT")?;
    let (grant, user) = scoped(&mut cursor, "TO")?;
    session.cluster.accounts.grant(&user, grant).map_err(SqlError::analysis)?;
    Ok(Answer::done())
}

/// `REVOKE … ON db.table FROM user`.
pub(super) fn revoke(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    session.require_administrator("GRANT")?;
    cursor.expect_word("REVOKE")?;
    let (grant, user) = scoped(&mut cursor, "FROM")?;
    session.cluster.accounts.revoke(&user, &grant).map_err(SqlError::analysis)?;
    Ok(Answer::done())
}

/// `SET PASSWORD [FOR user] = PASSWORD('…')`, or a hash; the cursor stands after `SET PASSWORD`.
pub(super) fn set_password(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    let named = if cursor.eat_word("FOR") { user(&mut cursor)? } else { session.user.clone() };
    cursor.expect_symbol("=")?;
    let password = if cursor.eat_word("PASSWORD") {
        cursor.expect_symbol("(")?;
        let text = cursor.text()?.into_owned();
        cursor.expect_symbol(")")?;
        NewPassword::Plain(text)
    } else {
        NewPassword::Hash(cursor.text()?.into_owned())
    };
    cursor.expect_end()?;
    change_password(session, &named, &password)
}

/// `ALTER USER user IDENTIFIED BY '…'`; the cursor stands after `ALTER USER`.
pub(super) fn alter(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.eat_words(&["IF", "EXISTS"]);
    let named = user(&mut cursor)?;
    if !cursor.eat_words(&["IDENTIFIED", "BY"]) {
        return Err(SqlError::beyond("ALTER USER but for IDENTIFIED BY"));
    }
    let password = NewPassword::Plain(cursor.text()?.into_owned());
    cursor.expect_end()?;
    change_password(session, &named, &password)
}

fn change_password(session: &Session, user: &str, password: &NewPassword) -> Result<Answer, SqlError> {
    if user != session.user {
        session.require_administrator("GRANT")?;
    }
    session.cluster.accounts.set_password(user, password).map_err(SqlError::analysis)?;
    Ok(Answer::done())
}

/// `privilege, … ON scope TO|FROM user`.
fn scoped(cursor: &mut Cursor<'_>, towards: &str) -> Result<(Grant, String), SqlError> {
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
    let mut scope = vec![name_or_star(cursor)?];
    while cursor.eat_symbol(".") {
        scope.push(name_or_star(cursor)?);
    }
    // `internal.db.table`, `db.table` or `db`.
    let scope = if scope.len() == 3 { &scope[1..] } else { &scope[..] };
    let database = scope[0].clone();
    let table = scope.get(1).cloned().unwrap_or_else(|| "*".to_owned());
    cursor.expect_word(towards)?;
    let user = user(cursor)?;
    cursor.expect_end()?;
    Ok((Grant { privileges, database, table }, user))
}

/// A user, with any `@host` dropped.
pub(super) fn user(cursor: &mut Cursor<'_>) -> Result<String, SqlError> {
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
