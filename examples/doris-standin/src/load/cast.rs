//! Turns what a load carries into what a column holds.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::complex;
use super::datetime::Moment;
use super::decimal::Decimal;
use super::document;
use super::number::{boolean, float, narrowed, whole};
use super::piece::Piece;
use super::source::Source;
use super::zone::ZoneOffset;
use crate::store::{Cell, ColumnType};

/// Most bytes of a STRING (Doris: `string_type_length_soft_limit_bytes`).
pub(super) const MAX_STRING: usize = 1_048_576;
/// How much of a text that is too long its message shows, in bytes.
const SHOWN_OF_TOO_LONG: usize = 32;

/// Why a value does not fit a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It cannot be read as the column's type: NULL, or a bad row where the mode is strict.
    Unreadable,
    /// It has more bytes than the column takes: a bad row in every mode.
    TooLong { limit: usize, actual: usize, prefix: String },
    /// JSON of another shape than a nested type has: a bad row in every mode.
    Shape { path: String, expected: &'static str, of: &'static str },
    /// JSON with an element that cannot be read as what it is to be: a bad row in every mode.
    Element { of: &'static str, text: String },
}

/// The cell for a value that is not null.
pub(crate) fn cast<'a>(value: Source<'a>, column: &ColumnType, zone: ZoneOffset) -> Result<Cell<'a>, Misfit> {
    match column {
        ColumnType::Char(limit) | ColumnType::Varchar(limit) => {
            bounded(value.into_text(), usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        ColumnType::Text => bounded(value.into_text(), MAX_STRING),
        ColumnType::Boolean => read(&value, boolean).map(|truth| Cell::Integer(i64::from(truth))),
        ColumnType::TinyInt => integer(&value, i8::MIN.into(), i8::MAX.into()),
        ColumnType::SmallInt => integer(&value, i16::MIN.into(), i16::MAX.into()),
        ColumnType::Int => integer(&value, i32::MIN.into(), i32::MAX.into()),
        ColumnType::BigInt => integer(&value, i64::MIN, i64::MAX),
        ColumnType::LargeInt => read(&value, whole::<i128>).map(owned),
        ColumnType::Float => read(&value, float).map(|number| real(narrowed(number))),
        ColumnType::Double => read(&value, float).map(real),
        ColumnType::Decimal { precision, scale } => {
            read(&value, |text| Decimal::parse(text.trim())?.rescaled(*precision, *scale)).map(owned)
        }
        ColumnType::Date => {
            read(&value, |text| Moment::parse(text, zone, 6)).map(|moment| owned(moment.date()))
        }
        ColumnType::DateTime { scale } => read(&value, |text| Moment::parse(text, zone, *scale))
            .map(|moment| owned(moment.date_time(*scale))),
        ColumnType::Ipv4 => read(&value, |text| text.trim().parse::<Ipv4Addr>().ok()).map(owned),
        ColumnType::Ipv6 => read(&value, ipv6).map(owned),
        ColumnType::Json => document::json(value).map(owned).ok_or(Misfit::Unreadable),
        ColumnType::Variant => Ok(owned(document::variant(value))),
        ColumnType::Array(_) | ColumnType::Map(..) | ColumnType::Struct(_) => {
            complex::shown(&piece(&value), column, zone).map(owned)
        }
    }
}

/// A nested value: JSON if the body is, else text.
fn piece<'v>(value: &'v Source<'_>) -> Piece<'v> {
    match value {
        Source::Compound(json) | Source::Number(json) => Piece::Json(json),
        Source::Boolean(true) => Piece::Json("true"),
        Source::Boolean(false) => Piece::Json("false"),
        Source::Null => Piece::Json("null"),
        Source::Text(text) => Piece::Text(text),
    }
}

fn bounded(text: Cow<'_, str>, limit: usize) -> Result<Cell<'_>, Misfit> {
    if text.len() <= limit {
        return Ok(Cell::Text(text));
    }
    let prefix = text[..text.floor_char_boundary(SHOWN_OF_TOO_LONG)].to_owned();
    Err(Misfit::TooLong { limit, actual: text.len(), prefix })
}

/// A value read from its text; objects and arrays have none for this.
fn read<T>(value: &Source<'_>, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Misfit> {
    match value {
        Source::Compound(_) | Source::Null => Err(Misfit::Unreadable),
        scalar => parse(scalar.shown()).ok_or(Misfit::Unreadable),
    }
}

fn integer(value: &Source<'_>, least: i64, most: i64) -> Result<Cell<'static>, Misfit> {
    let in_range = |text: &str| whole::<i64>(text).filter(|number| (least..=most).contains(number));
    read(value, in_range).map(Cell::Integer)
}

/// The engine has no number for what is none.
fn real(number: f64) -> Cell<'static> {
    if number.is_nan() { owned("nan") } else { Cell::Real(number) }
}

/// Addresses of the older kind have their place among those of the newer.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.parse::<Ipv4Addr>().ok().map(|address| address.to_ipv6_mapped()))
}

fn owned(text: impl ToString) -> Cell<'static> {
    Cell::Text(Cow::Owned(text.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, column: &ColumnType, expected: Result<Cell<'_>, Misfit>) {
        let found = cast(Source::of_json(json), column, ZoneOffset::default());
        assert_eq!(found, expected, "{json} into {column}");
    }

    fn text(text: &str) -> Result<Cell<'static>, Misfit> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }

    #[test]
    fn values_become_what_their_column_holds() {
        check("12", &ColumnType::TinyInt, Ok(Cell::Integer(12)));
        check("\"12\"", &ColumnType::BigInt, Ok(Cell::Integer(12)));
        check("128", &ColumnType::TinyInt, Err(Misfit::Unreadable));
        check("1.9", &ColumnType::Int, Ok(Cell::Integer(1)));
        check("true", &ColumnType::Int, Ok(Cell::Integer(1)));
        check("\"x\"", &ColumnType::Int, Err(Misfit::Unreadable));
        check("\"TRUE\"", &ColumnType::Boolean, Ok(Cell::Integer(1)));
        check("2", &ColumnType::Boolean, Err(Misfit::Unreadable));
        check("1.10", &ColumnType::Text, text("1.10"));
        check("true", &ColumnType::Text, text("1"));
        check(r#"{"a": [1, "x y"]}"#, &ColumnType::Text, text(r#"{"a":[1,"x y"]}"#));
        check(r#""a\"b\u00e9""#, &ColumnType::Text, text("a\"bé"));
        check(r#""""#, &ColumnType::Text, text(""));
        check(
            "\"é\"",
            &ColumnType::Varchar(1),
            Err(Misfit::TooLong { limit: 1, actual: 2, prefix: "é".to_owned() }),
        );
        check(
            "170141183460469231731687303715884105727",
            &ColumnType::LargeInt,
            text("170141183460469231731687303715884105727"),
        );
        check("1.005", &ColumnType::Decimal { precision: 9, scale: 2 }, text("1.01"));
        check("0.1", &ColumnType::Float, Ok(Cell::Real(0.1)));
        check("\"2024-01-02T03:04:05\"", &ColumnType::Date, text("2024-01-02"));
        check("\"2024-01-02\"", &ColumnType::DateTime { scale: 0 }, text("2024-01-02 00:00:00"));
        check("[1, 2]", &ColumnType::Array(Box::new(ColumnType::Int)), text("[1, 2]"));
        check(
            "{}",
            &ColumnType::Array(Box::new(ColumnType::Int)),
            Err(Misfit::Shape { path: String::new(), expected: "array", of: "array" }),
        );
        check(
            "[\"x\"]",
            &ColumnType::Array(Box::new(ColumnType::Int)),
            Err(Misfit::Element { of: "number", text: "x".to_owned() }),
        );
        check("\"[1,\\\"x\\\"]\"", &ColumnType::Array(Box::new(ColumnType::Int)), text("[1, null]"));
        check("\"x\"", &ColumnType::Array(Box::new(ColumnType::Int)), Err(Misfit::Unreadable));
        check(
            "{\"a\": 1.10, \"b\": 12345678901234567890}",
            &ColumnType::Json,
            text("{\"a\":1.1,\"b\":12345678901234567890}"),
        );
        check(r#""{\"a\":1}""#, &ColumnType::Json, text(r#"{"a":1}"#));
        check("\"{\"", &ColumnType::Json, Err(Misfit::Unreadable));
    }
}
