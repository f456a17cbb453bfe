//! Records of internal topics, as they stand there.

use base64::{Engine, prelude::BASE64_STANDARD};
use remoting::{OutgoingMessage, Queue, message::Message};
use serde_json::Value;

use crate::rig::{CLASS, Rig};

pub(crate) const CONFIGS: &str = "connector-config-topic";
pub(crate) const OFFSETS: &str = "connector-offset-topic";
pub(crate) const STATUSES: &str = "connector-status-topic";

/// One record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) key: String,
    pub(crate) queue: i32,
    pub(crate) offset: i64,
    /// Schema and payload.
    pub(crate) body: Value,
}

/// The records that a topic has, queue after queue.
pub(crate) async fn records(rig: &Rig, topic: &str) -> anyhow::Result<Vec<Record>> {
    rig.messages(topic).await?.iter().map(Record::of).collect()
}

/// The newest record with that key.
pub(crate) async fn newest(rig: &Rig, topic: &str, key: &str) -> anyhow::Result<Option<Record>> {
    Ok(records(rig, topic).await?.into_iter().rfind(|record| record.key == key))
}

impl Record {
    fn of(message: &Message) -> anyhow::Result<Self> {
        let key = BASE64_STANDARD.decode(message.keys().unwrap_or_default())?;
        let body = serde_json::from_slice(&message.body)?;
        Ok(Self { key: String::from_utf8(key)?, queue: message.queue_id, offset: message.offset, body })
    }
}

/// Appends a record with the key as a Java worker encodes it, and without a word of ours. Answers with its offset.
pub(crate) async fn append(
    rig: &Rig,
    place: (&str, i32),
    key: &str,
    body: impl AsRef<str>,
) -> anyhow::Result<i64> {
    append_with(rig, place, key, body, &[]).await
}

/// Says that a later version of this program has written the record.
pub(crate) const NEWER: (&str, &str) = ("connect.format", "9");
/// Says that the record was published before.
pub(crate) const AGAIN: (&str, &str) = ("connect.snapshot", "true");

/// Appends a record with these properties.
pub(crate) async fn append_with(
    rig: &Rig,
    (topic, queue): (&str, i32),
    key: &str,
    body: impl AsRef<str>,
    properties: &[(&str, &str)],
) -> anyhow::Result<i64> {
    let properties = properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let message = OutgoingMessage {
        keys: Some(BASE64_STANDARD.encode(key)),
        properties: properties.collect(),
        ..OutgoingMessage::new(body.as_ref().to_owned())
    };
    Ok(rig.client.send(&Queue::new(topic, "b", queue), &message).await?.offset)
}

/// A connector's record as a Java worker writes it; a side effect of its schema cache puts a stray `field` into the map.
pub(crate) fn connector(epoch: i64) -> String {
    connector_of_tasks(1, epoch)
}

/// The same with so many tasks.
pub(crate) fn connector_of_tasks(tasks: u32, epoch: i64) -> String {
    format!(
        r#"{{"schema":{{"type":"struct","optional":true,"fields":[{{"type":"string","optional":true,"field":"state"}},
        {{"type":"int64","optional":true,"field":"epoch"}},{{"type":"map","optional":true,"field":"properties",
        "keys":{{"type":"string","optional":true,"field":"x"}},"values":{{"type":"string","optional":true}}}}]}},
        "payload":{{"state":"STARTED","epoch":{epoch},"properties":{{"connector.class":"{CLASS}",
        "connect.topicnames":"t","max.tasks":"{tasks}"}}}}}}"#
    )
}

/// What the operator wants of a connector, as a Java worker writes it.
pub(crate) fn target(state: &str, epoch: i64) -> String {
    format!(
        r#"{{"schema":{{"type":"struct","optional":true,"fields":[{{"type":"string","optional":true,"field":"state"}},
        {{"type":"int64","optional":true,"field":"epoch"}}]}},"payload":{{"epoch":{epoch},"state":"{state}"}}}}"#
    )
}

/// A deletion as a Java worker writes it now, under `target-state-<name>`.
pub(crate) fn deletion(epoch: i64) -> String {
    format!(
        r#"{{"schema":{{"type":"struct","optional":true,"fields":[{{"type":"int64","optional":true,"field":"epoch"}},
        {{"type":"boolean","optional":true,"field":"deleted"}}]}},"payload":{{"epoch":{epoch},"deleted":true}}}}"#
    )
}

/// A deletion as a Java worker wrote it once, under `delete-<name>`.
pub(crate) fn old_deletion(epoch: i64) -> String {
    format!(
        r#"{{"schema":{{"type":"struct","optional":true,"fields":[{{"type":"int64","optional":true,"field":"epoch"}}]}},
        "payload":{{"epoch":{epoch}}}}}"#
    )
}
