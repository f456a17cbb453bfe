//! What becomes one row of a table.

use connector_api::{FieldType, Schema, Value};
use std::borrow::Cow;

/// The column that marks a row to be deleted (Doris, `Column.DELETE_SIGN`).
pub(crate) const DELETE_SIGN: &str = "__DORIS_DELETE_SIGN__";

/// A row, and what is to be done with it.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    pub(super) value: RowValue<'a>,
    pub(super) change: Change,
    pub(super) origin: Origin<'a>,
}

/// The fields of a row.
#[derive(Debug, Clone)]
pub(super) enum RowValue<'a> {
    /// One JSON object without white space around it, and whether line breaks may stand between its tokens.
    Json { object: Cow<'a, [u8]>, has_line_breaks: bool },
    /// A value that is to be a map or a struct, and its schema if it has one.
    Typed(&'a Value, Option<&'a Schema>),
    /// The only field of a row.
    Field(&'a str, &'a Value),
}

/// What is done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is there from now on, in the place of what has its key.
    Upsert,
    /// What has its key is there no longer.
    Delete,
}

/// Where a database had the row, as change events tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Origin<'a> {
    pub(super) database: Option<Cow<'a, str>>,
    pub(super) table: Option<Cow<'a, str>>,
}

impl<'a> Row<'a> {
    /// A row that is there from now on, of no known origin.
    pub(super) fn upsert(value: RowValue<'a>) -> Self {
        Self { value, change: Change::Upsert, origin: Origin::default() }
    }

    /// The same, gone from now on.
    pub(super) fn deleted(self) -> Self {
        Self { change: Change::Delete, ..self }
    }

    /// The text of a field, for whoever decides by it where the row goes: of the row, or `source.db` and `source.table` of the
    /// change event that it was in.
    pub(super) fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        let origin = match name {
            "source.db" => self.origin.database.as_deref(),
            "source.table" => self.origin.table.as_deref(),
            _ => None,
        };
        if let Some(origin) = origin {
            return Some(Cow::Borrowed(origin));
        }
        match &self.value {
            RowValue::Json { object, .. } => crate::route::field::of_json(object, name),
            RowValue::Typed(value, _) => crate::route::field::of_value(value, name),
            RowValue::Field(..) => None,
        }
    }
}

/// The field called `name` of a struct or map, with its schema.
pub(super) fn field_of<'a>(
    value: &'a Value,
    schema: Option<&'a Schema>,
    name: &str,
) -> Option<(&'a Value, Option<&'a Schema>)> {
    let found = match value {
        Value::Struct(fields) => fields.iter().find(|(field, _)| **field == *name).map(|(_, value)| value),
        Value::Map(pairs) => {
            pairs.iter().find(|(key, _)| *key.text() == *name.as_bytes()).map(|(_, value)| value)
        }
        _ => None,
    }?;
    let schema = match schema.map(|schema| &schema.field_type) {
        Some(FieldType::Struct(fields)) => {
            fields.iter().find(|field| *field.name == *name).map(|field| &*field.schema)
        }
        _ => None,
    };
    Some((found, schema))
}
