//! What the catalog knows of a table.

use serde::{Deserialize, Serialize};

use super::types::ColumnType;
use crate::version::Version;

/// How rows with equal keys are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyModel {
    /// All rows are kept.
    Duplicate,
    /// The last row written stays.
    Unique,
    /// Rows are combined column by column.
    Aggregate,
}

impl KeyModel {
    /// The word before `KEY`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Duplicate => "DUPLICATE",
            Self::Unique => "UNIQUE",
            Self::Aggregate => "AGGREGATE",
        }
    }

    /// The front end's name for it in schema answers.
    pub(crate) fn keys_type(self) -> &'static str {
        match self {
            Self::Duplicate => "DUP_KEYS",
            Self::Unique => "UNIQUE_KEYS",
            Self::Aggregate => "AGG_KEYS",
        }
    }
}

/// How a value column of an aggregate table combines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Aggregation {
    Sum,
    Max,
    Min,
    Replace,
    ReplaceIfNotNull,
}

impl Aggregation {
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let all = [Self::Sum, Self::Max, Self::Min, Self::Replace, Self::ReplaceIfNotNull];
        all.into_iter().find(|aggregation| aggregation.word().eq_ignore_ascii_case(word))
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sum => "SUM",
            Self::Max => "MAX",
            Self::Min => "MIN",
            Self::Replace => "REPLACE",
            Self::ReplaceIfNotNull => "REPLACE_IF_NOT_NULL",
        }
    }
}

/// What a column gets when a row does not mention it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DefaultValue {
    Null,
    Literal(String),
    CurrentTimestamp,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) column_type: ColumnType,
    pub(crate) nullable: bool,
    pub(crate) key: bool,
    pub(crate) aggregation: Option<Aggregation>,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) comment: String,
}

impl Column {
    /// Whether a later value takes the place of an earlier one.
    pub(crate) fn replaces(&self) -> bool {
        matches!(self.aggregation, Some(Aggregation::Replace | Aggregation::ReplaceIfNotNull))
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) model: KeyModel,
    pub(crate) columns: Vec<Column>,
    pub(crate) comment: String,
    /// The `PARTITION BY …` clause as written.
    pub(crate) partition: Option<String>,
    /// The `DISTRIBUTED BY …` clause as written.
    pub(crate) distribution: String,
    pub(crate) properties: Vec<(String, String)>,
}

impl Table {
    /// The key columns, which lead.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.key)
    }

    /// A property's value, if the table sets it.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether value columns come and go at once; from 2.0 on unless the table says otherwise.
    pub(crate) fn has_light_schema_change(&self, version: Version) -> bool {
        match self.property("light_schema_change") {
            Some(value) => value.eq_ignore_ascii_case("true"),
            None => version >= Version::V2_0,
        }
    }

    /// Whether a unique table finds rows with the same key when they are written; from 2.0 on unless the table says otherwise.
    pub(crate) fn merges_on_write(&self, version: Version) -> bool {
        match self.property("enable_unique_key_merge_on_write") {
            Some(value) => value.eq_ignore_ascii_case("true"),
            None => version >= Version::V2_0,
        }
    }

    /// The position of a column, found as SQL does: in any case.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }
}
