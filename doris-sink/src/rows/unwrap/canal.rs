//! Canal's change events (flat messages): rows in `data`, what they were in `old`, and the `type` of the change. All values are text or
//! null, which Doris reads by the types of its columns.

use super::{NotARow, Row, RowValue, Take};
use crate::{json, rows::row::Origin};
use connector_api::ConnectRecord;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    old: Option<Vec<Option<&'a RawValue>>>,
    #[serde(default)]
    is_ddl: bool,
    #[serde(borrow, default)]
    pk_names: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow, default)]
    database: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    table: Option<Cow<'a, str>>,
}

pub(super) fn unwrap(record: &ConnectRecord, take: &mut Take<'_>) -> Result<(), NotARow> {
    let raw = record
        .value()
        .as_raw()
        .ok_or_else(|| NotARow::Event("not Canal's JSON but a typed value".to_owned()))?;
    json::scan(raw)?;
    let event: Event<'_> = serde_json::from_slice(raw)
        .map_err(|error| NotARow::Event(format!("not an event of Canal (a flat message): {error}")))?;
    if event.is_ddl {
        tracing::debug!(kind = %event.kind, "a change of a table at its source is left out");
        return Ok(());
    }
    let deletes = match &*event.kind {
        "INSERT" | "UPDATE" => false,
        "DELETE" => true,
        // Statements and transaction bounds, which are about no row.
        _ if event.data.is_none() => return Ok(()),
        other => return Err(NotARow::Event(format!("type {other:?} is none of INSERT, UPDATE and DELETE"))),
    };
    let origin = Origin { database: event.database.clone(), table: event.table.clone() };
    for (number, row) in event.data.iter().flatten().enumerate() {
        let object = row.get().as_bytes();
        if !object.starts_with(b"{") {
            return Err(NotARow::Event(format!("data[{number}] is no object")));
        }
        let old = event.old.as_ref().and_then(|old| *old.get(number)?);
        if let Some(before) = moved(&event, object, old)? {
            take(&Row { origin: origin.clone(), ..Row::upsert(json_row(before.into())).deleted() })?;
        }
        let row = Row { origin: origin.clone(), ..Row::upsert(json_row(object.into())) };
        take(&if deletes { row.deleted() } else { row })?;
    }
    Ok(())
}

fn json_row(object: Cow<'_, [u8]>) -> RowValue<'_> {
    RowValue::Json { object, has_line_breaks: true }
}

/// The key that an updated row had, if it has another one now: under that one it is gone.
fn moved(event: &Event<'_>, row: &[u8], old: Option<&RawValue>) -> Result<Option<Vec<u8>>, NotARow> {
    let (Some(keys), Some(old)) = (&event.pk_names, old) else { return Ok(None) };
    type Fields<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;
    let read = |object| serde_json::from_slice::<Fields<'_>>(object);
    let fields =
        |object| read(object).map_err(|error| NotARow::Event(format!("a row cannot be read: {error}")));
    let (now, old) = (fields(row)?, fields(old.get().as_bytes())?);
    if !keys
        .iter()
        .any(|key| old.get(key).is_some_and(|value| now.get(key).is_none_or(|now| now.get() != value.get())))
    {
        return Ok(None);
    }
    // All other columns are needed too where they may not be null; a deleted row shows none of them.
    let before: Fields<'_> = now
        .into_iter()
        .map(|(name, value)| {
            let value = old.get(&name).copied().unwrap_or(value);
            (name, value)
        })
        .collect();
    serde_json::to_vec(&before).map(Some).map_err(|error| NotARow::Event(error.to_string()))
}
