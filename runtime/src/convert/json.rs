//! `JsonConverter` without schemas: JSON, checked and passed on as the text it is.

use super::{ConvertError, Converter, OptionError, Options};
use bytes::Bytes;
use connector_api::{Text, Value};
use serde::de::IgnoredAny;
use std::sync::Arc;

#[derive(Debug)]
struct JsonConverter;

pub(super) fn make(options: Options<'_>) -> Result<Arc<dyn Converter>, OptionError> {
    const SCHEMAS: &str = "schemas.enable";
    // A Java worker's default is `true`.
    let schemas = options.iter().find(|(name, _)| *name == SCHEMAS).map_or("true", |(_, value)| value.trim());
    if schemas.eq_ignore_ascii_case("false") {
        return Ok(Arc::new(JsonConverter));
    }
    Err(OptionError {
        option: SCHEMAS.to_owned(),
        problem: format!("{schemas:?} is not supported, set it to false"),
    })
}

impl Converter for JsonConverter {
    fn convert(&self, bytes: Bytes) -> Result<Value, ConvertError> {
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        let refused = |reason: String| ConvertError { converter: "JsonConverter", reason };
        serde_json::from_slice::<IgnoredAny>(&bytes).map_err(|error| refused(error.to_string()))?;
        Text::from_utf8(bytes).map(Value::String).map_err(|error| refused(error.to_string()))
    }
}
