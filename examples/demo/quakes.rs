//! The earthquakes: the file they come from, the columns of their table, and a checksum that both sides can be asked for.

use anyhow::{Context, ensure};
use mysql_async::{Row, Value as Sql};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

/// One JSON object a line.
pub(crate) const FILE: &str = include_str!("../data/earthquakes.jsonl");

/// A column: its name in file and table, and what it holds.
struct Column(&'static str, Type);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Whole,
    Real,
    Truth,
}

use Type::{Real, Text, Truth, Whole};

/// All fields of the file, in its order.
const COLUMNS: &[Column] = &[
    Column("id", Text),
    Column("time", Whole),
    Column("updated", Whole),
    Column("magnitude", Real),
    Column("magnitude_type", Text),
    Column("place", Text),
    Column("longitude", Real),
    Column("latitude", Real),
    Column("depth_km", Real),
    Column("status", Text),
    Column("kind", Text),
    Column("network", Text),
    Column("stations", Whole),
    Column("gap_degrees", Real),
    Column("rms_seconds", Real),
    Column("significance", Whole),
    Column("tsunami", Truth),
    Column("felt", Whole),
    Column("alert", Text),
];

/// The columns as a `SELECT` lists them.
pub(crate) fn column_list() -> String {
    let names: Vec<_> = COLUMNS.iter().map(|Column(name, _)| format!("`{name}`")).collect();
    names.join(", ")
}

/// How many rows there are and what they are, whatever their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checksum {
    pub(crate) rows: usize,
    pub(crate) sha256: String,
}

/// A value as both sides know it: `2` and `2.0` are the same real number, `1` and `true` the same truth.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Null,
    Text(String),
    Whole(i64),
    Real(f64),
    Truth(bool),
}

/// Checksum of the file, read as JSON.
pub(crate) fn of_file() -> anyhow::Result<Checksum> {
    let rows = FILE.lines().map(|line| {
        let object: Json = serde_json::from_str(line)?;
        COLUMNS.iter().map(|Column(name, of)| from_json(&object[*name], *of).context(*name)).collect()
    });
    checksum(rows)
}

/// Checksum of the rows of a table, whose columns are those of [`column_list`].
pub(crate) fn of_rows(rows: Vec<Row>) -> anyhow::Result<Checksum> {
    let rows = rows.into_iter().map(|row| {
        let cells = row.unwrap();
        ensure!(cells.len() == COLUMNS.len(), "{} columns", cells.len());
        cells
            .into_iter()
            .zip(COLUMNS)
            .map(|(cell, Column(name, of))| from_sql(cell, *of).context(*name))
            .collect()
    });
    checksum(rows)
}

fn checksum(rows: impl Iterator<Item = anyhow::Result<Vec<Cell>>>) -> anyhow::Result<Checksum> {
    let mut rows =
        rows.map(|row| row.map(|cells| format!("{cells:?}"))).collect::<anyhow::Result<Vec<_>>>()?;
    rows.sort_unstable();
    let digest = Sha256::digest(rows.join("\n"));
    Ok(Checksum { rows: rows.len(), sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect() })
}

fn from_json(value: &Json, of: Type) -> anyhow::Result<Cell> {
    let cell = match (of, value) {
        (_, Json::Null) => Some(Cell::Null),
        (Text, Json::String(text)) => Some(Cell::Text(text.clone())),
        (Whole, value) => value.as_i64().map(Cell::Whole),
        (Real, value) => value.as_f64().map(Cell::Real),
        (Truth, value) => value.as_bool().map(Cell::Truth),
        (Text, _) => None,
    };
    cell.with_context(|| format!("{value} is not {of:?}"))
}

/// A value of the text protocol, where everything is text.
fn from_sql(value: Sql, of: Type) -> anyhow::Result<Cell> {
    let text = match value {
        Sql::NULL => return Ok(Cell::Null),
        Sql::Bytes(bytes) => String::from_utf8(bytes)?,
        other => anyhow::bail!("{other:?} is not text"),
    };
    Ok(match of {
        Text => Cell::Text(text),
        Whole => Cell::Whole(text.parse().context(text)?),
        Real => Cell::Real(text.parse().context(text)?),
        Truth => Cell::Truth(text == "1" || text == "true"),
    })
}
