//! The tables of a database come and go, and are emptied.

use rusqlite::params;

use super::Database;
use crate::store::table::{Column, DefaultValue, Table};
use crate::store::{StoreError, quoted, rows, sequence};
use crate::sync::lock;

impl Database {
    /// Creates a table. Blocks.
    pub(crate) fn create_table(&self, table: Table) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        // The engine's names know no case.
        if self.tables().iter().any(|other| other.name.eq_ignore_ascii_case(&table.name)) {
            return Err(StoreError::TableExists(table.name));
        }
        let change = writer.transaction()?;
        create(&change, &table)?;
        let body = serde_json::to_string(&table)?;
        change.execute("INSERT INTO _standin_tables VALUES (?, ?)", params![table.name, body])?;
        change.commit()?;
        self.remember(table);
        Ok(())
    }

    /// Drops a table; `false` when there is none. Blocks.
    pub(crate) fn drop_table(&self, name: &str) -> Result<bool, StoreError> {
        let mut writer = lock(&self.writer);
        if self.table(name).is_none() {
            return Ok(false);
        }
        writer.flush_prepared_statement_cache();
        let change = writer.transaction()?;
        change.execute_batch(&format!("DROP TABLE {}", quoted(name)))?;
        sequence::forget(&change, name)?;
        change.execute("DELETE FROM _standin_tables WHERE name = ?", [name])?;
        change.commit()?;
        lock(&self.tables).remove(name);
        Ok(true)
    }

    /// Empties a table. Blocks.
    pub(crate) fn truncate_table(&self, name: &str) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        writer.flush_prepared_statement_cache();
        let change = writer.transaction()?;
        change.execute_batch(&format!("DELETE FROM {}", quoted(name)))?;
        sequence::forget(&change, name)?;
        Ok(change.commit()?)
    }

    /// Runs a change to a table's rows in one engine transaction; returns the rows changed. Blocks.
    pub(crate) fn change_rows(&self, sql: &str) -> Result<usize, StoreError> {
        let mut writer = lock(&self.writer);
        let change = writer.transaction()?;
        let count = change.execute(sql, [])?;
        change.commit()?;
        Ok(count)
    }
}

/// Creates a table and what finds its keys in the engine.
pub(super) fn create(connection: &rusqlite::Connection, table: &Table) -> rusqlite::Result<()> {
    let columns: Vec<String> = table.columns.iter().map(declared).collect();
    connection.execute_batch(&format!("CREATE TABLE {} ({})", quoted(&table.name), columns.join(", ")))?;
    match rows::key_index(table) {
        Some(index) => connection.execute_batch(&index),
        None => Ok(()),
    }
}

/// A column as the embedded engine declares it: with its default, for rows that come from before the column.
pub(super) fn declared(column: &Column) -> String {
    let collation = column.column_type.collation().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
    let default = match &column.default {
        Some(DefaultValue::Literal(text)) => format!(" DEFAULT '{}'", text.replace('\'', "''")),
        _ => String::new(),
    };
    format!("{} {}{collation}{default}", quoted(&column.name), column.column_type.engine_type())
}
