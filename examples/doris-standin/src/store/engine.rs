//! Connections to the embedded engine, with what Doris has and it lacks: number order for text, and functions.

use std::cmp::Ordering;
use std::path::Path;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};

use crate::load::decimal;

/// What a path in a `file:` address may hold as it is.
const URI_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// Opens a database file for writing.
pub(super) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // FULL: what a client was told is loaded must survive a crash of the machine.
    connection.execute_batch(
        "PRAGMA page_size = 8192;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA cache_size = -65536;
         PRAGMA wal_autocheckpoint = 8000;
         PRAGMA journal_size_limit = 67108864;",
    )?;
    configure(&connection)?;
    Ok(connection)
}

/// Opens a connection for queries, with no database attached yet.
pub(crate) fn open_reader() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    connection.busy_timeout(Duration::from_secs(10))?;
    configure(&connection)?;
    Ok(connection)
}

/// Attaches a database's file for reading, under its name.
pub(crate) fn attach(connection: &Connection, name: &str, path: &Path) -> rusqlite::Result<()> {
    let path = path.to_string_lossy();
    let uri = format!("file:{}?mode=ro", utf8_percent_encode(&path, URI_PATH));
    connection.execute(&format!("ATTACH ? AS {}", quoted(name)), [uri]).map(drop)
}

/// `name` as an identifier for the embedded engine.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA case_sensitive_like = ON;")?;
    connection.create_collation("NUMERIC_TEXT", compare_numbers)?;
    super::sum::register(connection)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_aggregate_function("sum", 1, flags, Total { average: false })?;
    connection.create_aggregate_function("avg", 1, flags, Total { average: true })?;
    connection.create_scalar_function("length", 1, flags, |context| {
        Ok(text(context, 0)?.map(|text| i64::try_from(text.len()).unwrap_or(i64::MAX)))
    })?;
    connection.create_scalar_function("char_length", 1, flags, |context| {
        Ok(text(context, 0)?.map(|text| i64::try_from(text.chars().count()).unwrap_or(i64::MAX)))
    })?;
    connection.create_scalar_function("crc32", 1, flags, |context| {
        Ok(text(context, 0)?.map(|text| i64::from(crc32fast::hash(text.as_bytes()))))
    })?;
    for (name, upper) in [("ucase", true), ("lcase", false)] {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(text(context, 0)?.map(|text| if upper { text.to_uppercase() } else { text.to_lowercase() }))
        })?;
    }
    connection.create_scalar_function("regexp", 2, flags, |_| -> rusqlite::Result<bool> {
        Err(rusqlite::Error::UserFunctionError("the Doris stand-in does not do REGEXP".into()))
    })
}

fn text(context: &Context<'_>, index: usize) -> rusqlite::Result<Option<String>> {
    Ok(match context.get_raw(index) {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    })
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    decimal::compare(left, right).unwrap_or_else(|| left.cmp(right))
}

/// `sum` and `avg` that stay exact for decimals stored as text.
#[derive(Clone, Copy, Debug)]
struct Total {
    average: bool,
}

#[derive(Debug, Default)]
struct Running {
    count: i64,
    whole: i128,
    real: f64,
    saw_real: bool,
    decimal: Option<decimal::Decimal>,
}

impl Aggregate<Running, Value> for Total {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Running> {
        Ok(Running::default())
    }

    fn step(&self, context: &mut Context<'_>, running: &mut Running) -> rusqlite::Result<()> {
        match context.get_raw(0) {
            ValueRef::Null => return Ok(()),
            ValueRef::Integer(number) => {
                running.whole += i128::from(number);
                running.real += real(number);
            }
            ValueRef::Real(number) => {
                running.saw_real = true;
                running.real += number;
            }
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                match decimal::Decimal::parse(&text) {
                    Some(number) => {
                        let sum = running.decimal.take().map_or(Some(number), |sum| sum.plus(number));
                        running.decimal = Some(sum.ok_or_else(overflow)?);
                    }
                    None => return Ok(()),
                }
            }
        }
        running.count += 1;
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, running: Option<Running>) -> rusqlite::Result<Value> {
        let Some(running) = running.filter(|running| running.count > 0) else { return Ok(Value::Null) };
        if let Some(sum) = running.decimal {
            if self.average {
                return Ok(Value::Text(sum.divided(running.count).to_string()));
            }
            return Ok(Value::Text(sum.to_string()));
        }
        if self.average {
            return Ok(Value::Real(running.real / real(running.count)));
        }
        if running.saw_real {
            return Ok(Value::Real(running.real));
        }
        Ok(i64::try_from(running.whole)
            .map_or_else(|_| Value::Text(running.whole.to_string()), Value::Integer))
    }
}

#[allow(clippy::cast_precision_loss)]
fn real(number: i64) -> f64 {
    number as f64
}

fn overflow() -> rusqlite::Error {
    rusqlite::Error::UserFunctionError("sum over 38 digits".into())
}
