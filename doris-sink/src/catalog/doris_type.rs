//! The types of columns.

mod parse;

use std::fmt;

/// Nothing nests deeper in Doris (`MAX_NESTING_DEPTH` of its types is 9).
const DEPTH: usize = 16;

/// A type of a Doris column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DorisType {
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    /// 128 bit.
    LargeInt,
    Float,
    Double,
    /// At most 38 digits, 76 where that is switched on, `scale` of them behind the point.
    Decimal {
        precision: u8,
        scale: u8,
    },
    Date,
    /// Digits behind the seconds' point, 0 to 6.
    DateTime {
        precision: u8,
    },
    /// As `DateTime`, with a zone.
    TimestampTz {
        precision: u8,
    },
    /// Length in bytes, at most 255.
    Char(u32),
    /// Length in bytes, at most 65533.
    Varchar(u32),
    /// Text of any length that Doris takes.
    String,
    Json,
    Variant,
    Array(Box<DorisType>),
    Map(Box<DorisType>, Box<DorisType>),
    Struct(Vec<(String, DorisType)>),
    Ipv4,
    Ipv6,
    Bitmap,
    Hll,
    QuantileState,
    AggState,
    /// One that this version does not know, as Doris writes it.
    Other(String),
}

impl DorisType {
    /// The type that Doris writes as `text`, in any case and with the names of any version.
    pub(crate) fn parse(text: &str) -> Self {
        parse::parse(text).unwrap_or_else(|| Self::Other(text.trim().to_owned()))
    }

    /// The type that `text` begins with, and what comes after it.
    pub(super) fn parse_start(text: &str) -> (Self, &str) {
        parse::parse_start(text).unwrap_or_else(|| {
            let text = text.trim_start();
            let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
            (Self::Other(word.to_owned()), rest)
        })
    }

    /// Whether a column of this type may be part of a key.
    pub(crate) fn can_be_key(&self) -> bool {
        let is_number = matches!(
            self,
            Self::Boolean | Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt | Self::LargeInt
        );
        let is_other = matches!(
            self,
            Self::Decimal { .. }
                | Self::Date
                | Self::DateTime { .. }
                | Self::TimestampTz { .. }
                | Self::Char(_)
                | Self::Varchar(_)
                | Self::Ipv4
                | Self::Ipv6
        );
        is_number || is_other
    }
}

/// As in a statement that makes such a column.
impl fmt::Display for DorisType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "BOOLEAN",
            Self::TinyInt => "TINYINT",
            Self::SmallInt => "SMALLINT",
            Self::Int => "INT",
            Self::BigInt => "BIGINT",
            Self::LargeInt => "LARGEINT",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Date => "DATE",
            Self::String => "STRING",
            Self::Json => "JSON",
            Self::Variant => "VARIANT",
            Self::Ipv4 => "IPV4",
            Self::Ipv6 => "IPV6",
            Self::Bitmap => "BITMAP",
            Self::Hll => "HLL",
            Self::QuantileState => "QUANTILE_STATE",
            Self::AggState => "AGG_STATE",
            Self::Other(text) => text,
            Self::DateTime { precision: 0 } => "DATETIME",
            Self::TimestampTz { precision: 0 } => "TIMESTAMPTZ",
            Self::DateTime { precision } => return write!(f, "DATETIME({precision})"),
            Self::TimestampTz { precision } => return write!(f, "TIMESTAMPTZ({precision})"),
            Self::Decimal { precision, scale } => return write!(f, "DECIMAL({precision},{scale})"),
            Self::Char(bytes) => return write!(f, "CHAR({bytes})"),
            Self::Varchar(bytes) => return write!(f, "VARCHAR({bytes})"),
            Self::Array(items) => return write!(f, "ARRAY<{items}>"),
            Self::Map(keys, values) => return write!(f, "MAP<{keys},{values}>"),
            Self::Struct(fields) => {
                let fields: Vec<_> = fields.iter().map(|(name, of)| format!("`{name}`:{of}")).collect();
                return write!(f, "STRUCT<{}>", fields.join(","));
            }
        })
    }
}
