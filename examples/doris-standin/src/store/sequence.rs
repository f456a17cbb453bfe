//! The sequence column of a unique table: of the rows of a key the one of the highest sequence counts, whenever it comes.
//!
//! What was the highest is kept beside the table, for keys that were deleted too: a row that comes late must not bring one back.

use rusqlite::{CachedStatement, Connection};

use super::cell::Cell;
use super::engine::quoted;
use super::rows::key_positions;
use super::table::{KeyModel, Table};
use super::types::ColumnType;

/// The hidden column's name.
pub(crate) const SEQUENCE_COLUMN: &str = "__DORIS_SEQUENCE_COL__";
const TYPE_PROPERTY: &str = "function_column.sequence_type";
const COLUMN_PROPERTY: &str = "function_column.sequence_col";

/// Where a table's sequence comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sequence {
    /// From this column of the table.
    Column(usize),
    /// From the load, as a value of this type.
    Hidden(ColumnType),
}

/// A sequence that cannot be, in the front end's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SequenceError {
    #[error("sequence column only support UNIQUE_KEYS")]
    NotUnique,
    #[error("The specified sequence column[{0}] not exists")]
    NoColumn(String),
    #[error("Sequence type only support integer types and date types")]
    ColumnType,
    #[error("sequence type only support integer types and date types")]
    HiddenType,
    #[error("The sequence_col and sequence_type cannot be set at the same time")]
    Both,
}

impl Sequence {
    /// The table's sequence, if its properties give it one that can be.
    pub(crate) fn of(table: &Table) -> Option<Self> {
        Self::read(table).ok().flatten()
    }

    /// The sequence that a table's properties ask for.
    ///
    /// # Errors
    /// [`SequenceError`] for what the front end refuses.
    pub(crate) fn read(table: &Table) -> Result<Option<Self>, SequenceError> {
        let property = |name| table.property(name).filter(|value: &&str| !value.is_empty());
        let (column, hidden) = (property(COLUMN_PROPERTY), property(TYPE_PROPERTY));
        if (column.is_some() || hidden.is_some()) && table.model != KeyModel::Unique {
            return Err(SequenceError::NotUnique);
        }
        match (column, hidden) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(SequenceError::Both),
            (Some(name), None) => {
                let at = table.position(name).ok_or_else(|| SequenceError::NoColumn(name.to_owned()))?;
                let fits = orders(&table.columns[at].column_type);
                if fits { Ok(Some(Self::Column(at))) } else { Err(SequenceError::ColumnType) }
            }
            (None, Some(name)) => Ok(Some(Self::Hidden(type_named(name).ok_or(SequenceError::HiddenType)?))),
        }
    }

    /// The type of its values.
    pub(crate) fn column_type<'s>(&'s self, table: &'s Table) -> &'s ColumnType {
        match self {
            Self::Column(at) => &table.columns[*at].column_type,
            Self::Hidden(column_type) => column_type,
        }
    }
}

fn type_named(name: &str) -> Option<ColumnType> {
    Some(match name.to_ascii_uppercase().as_str() {
        "TINYINT" => ColumnType::TinyInt,
        "SMALLINT" => ColumnType::SmallInt,
        "INT" => ColumnType::Int,
        "BIGINT" => ColumnType::BigInt,
        "LARGEINT" => ColumnType::LargeInt,
        "DATE" | "DATEV2" => ColumnType::Date,
        "DATETIME" | "DATETIMEV2" => ColumnType::DateTime { scale: 0 },
        _ => return None,
    })
}

fn orders(column_type: &ColumnType) -> bool {
    use ColumnType::{BigInt, Date, DateTime, Int, LargeInt, SmallInt, TinyInt};
    matches!(column_type, TinyInt | SmallInt | Int | BigInt | LargeInt | Date | DateTime { .. })
}

/// The highest sequence of each key.
pub(super) struct Sequences<'c> {
    connection: &'c Connection,
    table: Table,
    /// Prepared when the first row has a sequence.
    advance: Option<(CachedStatement<'c>, Vec<usize>)>,
}

impl<'c> Sequences<'c> {
    pub(super) fn new(connection: &'c Connection, table: &Table) -> Self {
        Self { connection, table: table.clone(), advance: None }
    }

    /// Takes a row's sequence if no row of its key has a higher one; says whether that is so.
    pub(super) fn advance(&mut self, cells: &[Cell<'_>], sequence: &Cell<'_>) -> rusqlite::Result<bool> {
        let (statement, keys) = match &mut self.advance {
            Some(advance) => advance,
            none => none.insert(prepare(self.connection, &self.table)?),
        };
        for (position, &key) in keys.iter().enumerate() {
            statement.raw_bind_parameter(position + 1, &cells[key])?;
        }
        statement.raw_bind_parameter(keys.len() + 1, sequence)?;
        Ok(statement.raw_execute()? > 0)
    }
}

fn prepare<'c>(
    connection: &'c Connection,
    table: &Table,
) -> rusqlite::Result<(CachedStatement<'c>, Vec<usize>)> {
    let keys = key_positions(table);
    let column = |name: &str, column_type: &ColumnType| {
        let collation = column_type.collation().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
        format!("{name} {}{collation}", column_type.engine_type())
    };
    let name = quoted(&name(&table.name));
    let names: Vec<String> = (0..keys.len()).map(|index| format!("k{index}")).collect();
    let declared: Vec<String> =
        names.iter().zip(&keys).map(|(name, &at)| column(name, &table.columns[at].column_type)).collect();
    let kind = Sequence::of(table).map_or(ColumnType::BigInt, |sequence| sequence.column_type(table).clone());
    // Keys that are NULL are equal.
    let equal: Vec<String> = names.iter().map(|name| format!("coalesce({name}, x'')")).collect();
    let equal = equal.join(", ");
    connection.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {name} ({}, {});
         CREATE UNIQUE INDEX IF NOT EXISTS {} ON {name} ({equal});",
        declared.join(", "),
        column("sequence", &kind),
        quoted(&format!("_standin_sequence_key_{}", table.name)),
    ))?;
    let values = vec!["?"; keys.len() + 1].join(", ");
    let statement = connection.prepare_cached(&format!(
        "INSERT INTO {name} VALUES ({values}) ON CONFLICT ({equal}) DO UPDATE SET sequence = excluded.sequence
         WHERE sequence IS NULL OR excluded.sequence >= sequence"
    ))?;
    Ok((statement, keys))
}

/// Forgets all sequences of a table.
pub(super) fn forget(connection: &Connection, table: &str) -> rusqlite::Result<()> {
    connection.flush_prepared_statement_cache();
    connection.execute_batch(&format!("DROP TABLE IF EXISTS {}", quoted(&name(table))))
}

fn name(table: &str) -> String {
    format!("_standin_sequence_{table}")
}
