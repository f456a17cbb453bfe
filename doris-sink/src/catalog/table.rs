//! A table as loads see it.

use super::DorisType;
use crate::route::TableName;

/// A table of the connector's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: TableName,
    pub(crate) model: KeyModel,
    /// In the order in which they were declared, without those that Doris hides.
    pub(crate) columns: Vec<Column>,
    /// What decides which row of a key stays, if not the order of arrival.
    pub(crate) sequence: Option<Sequence>,
    /// Whether a value column is added at once instead of by a job.
    pub(crate) light_schema_change: bool,
}

/// What becomes of rows with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyModel {
    /// All stay.
    Duplicate,
    /// The last one stays.
    Unique {
        /// Rows are replaced when they are written and not when they are read, which partial updates need.
        merge_on_write: bool,
    },
    /// They are combined.
    Aggregate,
}

/// What a table's sequence is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sequence {
    /// A column of the table.
    Column(String),
    /// Something that each load names in `function_column.sequence_col`.
    Given(DorisType),
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) column_type: DorisType,
    pub(crate) nullable: bool,
    pub(crate) key: bool,
    pub(crate) source: Source,
    /// How values of one key are combined, such as `SUM`; nothing where the model says it for all columns.
    pub(crate) aggregate: Option<String>,
}

/// Where a column's value comes from when a row has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// It is NULL, or the row is refused where that cannot be.
    Nothing,
    /// A literal or the name of a function, as it was declared.
    Default(String),
    /// Doris counts.
    AutoIncrement,
    /// Doris computes it, and takes no value for it.
    Generated,
}

impl Table {
    /// The column of exactly this name, which is how keys of JSON find theirs.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of this name in any case, of which there is one at most.
    pub(crate) fn column_in_any_case(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// Whether a row with `__DORIS_DELETE_SIGN__` takes one away.
    pub(crate) fn takes_deletes(&self) -> bool {
        matches!(self.model, KeyModel::Unique { .. })
    }

    /// Whether a load may give some of the columns only (`partial_columns`).
    pub(crate) fn takes_partial_updates(&self) -> bool {
        self.model == KeyModel::Unique { merge_on_write: true }
    }
}

impl std::fmt::Display for KeyModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Duplicate => "duplicate key",
            Self::Unique { merge_on_write: true } => "unique key, merge-on-write",
            Self::Unique { merge_on_write: false } => "unique key, merge-on-read",
            Self::Aggregate => "aggregate key",
        })
    }
}
