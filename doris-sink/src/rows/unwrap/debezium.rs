//! Debezium's change events: `before`, `after`, `source` and `op`, alone or as the `payload` beside a `schema`, as JSON or as typed
//! values; and rows that were flattened (`ExtractNewRecordState`), which carry `__deleted` or `__op`.

use super::{NotARow, Row, RowValue, Take, Unwrapper, plain};
use crate::{
    json,
    rows::{
        logical::{self, JsonSchema},
        row::{Origin, field_of},
    },
};
use connector_api::{ConnectRecord, Schema, Value};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Outer<'a> {
    #[serde(borrow, default, deserialize_with = "also_null")]
    schema: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "also_null")]
    payload: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    op: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "also_null")]
    before: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "also_null")]
    after: Option<&'a RawValue>,
    #[serde(borrow)]
    source: Option<Source<'a>>,
}

#[derive(Deserialize, Default)]
struct Source<'a> {
    #[serde(borrow)]
    db: Option<Cow<'a, str>>,
    #[serde(borrow)]
    table: Option<Cow<'a, str>>,
}

/// What is there, be it null, is something else than what is not.
fn also_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The two states that an event tells of, and which of them counts.
enum Side {
    Before,
    After,
}

pub(super) fn unwrap(
    unwrapper: &Unwrapper,
    record: &ConnectRecord,
    take: &mut Take<'_>,
) -> Result<(), NotARow> {
    match record.value().as_raw() {
        Some(raw) => of_json(unwrapper, raw, record.key(), take),
        None => of_value(unwrapper, record, take),
    }
}

fn of_json(
    unwrapper: &Unwrapper,
    raw: &[u8],
    key: Option<&Value>,
    take: &mut Take<'_>,
) -> Result<(), NotARow> {
    if raw.trim_ascii() == b"null" {
        return unwrapper.tombstones.unwrap(key, take);
    }
    let shape = json::scan(raw)?;
    let mut object = &raw[shape.start..shape.end];
    let mut schema = None;
    // A row may well have a column that is called payload.
    if let Ok(Outer { schema: Some(described), payload: Some(payload) }) = serde_json::from_slice(object) {
        object = payload.get().as_bytes();
        schema = Some(JsonSchema::read(described).map_err(NotARow::Schema)?);
    }
    if object == b"null" {
        return unwrapper.tombstones.unwrap(key, take);
    }
    let row = |object, schema: Option<&JsonSchema>| {
        let object = match schema {
            Some(schema) => logical::convert_object(object, schema, unwrapper.moments)?,
            None => Cow::Borrowed(object),
        };
        Ok::<_, NotARow>(Row::upsert(RowValue::Json { object, has_line_breaks: true }))
    };
    let event =
        serde_json::from_slice::<Event<'_>>(object).ok().filter(|e| e.before.is_some() || e.after.is_some());
    let Some(Event { op: Some(op), before, after, source }) = event else {
        let row = row(object, schema.as_ref())?;
        return take(&if is_flagged(&row) { row.deleted() } else { unwrapper.flagged(row) });
    };
    let Some(side) = side(&op)? else { return Ok(()) };
    let (state, name) = match side {
        Side::Before => (before, "before"),
        Side::After => (after, "after"),
    };
    let state = state.map(|state| state.get().as_bytes()).filter(|state| state.starts_with(b"{"));
    let state = state.ok_or_else(|| NotARow::Event(format!("an event with op {op:?} has no {name}")))?;
    let schema = schema.as_ref().and_then(|schema| schema.field(name));
    let source = source.unwrap_or_default();
    let origin = Origin { database: source.db, table: source.table };
    let row = Row { origin, ..row(state, schema)? };
    take(&match side {
        Side::Before => row.deleted(),
        Side::After => row,
    })
}

fn of_value(unwrapper: &Unwrapper, record: &ConnectRecord, take: &mut Take<'_>) -> Result<(), NotARow> {
    let (value, schema) = (record.value(), record.schema().map(|schema| &**schema));
    let text = |name| match field_of(value, schema, name) {
        Some((Value::String(text), _)) => Some(text.as_str()),
        _ => None,
    };
    let states = [field_of(value, schema, "before"), field_of(value, schema, "after")];
    let (Some(op), true) = (text("op"), states.iter().any(Option::is_some)) else {
        let row = plain(record)?;
        return take(&if is_flagged(&row) { row.deleted() } else { unwrapper.flagged(row) });
    };
    let Some(side) = side(op)? else { return Ok(()) };
    let (state, name) = match side {
        Side::Before => (states[0], "before"),
        Side::After => (states[1], "after"),
    };
    let state = state.filter(|(state, _)| **state != Value::Null);
    let (state, schema) =
        state.ok_or_else(|| NotARow::Event(format!("an event with op {op:?} has no {name}")))?;
    let row = Row { origin: origin(value), ..Row::upsert(RowValue::Typed(state, schema)) };
    take(&match side {
        Side::Before => row.deleted(),
        Side::After => row,
    })
}

fn origin(event: &Value) -> Origin<'_> {
    let source = field_of(event, None::<&Schema>, "source").map(|(source, _)| source);
    let text = |name| match field_of(source?, None, name)?.0 {
        Value::String(text) => Some(Cow::Borrowed(text.as_str())),
        _ => None,
    };
    Origin { database: text("db"), table: text("table") }
}

/// Which state of an event counts; `None` for one that is about no row.
fn side(op: &str) -> Result<Option<Side>, NotARow> {
    match op {
        // Created, read by a snapshot, updated.
        "c" | "r" | "u" => Ok(Some(Side::After)),
        "d" => Ok(Some(Side::Before)),
        // A message of the source's own log.
        "m" => Ok(None),
        "t" => Err(NotARow::Event(
            "the table was truncated at its source, which cannot be done by a load: truncate it in Doris if it should be".to_owned(),
        )),
        other => Err(NotARow::Event(format!("op {other:?} is none of c, r, u, d, t and m"))),
    }
}

/// Whether a flattened row says that it is deleted.
fn is_flagged(row: &Row<'_>) -> bool {
    row.field("__deleted").is_some_and(|flag| flag == "true") || row.field("__op").is_some_and(|op| op == "d")
}
