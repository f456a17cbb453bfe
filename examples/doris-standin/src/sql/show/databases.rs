//! SHOW DATABASES and SHOW TABLES.

use super::filter::{filter, from};
use crate::accounts::Privilege;
use crate::sql::answer::ResultSet;
use crate::sql::cursor::Cursor;
use crate::sql::error::SqlError;
use crate::sql::session::{BUILT_IN_DATABASES, Session};

const STATUS_HEADS: [&str; 18] = [
    "Name",
    "Engine",
    "Version",
    "Row_format",
    "Rows",
    "Avg_row_length",
    "Data_length",
    "Max_data_length",
    "Index_length",
    "Data_free",
    "Auto_increment",
    "Create_time",
    "Update_time",
    "Check_time",
    "Collation",
    "Checksum",
    "Create_options",
    "Comment",
];

/// `SHOW DATABASES`; the cursor stands after those words.
pub(super) fn databases(session: &Session, cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    let wanted = filter(cursor)?;
    let mut names = vec!["information_schema".to_owned(), "mysql".to_owned()];
    if session.cluster.accounts.may(&session.user, Privilege::Admin, "*", "*") {
        names.push("__internal_schema".to_owned());
    }
    let own = session.cluster.store.names();
    names.extend(own.into_iter().filter(|name| {
        let privileges = [Privilege::Select, Privilege::Load];
        privileges.iter().any(|&privilege| session.cluster.accounts.may(&session.user, privilege, name, "*"))
    }));
    names.sort();
    let rows = names.into_iter().filter(|name| wanted(name)).map(|name| [Some(name)]);
    Ok(ResultSet::of_text(["Database"], rows.collect::<Vec<_>>()))
}

/// `SHOW [FULL] TABLES`; the cursor stands after those words.
pub(super) fn tables(session: &Session, mut cursor: Cursor<'_>, full: bool) -> Result<ResultSet, SqlError> {
    let given = from(&mut cursor)?;
    let wanted = filter(cursor)?;
    let name = given.as_ref().or(session.database.as_ref()).ok_or_else(SqlError::no_database)?;
    let tables = match session.cluster.store.database(name) {
        Some(database) => database.tables(),
        None if BUILT_IN_DATABASES.contains(&name.as_str()) => Vec::new(),
        None => return Err(SqlError::unknown_database(name)),
    };
    let names = tables.iter().map(|table| table.name.clone()).filter(|name| wanted(name));
    let names = names.filter(|table| {
        [Privilege::Select, Privilege::Load]
            .iter()
            .any(|&privilege| session.cluster.accounts.may(&session.user, privilege, name, table))
    });
    let heading = format!("Tables_in_{name}");
    if full {
        let heads = [heading.as_str(), "Table_type", "Storage_format", "Inverted_index_storage_format"];
        let rows = names.map(|name| {
            [Some(name), Some("BASE TABLE".to_owned()), Some("V2".to_owned()), Some("V2".to_owned())]
        });
        return Ok(ResultSet::of_text(heads, rows.collect::<Vec<_>>()));
    }
    Ok(ResultSet::of_text([heading.as_str()], names.map(|name| [Some(name)]).collect::<Vec<_>>()))
}

/// `SHOW TABLE STATUS`; the cursor stands after `SHOW TABLE`.
pub(super) fn table_status(session: &Session, mut cursor: Cursor<'_>) -> Result<ResultSet, SqlError> {
    cursor.expect_word("STATUS")?;
    let given = from(&mut cursor)?;
    let wanted = filter(cursor)?;
    let database = session.find_database(given.as_deref())?;
    let may =
        |table: &str| session.cluster.accounts.may(&session.user, Privilege::Select, database.name(), table);
    let tables = database.tables().into_iter().filter(|table| wanted(&table.name) && may(&table.name));
    let rows = tables.map(|table| {
        let mut row: [Option<String>; 18] = std::array::from_fn(|_| None);
        row[0] = Some(table.name.clone());
        row[1] = Some("Doris".to_owned());
        row[14] = Some("utf8mb4_0900_bin".to_owned());
        row[17] = Some(table.comment.clone());
        row
    });
    Ok(ResultSet::of_text(STATUS_HEADS, rows.collect::<Vec<_>>()))
}
