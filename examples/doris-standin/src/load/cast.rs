//! Turns what a load carries into what a column holds.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::datetime::{Moment, ZoneOffset};
use super::decimal::Decimal;
use crate::store::{Cell, ColumnType};

/// A value as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source<'a> {
    Null,
    Boolean(bool),
    /// A number's own text.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// JSON text of an object or array.
    Compound(&'a str),
}

impl<'a> Source<'a> {
    /// The value of a JSON text that was checked to be one.
    pub(crate) fn of_json(json: &'a str) -> Self {
        match json.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't') => Self::Boolean(true),
            Some(b'f') => Self::Boolean(false),
            Some(b'"') => {
                let inner = &json[1..json.len().max(2) - 1];
                if inner.contains('\\') {
                    Self::Text(Cow::Owned(serde_json::from_str(json).unwrap_or_else(|_| inner.to_owned())))
                } else {
                    Self::Text(Cow::Borrowed(inner))
                }
            }
            Some(b'{' | b'[') => Self::Compound(json),
            _ => Self::Number(json),
        }
    }

    /// The value as text, as error lines show it.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::Null => "NULL",
            Self::Boolean(true) => "1",
            Self::Boolean(false) => "0",
            Self::Number(text) | Self::Compound(text) => text,
            Self::Text(text) => text,
        }
    }
}

/// Why a value does not fit a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It cannot be read as the column's type.
    Unreadable,
    /// It has more bytes than the column takes.
    TooLong { limit: u32, actual: usize },
}

/// The cell for a value that is not null.
pub(crate) fn cast<'a>(value: Source<'a>, column: &ColumnType, zone: ZoneOffset) -> Result<Cell<'a>, Misfit> {
    match column {
        ColumnType::Char(limit) | ColumnType::Varchar(limit) => {
            let text = text(value);
            match usize::try_from(*limit) {
                Ok(most) if text.len() > most => Err(Misfit::TooLong { limit: *limit, actual: text.len() }),
                _ => Ok(Cell::Text(text)),
            }
        }
        ColumnType::Text => Ok(Cell::Text(text(value))),
        ColumnType::Boolean => boolean(&value).map(|truth| Cell::Integer(i64::from(truth))),
        ColumnType::TinyInt => integer(&value, i8::MIN.into(), i8::MAX.into()),
        ColumnType::SmallInt => integer(&value, i16::MIN.into(), i16::MAX.into()),
        ColumnType::Int => integer(&value, i32::MIN.into(), i32::MAX.into()),
        ColumnType::BigInt => integer(&value, i64::MIN, i64::MAX),
        ColumnType::LargeInt => {
            let number: i128 = whole(scalar(&value)?)?;
            Ok(Cell::Text(Cow::Owned(number.to_string())))
        }
        ColumnType::Float => float(&value).map(|number| Cell::Real(narrowed(number))),
        ColumnType::Double => float(&value).map(Cell::Real),
        ColumnType::Decimal { precision, scale } => {
            let number = Decimal::parse(scalar(&value)?.trim()).and_then(|n| n.rescaled(*precision, *scale));
            Ok(Cell::Text(Cow::Owned(number.ok_or(Misfit::Unreadable)?.to_string())))
        }
        ColumnType::Date => {
            let moment = Moment::parse(scalar(&value)?, zone).ok_or(Misfit::Unreadable)?;
            Ok(Cell::Text(Cow::Owned(moment.date())))
        }
        ColumnType::DateTime { scale } => {
            let moment = Moment::parse(scalar(&value)?, zone).ok_or(Misfit::Unreadable)?;
            Ok(Cell::Text(Cow::Owned(moment.date_time(*scale))))
        }
        ColumnType::Ipv4 => {
            let address: Ipv4Addr = scalar(&value)?.trim().parse().map_err(|_| Misfit::Unreadable)?;
            Ok(Cell::Text(Cow::Owned(address.to_string())))
        }
        ColumnType::Ipv6 => {
            let address: Ipv6Addr = scalar(&value)?.trim().parse().map_err(|_| Misfit::Unreadable)?;
            Ok(Cell::Text(Cow::Owned(address.to_string())))
        }
        ColumnType::Json => json(value, |_| true),
        ColumnType::Variant => json(value, |_| true),
        ColumnType::Array(_) => json(value, |text| text.starts_with('[')),
        ColumnType::Map(..) | ColumnType::Struct(_) => json(value, |text| text.starts_with('{')),
    }
}

fn text(value: Source<'_>) -> Cow<'_, str> {
    match value {
        Source::Text(text) => text,
        Source::Number(text) => Cow::Borrowed(text),
        Source::Boolean(truth) => Cow::Borrowed(if truth { "1" } else { "0" }),
        Source::Compound(json) => Cow::Owned(compact(json)),
        Source::Null => Cow::Borrowed(""),
    }
}

fn scalar<'v>(value: &'v Source<'_>) -> Result<&'v str, Misfit> {
    match value {
        Source::Compound(_) | Source::Null => Err(Misfit::Unreadable),
        other => Ok(other.shown()),
    }
}

fn boolean(value: &Source<'_>) -> Result<bool, Misfit> {
    let text = scalar(value)?.trim();
    match text {
        "1" => Ok(true),
        "0" => Ok(false),
        _ if text.eq_ignore_ascii_case("true") => Ok(true),
        _ if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(Misfit::Unreadable),
    }
}

fn integer(value: &Source<'_>, least: i64, most: i64) -> Result<Cell<'static>, Misfit> {
    let number: i64 = whole(scalar(value)?)?;
    if (least..=most).contains(&number) { Ok(Cell::Integer(number)) } else { Err(Misfit::Unreadable) }
}

/// A whole number; digits after a point are cut off, as the server's own parser does.
fn whole<N: std::str::FromStr>(text: &str) -> Result<N, Misfit> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let (number, fraction) = text.split_once('.').ok_or(Misfit::Unreadable)?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Misfit::Unreadable);
    }
    number.parse().map_err(|_| Misfit::Unreadable)
}

fn float(value: &Source<'_>) -> Result<f64, Misfit> {
    let number: f64 = scalar(value)?.trim().parse().map_err(|_| Misfit::Unreadable)?;
    if number.is_finite() { Ok(number) } else { Err(Misfit::Unreadable) }
}

/// The nearest 32-bit number, written with the digits that tell it apart.
fn narrowed(number: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation)]
    let narrow = number as f32;
    narrow.to_string().parse().unwrap_or(number)
}

fn json<'a>(value: Source<'a>, fits: impl Fn(&str) -> bool) -> Result<Cell<'a>, Misfit> {
    let text = match value {
        Source::Compound(json) => compact(json),
        Source::Number(text) => text.to_owned(),
        Source::Boolean(truth) => truth.to_string(),
        Source::Text(text) => {
            serde_json::from_str::<serde::de::IgnoredAny>(&text).map_err(|_| Misfit::Unreadable)?;
            compact(text.trim())
        }
        Source::Null => return Err(Misfit::Unreadable),
    };
    if fits(&text) { Ok(Cell::Text(Cow::Owned(text))) } else { Err(Misfit::Unreadable) }
}

/// JSON text without the white space between tokens.
fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for character in json.chars() {
        if in_text {
            in_text = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_text = character == '"';
        }
        out.push(character);
    }
    out
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
        check("\"é\"", &ColumnType::Varchar(1), Err(Misfit::TooLong { limit: 1, actual: 2 }));
        check(
            "170141183460469231731687303715884105727",
            &ColumnType::LargeInt,
            text("170141183460469231731687303715884105727"),
        );
        check("1.005", &ColumnType::Decimal { precision: 9, scale: 2 }, text("1.01"));
        check("0.1", &ColumnType::Float, Ok(Cell::Real(0.1)));
        check("\"2024-01-02T03:04:05\"", &ColumnType::Date, text("2024-01-02"));
        check("\"2024-01-02\"", &ColumnType::DateTime { scale: 0 }, text("2024-01-02 00:00:00"));
        check("[1, 2]", &ColumnType::Array(Box::new(ColumnType::Int)), text("[1,2]"));
        check("{}", &ColumnType::Array(Box::new(ColumnType::Int)), Err(Misfit::Unreadable));
        check(r#""{\"a\":1}""#, &ColumnType::Json, text(r#"{"a":1}"#));
        check("\"{\"", &ColumnType::Json, Err(Misfit::Unreadable));
    }
}
