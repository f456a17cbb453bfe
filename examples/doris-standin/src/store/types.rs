//! Column types: how they are declared, shown, and laid out in the embedded engine.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Doris column type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ColumnType {
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    LargeInt,
    Float,
    Double,
    Decimal {
        precision: u8,
        scale: u8,
    },
    Date,
    /// Digits after the seconds' point, 0 to 6.
    DateTime {
        scale: u8,
    },
    /// Length in bytes.
    Char(u32),
    /// Length in bytes.
    Varchar(u32),
    Text,
    Json,
    Variant,
    Ipv4,
    Ipv6,
    Array(Box<ColumnType>),
    Map(Box<ColumnType>, Box<ColumnType>),
    Struct(Vec<(String, ColumnType)>),
}

impl ColumnType {
    /// The scalar type that a cast names, with the numbers in its parentheses; `None` when there is no such type.
    pub(crate) fn named(name: &str, arguments: &[u32]) -> Option<Self> {
        let argument = |at: usize| arguments.get(at).copied();
        let small = |at: usize| argument(at).map(u8::try_from).transpose().ok();
        Some(match name {
            "BOOLEAN" | "BOOL" => Self::Boolean,
            "TINYINT" => Self::TinyInt,
            "SMALLINT" => Self::SmallInt,
            "INT" | "INTEGER" | "SIGNED" => Self::Int,
            "BIGINT" => Self::BigInt,
            "LARGEINT" => Self::LargeInt,
            "FLOAT" => Self::Float,
            "DOUBLE" => Self::Double,
            "DECIMAL" | "DECIMALV3" => Self::Decimal {
                precision: small(0)?.unwrap_or(38).clamp(1, 38),
                scale: small(1)?.unwrap_or(if arguments.is_empty() { 9 } else { 0 }),
            },
            "DATE" | "DATEV2" => Self::Date,
            "DATETIME" | "DATETIMEV2" => Self::DateTime { scale: small(0)?.unwrap_or(0).min(6) },
            "CHAR" => Self::Char(argument(0).unwrap_or(1)),
            "VARCHAR" => argument(0).map_or(Self::Text, Self::Varchar),
            "STRING" | "TEXT" => Self::Text,
            "JSON" | "JSONB" => Self::Json,
            "IPV4" => Self::Ipv4,
            "IPV6" => Self::Ipv6,
            _ => return None,
        })
    }

    /// The type text for the embedded engine. The first word sets how values are stored and compared; the rest comes back as the
    /// declared type of a result column. `INT` must not appear in what is stored as text: the engine would take it for a number.
    pub(crate) fn engine_type(&self) -> String {
        match self {
            Self::Boolean => "INTEGER BOOLEAN".to_owned(),
            Self::TinyInt => "INTEGER TINYINT".to_owned(),
            Self::SmallInt => "INTEGER SMALLINT".to_owned(),
            Self::Int => "INTEGER INT".to_owned(),
            Self::BigInt => "INTEGER BIGINT".to_owned(),
            Self::LargeInt => "TEXT LARGE".to_owned(),
            Self::Float => "REAL FLOAT".to_owned(),
            Self::Double => "REAL DOUBLE".to_owned(),
            Self::Decimal { precision, scale } => format!("TEXT DECIMAL({precision},{scale})"),
            Self::Date => "TEXT DATE".to_owned(),
            Self::DateTime { scale } => format!("TEXT DATETIME({scale})"),
            Self::Char(_) => "TEXT CHAR".to_owned(),
            Self::Varchar(_) => "TEXT VARCHAR".to_owned(),
            Self::Json => "TEXT JSON".to_owned(),
            _ => "TEXT STRING".to_owned(),
        }
    }

    /// Whether values hold others.
    pub(crate) fn is_nested(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Map(..) | Self::Struct(_))
    }

    /// The order of values that are stored as text but are numbers.
    pub(crate) fn collation(&self) -> Option<&'static str> {
        matches!(self, Self::LargeInt | Self::Decimal { .. }).then_some("NUMERIC_TEXT")
    }

    /// Whether the type may be part of a key.
    pub(crate) fn can_be_key(&self) -> bool {
        !matches!(
            self,
            Self::Text
                | Self::Float
                | Self::Double
                | Self::Json
                | Self::Variant
                | Self::Array(_)
                | Self::Map(..)
                | Self::Struct(_)
        )
    }

    /// The bare upper-case name, without length or precision, as the front end's schema answer and error texts give it.
    pub(crate) fn bare_name(&self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::TinyInt => "TINYINT",
            Self::SmallInt => "SMALLINT",
            Self::Int => "INT",
            Self::BigInt => "BIGINT",
            Self::LargeInt => "LARGEINT",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Decimal { precision: ..=9, .. } => "DECIMAL32",
            Self::Decimal { precision: ..=18, .. } => "DECIMAL64",
            Self::Decimal { .. } => "DECIMAL128",
            Self::Date => "DATEV2",
            Self::DateTime { .. } => "DATETIMEV2",
            Self::Char(_) => "CHAR",
            Self::Varchar(_) => "VARCHAR",
            Self::Text => "STRING",
            Self::Json => "JSON",
            Self::Variant => "VARIANT",
            Self::Ipv4 => "IPV4",
            Self::Ipv6 => "IPV6",
            Self::Array(_) => "ARRAY",
            Self::Map(..) => "MAP",
            Self::Struct(_) => "STRUCT",
        }
    }
}

/// The lower-case text of SHOW and DESC.
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Date => f.write_str("date"),
            Self::DateTime { scale: 0 } => f.write_str("datetime"),
            Self::DateTime { scale } => write!(f, "datetime({scale})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Varchar(length) => write!(f, "varchar({length})"),
            Self::Text => f.write_str("text"),
            Self::Array(item) => write!(f, "array<{item}>"),
            Self::Map(key, value) => write!(f, "map<{key},{value}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (index, (name, field)) in fields.iter().enumerate() {
                    write!(f, "{}{name}:{field}", if index == 0 { "" } else { "," })?;
                }
                f.write_str(">")
            }
            other => f.write_str(&other.bare_name().to_ascii_lowercase()),
        }
    }
}
