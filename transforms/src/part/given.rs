//! A part as it came, before anybody knows what it is.

use crate::{
    json::{Malformed, whole},
    scalar::Scalar,
};
use bytes::Bytes;
use connector_api::{SchemaRef, Value};

#[derive(Debug)]
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) schema: Option<SchemaRef>,
}

impl Given {
    /// The text, when it begins like an object of JSON.
    pub(super) fn object_text(&self) -> Result<Option<Bytes>, Malformed> {
        let Some(bytes) = self.value.as_raw().filter(|bytes| bytes.trim_ascii_start().starts_with(b"{"))
        else {
            return Ok(None);
        };
        if matches!(self.value, Value::Bytes(_)) {
            std::str::from_utf8(bytes).map_err(|error| Malformed::NotUtf8(error.valid_up_to()))?;
        }
        Ok(Some(bytes.clone()))
    }

    /// What it is. Text that is one JSON value is that value; other text is text.
    pub(super) fn scalar(&self) -> Scalar<'_> {
        self.json().map_or_else(|| Scalar::of_value(&self.value), Scalar::of_json)
    }

    /// The one JSON value that the text is.
    fn json(&self) -> Option<&[u8]> {
        let bytes = self.value.as_raw()?;
        let span = whole(bytes).ok()?;
        std::str::from_utf8(bytes).ok().map(|_| span.of(bytes))
    }

    /// The same, sharing its bytes.
    pub(super) fn shared_json(&self) -> Option<Bytes> {
        Some(self.value.as_raw()?.slice_ref(self.json()?))
    }
}

/// No value, or text that says so: a message cannot have a null for a body, and some send `null` for it.
pub(crate) fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        other => other.as_raw().is_some_and(|bytes| bytes.is_empty() || bytes.as_ref() == b"null"),
    }
}
