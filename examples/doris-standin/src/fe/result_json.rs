//! Results of statements as JSON: indented as the front end's writer does, with rows and columns each on one line.

use std::fmt::Write as _;
use std::time::Instant;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::sql::{Answer, ResultColumn, ResultSet, ResultType};
use crate::store::Cell;

/// How long a statement took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Elapsed(u64);

impl Elapsed {
    pub(super) fn since(began: Instant) -> Self {
        Self(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

/// What a statement answered, as one of the values of an envelope. Its order is that of the front end's maps.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Enveloped {
    Rows {
        data: Vec<Box<RawValue>>,
        meta: Value,
        time: u64,
        #[serde(rename = "type")]
        kind: &'static str,
    },
    Done {
        time: u64,
        #[serde(rename = "type")]
        kind: &'static str,
        status: Value,
    },
}

/// The answer to a statement, with at most so many rows.
///
/// # Errors
/// When a number that the engine gave is none.
pub(super) fn enveloped(
    answer: &Answer,
    limit: usize,
    elapsed: Elapsed,
) -> Result<Enveloped, serde_json::Error> {
    let time = elapsed.0;
    let set = match answer {
        Answer::Done { .. } => return Ok(Enveloped::Done { time, kind: "exec_status", status: json!({}) }),
        Answer::Rows(set) => set,
    };
    let rows = set.rows.iter().take(limit).map(|cells| RawValue::from_string(row(&set.columns, cells)));
    let data = rows.collect::<Result<_, _>>()?;
    Ok(Enveloped::Rows { data, meta: meta(&set.columns), time, kind: "result_set" })
}

/// The answer to a query.
pub(super) fn rows(set: &ResultSet, elapsed: Elapsed) -> String {
    let mut data = String::new();
    for (index, cells) in set.rows.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        write!(data, "{comma}\n            {}", html_safe(&row(&set.columns, cells))).unwrap_or_default();
    }
    if !data.is_empty() {
        data.push_str("\n        ");
    }
    let (meta, time) = (html_safe(&meta(&set.columns).to_string()), elapsed.0);
    format!(
        "{{\n    \"data\": {{\n        \"type\": \"result_set\",\n        \"meta\": {meta},\n        \"data\": [{data}],\n        \
         \"time\": {time}\n    }},\n    \"msg\": \"success\",\n    \"code\": 0\n}}"
    )
}

/// The answer to a statement without rows.
pub(super) fn done(elapsed: Elapsed) -> String {
    let time = elapsed.0;
    format!(
        "{{\n    \"msg\": \"success\",\n    \"code\": 0,\n    \"data\": {{\n        \"type\": \"exec_status\",\n        \
         \"status\": {{}},\n        \"time\": {time}\n    }}\n}}"
    )
}

/// Names and types of columns.
fn meta(columns: &[ResultColumn]) -> Value {
    columns
        .iter()
        .map(|column| json!({ "name": column.name, "type": type_name(column.result_type) }))
        .collect()
}

/// The text of one row, numbers as numbers, digit by digit: a decimal may have more than a double holds.
fn row(columns: &[ResultColumn], cells: &[Cell<'_>]) -> String {
    let values: Vec<_> =
        columns.iter().zip(cells).map(|(column, cell)| value(column.result_type, cell)).collect();
    format!("[{}]", values.join(","))
}

/// The driver's name for a type.
fn type_name(result_type: ResultType) -> &'static str {
    match result_type {
        ResultType::TinyInt => "TINYINT",
        ResultType::SmallInt => "SMALLINT",
        ResultType::Int => "INT",
        ResultType::BigInt => "BIGINT",
        ResultType::Float => "FLOAT",
        ResultType::Double => "DOUBLE",
        ResultType::Decimal { .. } => "DECIMAL",
        ResultType::Date => "DATE",
        ResultType::DateTime { .. } => "DATETIME",
        ResultType::Text => "CHAR",
    }
}

fn value(result_type: ResultType, cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => json!(number).to_string(),
        Cell::Text(text) if matches!(result_type, ResultType::Decimal { .. }) => text.clone().into_owned(),
        Cell::Text(text) => json!(text).to_string(),
    }
}

/// JSON that can stand in a page: what means something to HTML is escaped.
fn html_safe(json: &str) -> String {
    let mut out = String::new();
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '=' | '\'' | '\u{2028}' | '\u{2029}' => {
                // Writing to a String cannot fail.
                write!(out, "\\u{:04x}", u32::from(character)).unwrap_or_default();
            }
            other => out.push(other),
        }
    }
    out
}
