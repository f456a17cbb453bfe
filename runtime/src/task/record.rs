//! From messages to records. Their parts share the messages' bytes.

use super::{
    dead_letter::{Refused, Stage},
    settings::Settings,
};
use crate::convert::Converted;
use bytes::Bytes;
use connector_api::{ConnectRecord, Headers, QueueId, QueueOffset};
use remoting::message::{Message, names};
use transforms::Chain;

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

/// What makes records of messages, the same ones each time.
pub(super) struct Conversion<'a> {
    pub(super) settings: &'a Settings,
    pub(super) chain: &'a mut Chain,
    /// Where the messages come from.
    pub(super) queue: &'a QueueId,
}

impl Conversion<'_> {
    /// The records of `messages`, but for those that a transform drops, and the messages that are refused, where it may end with the first of them.
    pub(super) fn convert(
        &mut self,
        messages: &[Message],
        at_refused: AtRefused,
    ) -> (Vec<ConnectRecord>, Vec<Refused>) {
        let mut records = Vec::with_capacity(messages.len());
        let mut refused = Vec::new();
        for message in messages {
            let Some(offset) = QueueOffset::new(message.offset) else { continue };
            match self.record(message, offset) {
                Ok(record) => records.extend(record),
                Err((stage, reason)) => {
                    refused.push(Refused { offset, reason, stage, message: message.clone() });
                    if at_refused == AtRefused::End {
                        break;
                    }
                }
            }
        }
        (records, refused)
    }

    /// The record of `message`; `None` when a transform drops it.
    fn record(
        &mut self,
        message: &Message,
        offset: QueueOffset,
    ) -> Result<Option<ConnectRecord>, (Stage, String)> {
        let record =
            converted(self.settings, message, offset).map_err(|reason| (Stage::Converter, reason))?;
        let transformed = self.chain.apply(self.queue, record);
        transformed.map_err(|error| (Stage::Transformation, error.to_string()))
    }
}

fn converted(settings: &Settings, message: &Message, offset: QueueOffset) -> Result<ConnectRecord, String> {
    if let Some(fault) = &message.fault {
        return Err(fault.to_string());
    }
    let Converted { value, schema } =
        settings.value_converter.convert(message.body.clone()).map_err(|error| format!("body: {error}"))?;
    let timestamp = message.properties.get(TIMESTAMP).and_then(|text| text.parse().ok());
    let mut record = ConnectRecord::new(offset, value)
        .with_timestamp(timestamp.unwrap_or(message.born_timestamp))
        .with_headers(Headers::from_raw(message.properties.as_bytes().clone()));
    if let Some(schema) = schema {
        record = record.with_schema(schema);
    }
    let Some(Converted { value, schema }) = key(settings, message)? else { return Ok(record) };
    record = record.with_key(value);
    if let Some(schema) = schema {
        record = record.with_key_schema(schema);
    }
    Ok(record)
}

fn key(settings: &Settings, message: &Message) -> Result<Option<Converted>, String> {
    let Some(text) = message.properties.get(names::KEYS).filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let bytes: Bytes = message.properties.as_bytes().slice_ref(text.as_bytes());
    let converted = settings.key_converter.convert(bytes);
    converted.map(Some).map_err(|error| format!("key: {error}"))
}
