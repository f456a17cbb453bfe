//! What a statement answers.

use std::borrow::Cow;

use crate::store::Cell;

/// The type of a result column, as it goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResultType {
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    Decimal { scale: u8 },
    Date,
    DateTime { scale: u8 },
    Text,
}

impl ResultType {
    /// The type of a column declared in the embedded engine.
    pub(crate) fn of_engine(declared: &str) -> Option<Self> {
        let word = declared.split_once(' ').map_or(declared, |(_, word)| word);
        let (name, arguments) = word.split_once('(').unwrap_or((word, ""));
        let last = arguments.trim_end_matches(')').rsplit(',').next().unwrap_or_default();
        let scale = last.trim().parse().unwrap_or(0);
        Some(match name {
            "BOOLEAN" | "TINYINT" => Self::TinyInt,
            "SMALLINT" => Self::SmallInt,
            "INT" => Self::Int,
            "BIGINT" => Self::BigInt,
            "FLOAT" => Self::Float,
            "DOUBLE" => Self::Double,
            "DECIMAL" => Self::Decimal { scale },
            "DATE" => Self::Date,
            "DATETIME" => Self::DateTime { scale },
            "LARGE" | "CHAR" | "VARCHAR" | "STRING" | "JSON" => Self::Text,
            _ => return None,
        })
    }
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResultColumn {
    pub(crate) name: String,
    pub(crate) result_type: ResultType,
}

/// Rows with their columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ResultSet {
    pub(crate) columns: Vec<ResultColumn>,
    pub(crate) rows: Vec<Vec<Cell<'static>>>,
}

impl ResultSet {
    /// A result whose columns are all text; a missing value is NULL.
    pub(crate) fn of_text<const N: usize>(
        columns: [&str; N],
        rows: impl IntoIterator<Item = [Option<String>; N]>,
    ) -> Self {
        let columns = columns
            .iter()
            .map(|name| ResultColumn { name: (*name).to_owned(), result_type: ResultType::Text })
            .collect();
        let rows = rows
            .into_iter()
            .map(|row| {
                row.into_iter()
                    .map(|value| value.map_or(Cell::Null, |text| Cell::Text(Cow::Owned(text))))
                    .collect()
            })
            .collect();
        Self { columns, rows }
    }
}

/// What a statement answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Done {
        affected: u64,
        /// Shown by some clients after the count.
        info: String,
    },
    Rows(ResultSet),
}

impl Answer {
    /// Done, nothing to count.
    pub(crate) fn done() -> Self {
        Self::Done { affected: 0, info: String::new() }
    }
}

impl From<ResultSet> for Answer {
    fn from(rows: ResultSet) -> Self {
        Self::Rows(rows)
    }
}
