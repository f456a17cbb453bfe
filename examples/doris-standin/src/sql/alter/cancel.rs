//! CANCEL ALTER TABLE COLUMN FROM db.table.

use crate::accounts::Privilege;
use crate::sql::answer::Answer;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::Session;

/// Runs the statement; the cursor stands at `CANCEL`.
pub(crate) fn cancel(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.expect_word("CANCEL")?;
    if !cursor.eat_words(&["ALTER", "TABLE", "COLUMN"]) {
        return Err(SqlError::beyond("this kind of CANCEL"));
    }
    cursor.expect_word("FROM")?;
    let (database, name) = cursor.qualified()?;
    cursor.expect_end()?;
    let database = session.find_database(database.as_deref())?;
    session.require(Privilege::Alter, database.name(), &name)?;
    if database.table(&name).is_none() {
        return Err(SqlError::unknown_table(&name));
    }
    if database.cancel_alter(&name, "user cancelled").map_err(SqlError::analysis)? {
        return Ok(Answer::done());
    }
    Err(SqlError::analysis(format_args!("Table[{name}] is not under SCHEMA_CHANGE.")))
}
