//! Rows that wait aside until their transaction is decided.

use rusqlite::{CachedStatement, Connection};

use super::cell::Cell;
use super::engine::quoted;
use super::rows::{NewKeys, Row, RowWriter, Update};
use super::table::Table;

/// What stands in a row beside its columns.
const DELETE: &str = "\"_standin_delete\"";
/// Whether there is a sequence, and which.
const SEQUENCE: &str = "\"_standin_has_sequence\", \"_standin_sequence\"";
/// The names of the columns to update, as JSON; NULL for all.
const UPDATE: &str = "\"_standin_update\"";

/// Takes rows under a transaction's id.
pub(super) struct Staging<'c> {
    insert: CachedStatement<'c>,
    names: Vec<String>,
}

impl<'c> Staging<'c> {
    pub(super) fn new(connection: &'c Connection, table: &Table, id: i64) -> rusqlite::Result<Self> {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("{} {}", quoted(&column.name), column.column_type.engine_type()))
            .collect();
        let name = quoted(&name(id));
        connection.execute_batch(&format!(
            "CREATE TABLE IF NOT EXISTS {name} ({}, {DELETE} INTEGER NOT NULL, {SEQUENCE}, {UPDATE} TEXT)",
            columns.join(", ")
        ))?;
        let values = vec!["?"; table.columns.len() + 4].join(", ");
        let insert = connection.prepare_cached(&format!("INSERT INTO {name} VALUES ({values})"))?;
        Ok(Self { insert, names: table.columns.iter().map(|column| column.name.clone()).collect() })
    }

    pub(super) fn write(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        for (index, cell) in row.cells.iter().enumerate() {
            self.insert.raw_bind_parameter(index + 1, cell)?;
        }
        let updated = row.update.as_ref().map(|update| {
            let names: Vec<&str> = update.columns.iter().map(|&at| self.names[at].as_str()).collect();
            serde_json::json!(names).to_string()
        });
        let count = row.cells.len();
        self.insert.raw_bind_parameter(count + 1, row.delete)?;
        self.insert.raw_bind_parameter(count + 2, row.sequence.is_some())?;
        self.insert.raw_bind_parameter(count + 3, row.sequence.as_ref().unwrap_or(&Cell::Null))?;
        self.insert.raw_bind_parameter(count + 4, updated)?;
        self.insert.raw_execute().map(drop)
    }
}

/// Moves the rows that waited under `id` into their table, in the order they came.
pub(super) fn publish(connection: &Connection, table: &Table, id: i64) -> rusqlite::Result<()> {
    {
        // Columns that were added while the rows waited get what rows get that were there.
        let waiting: Vec<String> = connection
            .prepare("SELECT name FROM pragma_table_info(?)")?
            .query_map([name(id)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut table = table.clone();
        table.columns.retain(|column| waiting.contains(&column.name));
        let mut writer = RowWriter::direct(connection, &table)?;
        let names: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
        let sql = format!(
            "SELECT {}, {DELETE}, {SEQUENCE}, {UPDATE} FROM {} ORDER BY rowid",
            names.join(", "),
            quoted(&name(id))
        );
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            writer.write(&read(row, &table)?)?;
        }
    }
    discard(connection, id)
}

fn read(row: &rusqlite::Row<'_>, table: &Table) -> rusqlite::Result<Row<'static>> {
    let count = table.columns.len();
    let cell = |index| row.get_ref(index).map(Cell::from);
    let cells = (0..count).map(cell).collect::<Result<_, _>>()?;
    let has_sequence: bool = row.get(count + 1)?;
    let sequence = has_sequence.then(|| cell(count + 2)).transpose()?;
    let update: Option<String> = row.get(count + 3)?;
    let update = update.map(|names| {
        let names: Vec<String> = serde_json::from_str(&names).unwrap_or_default();
        let columns = names.iter().filter_map(|name| table.position(name)).collect();
        // Whether keys may be new was asked when the rows came.
        Update { columns, new_keys: NewKeys::Written }.into()
    });
    Ok(Row { cells, delete: row.get(count)?, sequence, update })
}

/// Gives a column of the rows that wait under `id` another name.
pub(super) fn rename(connection: &Connection, id: i64, from: &str, to: &str) -> rusqlite::Result<()> {
    let table = quoted(&name(id));
    connection.execute_batch(&format!("ALTER TABLE {table} RENAME COLUMN {} TO {}", quoted(from), quoted(to)))
}

/// Forgets the rows that waited under `id`.
pub(super) fn discard(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.flush_prepared_statement_cache();
    connection.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&name(id))))
}

fn name(id: i64) -> String {
    format!("_standin_staged_{id}")
}
