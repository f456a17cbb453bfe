//! From messages to records. Their parts share the messages' bytes.

use super::{
    dead_letter::{Refused, Stage},
    settings::Settings,
};
use crate::convert::Converted;
use bytes::Bytes;
use connector_api::{ConnectRecord, Headers, QueueOffset, Value};
use remoting::message::{Message, names};

/// The property with the time that the producer gave a record, in milliseconds since 1970.
const TIMESTAMP: &str = "connect.timestamp";

/// What to do where a message cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtRefused {
    /// Leave it and what follows.
    End,
    /// Go on behind it.
    GoOn,
}

/// The records of `messages` and those that cannot be converted, where it may end with the first of them.
pub(super) fn convert(
    settings: &Settings,
    messages: &[Message],
    at_refused: AtRefused,
) -> (Vec<ConnectRecord>, Vec<Refused>) {
    let mut records = Vec::with_capacity(messages.len());
    let mut refused = Vec::new();
    for message in messages {
        let Some(offset) = QueueOffset::new(message.offset) else { continue };
        match record(settings, message, offset) {
            Ok(record) => records.push(record),
            Err(reason) => {
                refused.push(Refused { offset, reason, stage: Stage::Converter, message: message.clone() });
                if at_refused == AtRefused::End {
                    break;
                }
            }
        }
    }
    (records, refused)
}

fn record(settings: &Settings, message: &Message, offset: QueueOffset) -> Result<ConnectRecord, String> {
    if let Some(fault) = &message.fault {
        return Err(fault.to_string());
    }
    let Converted { value, schema } =
        settings.value_converter.convert(message.body.clone()).map_err(|error| format!("body: {error}"))?;
    let timestamp = message.properties.get(TIMESTAMP).and_then(|text| text.parse().ok());
    let record = ConnectRecord::new(offset, value)
        .with_timestamp(timestamp.unwrap_or(message.born_timestamp))
        .with_headers(Headers::from_raw(message.properties.as_bytes().clone()));
    let record = match schema {
        Some(schema) => record.with_schema(schema),
        None => record,
    };
    match key(settings, message)? {
        Some(key) => Ok(record.with_key(key)),
        None => Ok(record),
    }
}

fn key(settings: &Settings, message: &Message) -> Result<Option<Value>, String> {
    let Some(text) = message.properties.get(names::KEYS).filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let bytes: Bytes = message.properties.as_bytes().slice_ref(text.as_bytes());
    let converted = settings.key_converter.convert(bytes);
    converted.map(|key| Some(key.value)).map_err(|error| format!("key: {error}"))
}
