//! Writes rows into a table by its key model, or aside until a transaction is decided.

use std::borrow::Cow;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};

use super::engine::quoted;
use super::table::{Aggregation, KeyModel, Table};

/// A value as the embedded engine keeps it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
}

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

impl From<ValueRef<'_>> for Cell<'static> {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                Self::Text(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
    }
}

/// Takes the rows of one load, inside an engine transaction.
pub(crate) struct RowWriter<'c> {
    insert: CachedStatement<'c>,
    target: Target<'c>,
}

enum Target<'c> {
    /// The table itself; a unique table can also delete, by the positions of its keys.
    Table { delete: Option<(CachedStatement<'c>, Vec<usize>)> },
    /// The table where rows wait; the delete sign is one more column.
    Staging,
}

impl<'c> RowWriter<'c> {
    /// Writes into the table.
    pub(super) fn direct(connection: &'c Connection, table: &Table) -> rusqlite::Result<Self> {
        let insert = connection.prepare_cached(&insert_sql(table))?;
        let delete = match table.model {
            KeyModel::Unique => {
                let keys: Vec<usize> =
                    (0..table.columns.len()).filter(|&index| table.columns[index].key).collect();
                let same: Vec<String> = keys
                    .iter()
                    .map(|&index| format!("{} IS ?", quoted(&table.columns[index].name)))
                    .collect();
                let sql = format!("DELETE FROM {} WHERE {}", quoted(&table.name), same.join(" AND "));
                Some((connection.prepare_cached(&sql)?, keys))
            }
            _ => None,
        };
        Ok(Self { insert, target: Target::Table { delete } })
    }

    /// Writes aside, under the transaction's id.
    pub(super) fn staged(connection: &'c Connection, table: &Table, id: i64) -> rusqlite::Result<Self> {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| format!("{} {}", quoted(&column.name), column.column_type.engine_type()))
            .collect();
        let name = quoted(&staging_name(id));
        connection.execute_batch(&format!(
            "CREATE TABLE {name} ({}, \"_standin_delete\" INTEGER NOT NULL)",
            columns.join(", ")
        ))?;
        let values = vec!["?"; table.columns.len() + 1].join(", ");
        let insert = connection.prepare_cached(&format!("INSERT INTO {name} VALUES ({values})"))?;
        Ok(Self { insert, target: Target::Staging })
    }

    /// Writes one row, cells in column order; `delete` removes the row with this key instead.
    pub(crate) fn write(&mut self, cells: &[Cell<'_>], delete: bool) -> rusqlite::Result<()> {
        match &mut self.target {
            Target::Table { delete: Some((statement, keys)) } if delete => {
                for (position, &index) in keys.iter().enumerate() {
                    statement.raw_bind_parameter(position + 1, &cells[index])?;
                }
                return statement.raw_execute().map(drop);
            }
            Target::Table { .. } => {}
            Target::Staging => {
                self.insert.raw_bind_parameter(cells.len() + 1, delete)?;
            }
        }
        for (index, cell) in cells.iter().enumerate() {
            self.insert.raw_bind_parameter(index + 1, cell)?;
        }
        self.insert.raw_execute().map(drop)
    }
}

/// Moves the rows that waited under `id` into their table, in the order they came.
pub(super) fn publish(connection: &Connection, table: &Table, id: i64) -> rusqlite::Result<()> {
    let staging = quoted(&staging_name(id));
    {
        let mut writer = RowWriter::direct(connection, table)?;
        let names: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
        let sql = format!("SELECT {}, \"_standin_delete\" FROM {staging} ORDER BY rowid", names.join(", "));
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let cells: Vec<Cell<'_>> =
                (0..names.len()).map(|index| row.get_ref(index).map(Cell::from)).collect::<Result<_, _>>()?;
            writer.write(&cells, row.get(names.len())?)?;
        }
    }
    discard(connection, id)
}

/// Forgets the rows that waited under `id`.
pub(super) fn discard(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.flush_prepared_statement_cache();
    connection.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&staging_name(id))))
}

/// The index that finds rows with the same key; `None` for duplicate tables. Keys that are NULL are equal in Doris.
pub(super) fn key_index(table: &Table) -> Option<String> {
    if table.model == KeyModel::Duplicate {
        return None;
    }
    Some(format!(
        "CREATE UNIQUE INDEX {} ON {} ({})",
        quoted(&format!("_standin_key_{}", table.name)),
        quoted(&table.name),
        key_expressions(table)
    ))
}

fn key_expressions(table: &Table) -> String {
    let keys: Vec<String> = table
        .keys()
        .map(|column| {
            let name = quoted(&column.name);
            if column.nullable { format!("coalesce({name}, x'')") } else { name }
        })
        .collect();
    keys.join(", ")
}

fn insert_sql(table: &Table) -> String {
    let values = vec!["?"; table.columns.len()].join(", ");
    let name = quoted(&table.name);
    match table.model {
        KeyModel::Duplicate => format!("INSERT INTO {name} VALUES ({values})"),
        KeyModel::Unique => format!("INSERT OR REPLACE INTO {name} VALUES ({values})"),
        KeyModel::Aggregate => {
            let combined: Vec<String> = table.columns.iter().filter_map(combine).collect();
            let action = if combined.is_empty() {
                "NOTHING".to_owned()
            } else {
                format!("UPDATE SET {}", combined.join(", "))
            };
            format!(
                "INSERT INTO {name} VALUES ({values}) ON CONFLICT ({}) DO {action}",
                key_expressions(table)
            )
        }
    }
}

fn combine(column: &super::table::Column) -> Option<String> {
    let name = quoted(&column.name);
    let either = |function: &str| {
        format!("{name} = coalesce({function}({name}, excluded.{name}), {name}, excluded.{name})")
    };
    Some(match column.aggregation? {
        Aggregation::Sum => {
            format!("{name} = coalesce({name} + excluded.{name}, {name}, excluded.{name})")
        }
        Aggregation::Max => either("max"),
        Aggregation::Min => either("min"),
        Aggregation::Replace => format!("{name} = excluded.{name}"),
        Aggregation::ReplaceIfNotNull => format!("{name} = coalesce(excluded.{name}, {name})"),
    })
}

fn staging_name(id: i64) -> String {
    format!("_standin_staged_{id}")
}
