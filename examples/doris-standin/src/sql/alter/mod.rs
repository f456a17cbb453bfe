//! ALTER TABLE: what changes at once, and what becomes a job.
//!
//! With light schema change, value columns come and go at once; every other change of columns is a job that takes time, one
//! per table, told of by SHOW ALTER TABLE COLUMN and ended by CANCEL ALTER TABLE.

mod cancel;
mod clause;
mod compatible;
mod convert;
mod draft;
mod job;
mod rules;

use std::sync::Arc;

pub(super) use cancel::cancel;
use draft::Draft;
pub(crate) use job::resume;

use super::answer::Answer;
use super::cursor::Cursor;
use super::error::SqlError;
use super::session::Session;
use crate::accounts::Privilege;
use crate::store::{Database, Table};
use crate::version::Version;

/// Runs the statement; the cursor stands at `ALTER`.
pub(super) fn run(session: &Session, mut cursor: Cursor<'_>) -> Result<Answer, SqlError> {
    cursor.expect_word("ALTER")?;
    if !cursor.eat_word("TABLE") {
        return Err(SqlError::beyond("this kind of ALTER"));
    }
    let (database, name) = cursor.qualified()?;
    let database = session.find_database(database.as_deref())?;
    session.require(Privilege::Alter, database.name(), &name)?;
    let clauses = clause::clauses(&mut cursor)?;
    clause::check_combination(&clauses)?;
    let table = database.table(&name).ok_or_else(|| SqlError::unknown_table(&name))?;
    check_state(&database, &table, session.cluster.version)?;
    let mut draft = Draft::new(&table, session.cluster.version);
    clauses.into_iter().try_for_each(|clause| draft.apply(clause))?;
    make(session, &database, &table, draft)?;
    Ok(Answer::done())
}

/// Refuses what a table that is being changed does not take.
pub(super) fn check_state(database: &Database, table: &Table, version: Version) -> Result<(), SqlError> {
    if database.running_alter(&table.name).is_none() {
        return Ok(());
    }
    let state = if version >= Version::V2_1 { "(SCHEMA_CHANGE)" } else { "" };
    Err(SqlError::analysis(format_args!(
        "Table[{}]'s state{state} is not NORMAL. Do not allow doing ALTER ops",
        table.name
    )))
}

fn make(session: &Session, database: &Arc<Database>, table: &Table, draft: Draft) -> Result<(), SqlError> {
    let (changes_columns, light, change) = (draft.changes_columns, draft.light, draft.into_change());
    if changes_columns {
        rules::check(table, &change)?;
    }
    // For a job too: what cannot be converted at all is told now.
    let convert = convert::converter(table, &change)?;
    if light {
        return database.change_columns(change, &convert).map_err(SqlError::analysis);
    }
    let begun = database.begin_alter(change).map_err(SqlError::analysis)?;
    job::start(&session.cluster, Arc::clone(database), begun);
    Ok(())
}
