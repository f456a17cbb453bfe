//! Payloads, read as their schema says.

use super::decimal;
use base64::{Engine, prelude::BASE64_STANDARD};
use connector_api::{FieldType, Schema, Value};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::HashMap, str::FromStr};

/// The logical type of decimals, in the words of OpenMessaging Connect and of Kafka Connect.
const DECIMAL: [&str; 2] =
    ["io.openmessaging.connector.api.data.logical.Decimal", "org.apache.kafka.connect.data.Decimal"];

/// The value of a JSON text.
///
/// # Errors
/// Where it is not what the schema says, and what stands there.
pub(super) fn read(json: &str, schema: &Schema) -> Result<Value, String> {
    value(json, schema).map_err(|Misfit { path, problem }| match path.is_empty() {
        true => format!("payload: {problem}"),
        false => format!("payload{path}: {problem}"),
    })
}

/// What does not fit, and where below the value that is read.
struct Misfit {
    path: String,
    problem: String,
}

impl Misfit {
    fn below(self, part: &str) -> Self {
        Self { path: format!("{part}{}", self.path), ..self }
    }
}

impl From<String> for Misfit {
    fn from(problem: String) -> Self {
        Self { path: String::new(), problem }
    }
}

fn value(json: &str, schema: &Schema) -> Result<Value, Misfit> {
    if json == "null" {
        return Ok(Value::Null);
    }
    match &schema.field_type {
        FieldType::Boolean => number(json, "a boolean").map(Value::Boolean),
        FieldType::Int8 => number(json, "a whole number of 8 bits").map(Value::Int8),
        FieldType::Int16 => number(json, "a whole number of 16 bits").map(Value::Int16),
        FieldType::Int32 => number(json, "a whole number of 32 bits").map(Value::Int32),
        FieldType::Int64 => number(json, "a whole number of 64 bits").map(Value::Int64),
        FieldType::Float32 => number(json, "a number").map(Value::Float32),
        FieldType::Float64 => number(json, "a number").map(Value::Float64),
        // Objects and arrays are kept as their text.
        FieldType::String => Ok(Value::String(text(json).unwrap_or(Cow::Borrowed(json)).into())),
        FieldType::Bytes => bytes(json, schema).map(|bytes| Value::Bytes(bytes.into())),
        FieldType::Array(item) => {
            let items: Vec<&RawValue> = parse(json, "an array")?;
            let item = |(index, json): (usize, &RawValue)| {
                value(json.get(), item).map_err(|misfit| misfit.below(&format!("[{index}]")))
            };
            items.into_iter().enumerate().map(item).collect::<Result<_, _>>().map(Value::Array)
        }
        FieldType::Map(key, item) => pairs(json, key, item).map(Value::Map),
        FieldType::Struct(fields) => {
            let members: HashMap<Cow<'_, str>, &RawValue> = parse(json, "an object")?;
            let fields = fields.iter().map(|field| {
                let json = members.get(field.name.as_str()).map_or("null", |json| json.get());
                let value = value(json, &field.schema);
                value
                    .map(|value| (field.name.clone(), value))
                    .map_err(|misfit| misfit.below(&format!(".{}", field.name)))
            });
            fields.collect::<Result<_, _>>().map(Value::Struct)
        }
    }
}

/// Keys that are texts are names of an object; others come as an array of pairs.
fn pairs(json: &str, key: &Schema, item: &Schema) -> Result<Vec<(Value, Value)>, Misfit> {
    if key.field_type == FieldType::String {
        let members: serde_json::Map<String, serde_json::Value> = parse(json, "an object")?;
        let pair = |(name, json): (String, serde_json::Value)| {
            let value = value(&json.to_string(), item).map_err(|misfit| misfit.below(&format!(".{name}")))?;
            Ok((Value::String(name.into()), value))
        };
        return members.into_iter().map(pair).collect();
    }
    let members: Vec<(&RawValue, &RawValue)> = parse(json, "an array of pairs")?;
    members.into_iter().map(|(k, v)| Ok((value(k.get(), key)?, value(v.get(), item)?))).collect()
}

/// A number, also one in quotes.
fn number<N: FromStr>(json: &str, expected: &str) -> Result<N, Misfit> {
    let text = text(json).unwrap_or(Cow::Borrowed(json));
    text.trim().parse().map_err(|_| unexpected(json, expected))
}

fn bytes(json: &str, schema: &Schema) -> Result<Vec<u8>, Misfit> {
    let is_decimal = schema.name.as_ref().is_some_and(|name| DECIMAL.contains(&name.as_str()));
    match text(json) {
        Some(text) => BASE64_STANDARD.decode(text.as_bytes()).map_err(|_| unexpected(json, "base64")),
        None if is_decimal => {
            let scale = schema.parameters.iter().find(|(name, _)| name.as_str() == "scale");
            let scale = scale.and_then(|(_, scale)| scale.trim().parse().ok()).unwrap_or_default();
            decimal::unscaled(json, scale).map_err(Misfit::from)
        }
        None => Err(unexpected(json, "base64")),
    }
}

/// The text of a JSON text in quotes.
fn text(json: &str) -> Option<Cow<'_, str>> {
    if !json.starts_with('"') {
        return None;
    }
    let inside = &json[1..json.len() - 1];
    match inside.contains('\\') {
        true => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
        false => Some(Cow::Borrowed(inside)),
    }
}

fn parse<'j, T: serde::Deserialize<'j>>(json: &'j str, expected: &str) -> Result<T, Misfit> {
    serde_json::from_str(json).map_err(|_| unexpected(json, expected))
}

fn unexpected(json: &str, expected: &str) -> Misfit {
    let shown: String = json.chars().take(100).collect();
    format!("{shown} is not {expected}").into()
}
