//! Which rows a record holds: one as it is, or those that a change event of a database tells of.

mod canal;
mod debezium;
mod tombstone;

use super::{
    NotARow,
    logical::Moments,
    row::{Change, Row, RowValue},
};
use crate::{
    config::{Envelope, Settings},
    json,
};
use connector_api::{ConnectRecord, Value};
pub(super) use tombstone::Tombstones;

/// Takes rows out of records, as the configuration says.
#[derive(Debug, Clone)]
pub(super) struct Unwrapper {
    pub(super) envelope: Envelope,
    pub(super) tombstones: Tombstones,
    /// The field that says whether a row is to be deleted; empty when none does.
    pub(super) delete_field: String,
    /// Whether rows can be deleted.
    pub(super) deletes: bool,
    /// How moments are written.
    pub(super) moments: Moments,
}

/// Takes a row.
pub(super) type Take<'t> = dyn FnMut(&Row<'_>) -> Result<(), NotARow> + 't;

impl Unwrapper {
    pub(super) fn new(settings: &Settings) -> Self {
        let tombstones = Tombstones { policy: settings.null_values, key_column: settings.key_column.clone() };
        Self {
            envelope: settings.envelope,
            tombstones,
            delete_field: settings.delete_field.clone(),
            deletes: settings.deletes,
            moments: settings.moments,
        }
    }

    /// Gives the rows of `record` to `take`, in order. A record may have none.
    pub(super) fn unwrap(&self, record: &ConnectRecord, take: &mut Take<'_>) -> Result<(), NotARow> {
        let take = &mut |row: &Row<'_>| match row.change {
            Change::Delete if !self.deletes => Err(NotARow::Delete),
            _ => take(row),
        };
        if *record.value() == Value::Null {
            return self.tombstones.unwrap(record.key(), take);
        }
        match self.envelope {
            Envelope::None => take(&self.flagged(plain(record)?)),
            Envelope::Debezium => debezium::unwrap(self, record, take),
            Envelope::Canal => canal::unwrap(record, take),
        }
    }

    /// The same row, deleted if the field that says so does.
    fn flagged<'a>(&self, row: Row<'a>) -> Row<'a> {
        if self.delete_field.is_empty() {
            return row;
        }
        let is_set = row
            .field(&self.delete_field)
            .is_some_and(|flag| ["true", "1", "d"].iter().any(|word| flag.eq_ignore_ascii_case(word)));
        if is_set { row.deleted() } else { row }
    }
}

/// The record's value as one row.
fn plain(record: &ConnectRecord) -> Result<Row<'_>, NotARow> {
    let value = match record.value().as_raw() {
        Some(raw) => {
            let shape = json::scan(raw)?;
            let object = raw[shape.start..shape.end].into();
            RowValue::Json { object, has_line_breaks: shape.has_line_breaks }
        }
        None => RowValue::Typed(record.value(), record.schema().map(|schema| &**schema)),
    };
    Ok(Row::upsert(value))
}

#[cfg(test)]
mod tests;
