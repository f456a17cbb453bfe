//! Records without a value: nothing, a mistake, or the end of the row with their key.

use super::{NotARow, Row, RowValue, Take};
use crate::{config::NullValues, json};
use connector_api::Value;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What becomes of them.
#[derive(Debug, Clone)]
pub(crate) struct Tombstones {
    pub(crate) policy: NullValues,
    /// The key column that a key is of which is no object; empty when keys are objects.
    pub(crate) key_column: String,
}

/// What JsonConverter wraps a key in.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow, rename = "schema")]
    _schema: &'a RawValue,
    #[serde(borrow)]
    payload: &'a RawValue,
}

impl Tombstones {
    pub(super) fn unwrap(&self, key: Option<&Value>, take: &mut Take<'_>) -> Result<(), NotARow> {
        match self.policy {
            NullValues::Refuse => Err(NotARow::Null),
            NullValues::LeaveOut => Ok(()),
            NullValues::Delete => match key {
                None | Some(Value::Null) => Err(NotARow::NoKey),
                Some(key) => self.delete(key, take),
            },
        }
    }

    fn delete(&self, key: &Value, take: &mut Take<'_>) -> Result<(), NotARow> {
        if let Value::Map(_) | Value::Struct(_) = key {
            return take(&Row::upsert(RowValue::Typed(key, None)).deleted());
        }
        if let Some(raw) = key.as_raw()
            && let Ok(shape) = json::scan(raw)
        {
            let object = &raw[shape.start..shape.end];
            let object = match serde_json::from_slice::<Wrapped<'_>>(object) {
                Ok(wrapped) if json::scan(wrapped.payload.get().as_bytes()).is_ok() => {
                    wrapped.payload.get().as_bytes()
                }
                _ => object,
            };
            return take(
                &Row::upsert(RowValue::Json { object: object.into(), has_line_breaks: true }).deleted(),
            );
        }
        match self.key_column.as_str() {
            "" => Err(NotARow::KeyColumn),
            column => take(&Row::upsert(RowValue::Field(column, key)).deleted()),
        }
    }
}
