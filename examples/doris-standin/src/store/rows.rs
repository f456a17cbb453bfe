//! Writes rows into a table by its key model, or aside until a transaction is decided.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection};

pub(crate) use super::cell::Cell;
use super::engine::quoted;
use super::row_sql::insert_sql;
pub(super) use super::row_sql::key_index;
use super::sequence::Sequences;
use super::staging::Staging;
pub(super) use super::staging::{discard, publish, rename as rename_staged};
use super::table::{KeyModel, Table};
use super::update::Updates;

/// A row to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row<'a> {
    /// In column order. Where only some columns are updated, the others hold what a new row gets.
    pub(crate) cells: Vec<Cell<'a>>,
    /// The row with this key goes.
    pub(crate) delete: bool,
    /// Its place among the rows of its key; without one it counts as the last.
    pub(crate) sequence: Option<Cell<'a>>,
    /// The columns to update, if not all.
    pub(crate) update: Option<Arc<Update>>,
}

impl<'a> Row<'a> {
    /// A row that is written whole.
    pub(crate) fn whole(cells: Vec<Cell<'a>>) -> Self {
        Self { cells, delete: false, sequence: None, update: None }
    }
}

/// Which columns rows update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    /// Positions of value columns.
    pub(crate) columns: Vec<usize>,
    pub(crate) new_keys: NewKeys,
}

/// What becomes of a row whose key is not there yet, where only some columns are updated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NewKeys {
    Written,
    /// It is a bad row.
    Filtered,
    /// It spoils the load, as this column has nothing for it.
    Refused {
        column: String,
    },
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is written, or lost against one of a higher sequence.
    Done,
    /// Nothing: its key is new where only rows that are there may be updated.
    NewKey,
}

/// Takes the rows of one load, inside an engine transaction.
pub(crate) struct RowWriter<'c> {
    target: Target<'c>,
    updates: Updates<'c>,
}

enum Target<'c> {
    Table(Box<Direct<'c>>),
    Staging(Staging<'c>),
}

impl<'c> RowWriter<'c> {
    /// Writes into the table.
    pub(super) fn direct(connection: &'c Connection, table: &Table) -> rusqlite::Result<Self> {
        let direct = Direct::new(connection, table)?;
        Ok(Self { target: Target::Table(Box::new(direct)), updates: Updates::new(connection, table) })
    }

    /// Writes aside, under the transaction's id.
    pub(super) fn staged(connection: &'c Connection, table: &Table, id: i64) -> rusqlite::Result<Self> {
        let staging = Staging::new(connection, table, id)?;
        Ok(Self { target: Target::Staging(staging), updates: Updates::new(connection, table) })
    }

    /// Writes one row.
    pub(crate) fn write(&mut self, row: &Row<'_>) -> rusqlite::Result<Written> {
        let update = row.update.as_deref().filter(|_| !row.delete);
        let is_new = update.is_some() && !self.updates.has_key(&row.cells)?;
        if is_new && update.is_some_and(|update| update.new_keys != NewKeys::Written) {
            return Ok(Written::NewKey);
        }
        match &mut self.target {
            Target::Staging(staging) => staging.write(row)?,
            Target::Table(direct) => match update.filter(|_| !is_new) {
                _ if !direct.is_last(row)? => {}
                Some(update) => self.updates.write(&row.cells, &update.columns)?,
                None => direct.write(row)?,
            },
        }
        Ok(Written::Done)
    }
}

/// The statements that write whole rows into the table itself.
struct Direct<'c> {
    insert: CachedStatement<'c>,
    /// Unique tables also delete, by the positions of their keys.
    delete: Option<(CachedStatement<'c>, Vec<usize>)>,
    sequences: Sequences<'c>,
}

impl<'c> Direct<'c> {
    fn new(connection: &'c Connection, table: &Table) -> rusqlite::Result<Self> {
        let delete = match table.model {
            KeyModel::Unique => {
                let sql = format!("DELETE FROM {} WHERE {}", quoted(&table.name), same_key(table));
                Some((connection.prepare_cached(&sql)?, key_positions(table)))
            }
            _ => None,
        };
        let insert = connection.prepare_cached(&insert_sql(table))?;
        Ok(Self { insert, delete, sequences: Sequences::new(connection, table) })
    }

    /// Whether no row of this key has a higher sequence.
    fn is_last(&mut self, row: &Row<'_>) -> rusqlite::Result<bool> {
        match &row.sequence {
            Some(sequence) => self.sequences.advance(&row.cells, sequence),
            None => Ok(true),
        }
    }

    fn write(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        if let Some((statement, keys)) = self.delete.as_mut().filter(|_| row.delete) {
            for (position, &index) in keys.iter().enumerate() {
                statement.raw_bind_parameter(position + 1, &row.cells[index])?;
            }
            return statement.raw_execute().map(drop);
        }
        for (index, cell) in row.cells.iter().enumerate() {
            self.insert.raw_bind_parameter(index + 1, cell)?;
        }
        self.insert.raw_execute().map(drop)
    }
}

/// Where the keys are among the columns.
pub(super) fn key_positions(table: &Table) -> Vec<usize> {
    (0..table.columns.len()).filter(|&index| table.columns[index].key).collect()
}

/// A condition on the keys, each a parameter.
pub(super) fn same_key(table: &Table) -> String {
    let same: Vec<String> = table.keys().map(|column| format!("{} IS ?", quoted(&column.name))).collect();
    same.join(" AND ")
}
