//! Updates of some columns of the rows of a unique table.

use rusqlite::Connection;

use super::cell::Cell;
use super::engine::quoted;
use super::rows::{key_positions, same_key};
use super::table::Table;

/// Finds and updates rows by their keys.
pub(super) struct Updates<'c> {
    connection: &'c Connection,
    table: Table,
    keys: Vec<usize>,
}

impl<'c> Updates<'c> {
    pub(super) fn new(connection: &'c Connection, table: &Table) -> Self {
        Self { connection, table: table.clone(), keys: key_positions(table) }
    }

    /// Whether a row with these keys is in the table.
    pub(super) fn has_key(&self, cells: &[Cell<'_>]) -> rusqlite::Result<bool> {
        let sql = format!("SELECT 1 FROM {} WHERE {}", quoted(&self.table.name), same_key(&self.table));
        let keys = self.keys.iter().map(|&key| &cells[key]);
        self.connection.prepare_cached(&sql)?.exists(rusqlite::params_from_iter(keys))
    }

    /// Gives columns of the row with these keys other values.
    pub(super) fn write(&self, cells: &[Cell<'_>], columns: &[usize]) -> rusqlite::Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let name = |&at: &usize| format!("{} = ?", quoted(&self.table.columns[at].name));
        let changes: Vec<String> = columns.iter().map(name).collect();
        let sql = format!(
            "UPDATE {} SET {} WHERE {}",
            quoted(&self.table.name),
            changes.join(", "),
            same_key(&self.table)
        );
        let values = columns.iter().chain(&self.keys).map(|&at| &cells[at]);
        self.connection.prepare_cached(&sql)?.execute(rusqlite::params_from_iter(values)).map(drop)
    }
}
