//! `JsonConverter`: JSON with a schema beside it, or without one.
//!
//! Without schemas (`schemas.enable=false`) the text is checked and passed on as it is. With them a record is
//! `{"schema": …, "payload": …}`, and its payload is read as the schema says.

mod decimal;
mod payload;
mod schema;

use super::{ConvertError, Converted, Converter, OptionError, Options, given, known_options};
use bytes::Bytes;
use connector_api::{SchemaRef, Text, Value};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

const NAME: &str = "JsonConverter";
const SCHEMAS: &str = "schemas.enable";
const CACHE: &str = "schemas.cache.size";
const DECIMALS: &str = "decimal.format";

pub(super) fn make(options: Options<'_>) -> Result<Arc<dyn Converter>, OptionError> {
    known_options(options, &[SCHEMAS, CACHE, DECIMALS])?;
    let decimals = given(options, DECIMALS).unwrap_or("BASE64");
    // It says how decimals are written; read they are in either form.
    if !["BASE64", "NUMERIC"].iter().any(|format| decimals.eq_ignore_ascii_case(format)) {
        return Err(OptionError::new(DECIMALS, format!("{decimals:?} is neither BASE64 nor NUMERIC")));
    }
    let size = given(options, CACHE).unwrap_or("1000");
    let size: usize =
        size.parse().map_err(|_| OptionError::new(CACHE, format!("{size:?} is not a whole number")))?;
    // A Java worker's default is `true`.
    match given(options, SCHEMAS).unwrap_or("true") {
        on if on.eq_ignore_ascii_case("true") => Ok(Arc::new(WithSchemas { size, known: Mutex::default() })),
        off if off.eq_ignore_ascii_case("false") => Ok(Arc::new(WithoutSchemas)),
        other => Err(OptionError::new(SCHEMAS, format!("{other:?} is neither true nor false"))),
    }
}

fn refused(reason: impl ToString) -> ConvertError {
    ConvertError { converter: NAME, reason: reason.to_string() }
}

#[derive(Debug)]
struct WithoutSchemas;

impl Converter for WithoutSchemas {
    fn convert(&self, bytes: Bytes) -> Result<Converted, ConvertError> {
        if bytes.is_empty() {
            return Ok(Value::Null.into());
        }
        serde_json::from_slice::<IgnoredAny>(&bytes).map_err(refused)?;
        Text::from_utf8(bytes).map(|text| Value::String(text).into()).map_err(refused)
    }
}

/// Schemas that were read, by their texts: records mostly come with one of a few.
#[derive(Debug)]
struct WithSchemas {
    size: usize,
    known: Mutex<HashMap<Box<str>, SchemaRef>>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    schema: Option<&'a RawValue>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl Converter for WithSchemas {
    fn convert(&self, bytes: Bytes) -> Result<Converted, ConvertError> {
        if bytes.is_empty() {
            return Ok(Value::Null.into());
        }
        let envelope: Envelope<'_> = serde_json::from_slice(&bytes).map_err(|error| {
            refused(format!(
                "not {{\"schema\": …, \"payload\": …}}: {error}; {SCHEMAS}=false reads plain JSON"
            ))
        })?;
        let Envelope { schema, payload } = envelope;
        match (schema.filter(|schema| schema.get() != "null"), payload) {
            (Some(schema), payload) => {
                let schema = self.schema(schema.get())?;
                let value = payload::read(payload.map_or("null", RawValue::get), &schema).map_err(refused)?;
                Ok(Converted { value, schema: Some(schema) })
            }
            // Without a schema the payload is what it is.
            (None, Some(payload)) => {
                let text = bytes.slice_ref(payload.get().as_bytes());
                Text::from_utf8(text).map(|text| Value::String(text).into()).map_err(refused)
            }
            (None, None) => {
                Err(refused(format!("it has neither schema nor payload; {SCHEMAS}=false reads plain JSON")))
            }
        }
    }
}

impl WithSchemas {
    fn schema(&self, text: &str) -> Result<SchemaRef, ConvertError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = known.get(text) {
            return Ok(Arc::clone(schema));
        }
        let schema = Arc::new(schema::read(text).map_err(refused)?);
        if known.len() >= self.size {
            known.clear();
        }
        known.insert(text.into(), Arc::clone(&schema));
        Ok(schema)
    }
}

#[cfg(test)]
mod tests;
