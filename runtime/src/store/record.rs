//! Messages of internal topics: the form that a Java worker gives them.
//!
//! Property `KEYS` is the base64 of the key, the body is `{"schema":…,"payload":…}` as `JsonConverter` writes it, and the queue
//! is chosen by `String.hashCode()` of the base64 key. Beside that, a record of ours has property [`FORMAT`], by which
//! a later version's record is told from one that is torn.

use super::error::Unreadable;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use remoting::message::{Message, names};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{fmt, sync::Arc};

/// The property that says in which format a record was written. A Java worker's records have none.
pub(super) const FORMAT: &str = "connect.format";

/// The newest format known here.
pub(super) const NEWEST_FORMAT: u32 = 1;

/// The format of records that do not say theirs.
const BY_HAND: u32 = 0;

/// The property of a record that was published before and is published again: it says nothing new.
pub(super) const SNAPSHOT: &str = "connect.snapshot";

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The topic.
    pub topic: Arc<str>,
    /// The broker that has the queue.
    pub broker: Arc<str>,
    /// The queue's number on that broker.
    pub queue: u32,
    /// The record's position in the queue.
    pub offset: i64,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, broker, queue, offset } = self;
        write!(f, "topic {topic}, broker {broker}, queue {queue}, offset {offset}")
    }
}

/// Where a record stands in the topic at hand, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Index of the queue.
    pub(super) index: usize,
    /// The record's position in the queue.
    pub(super) offset: i64,
    /// When the broker stored it, in milliseconds since 1970.
    pub(super) stored: i64,
}

/// A message of an internal topic whose key could be read.
#[derive(Debug, Clone)]
pub(super) struct LogRecord {
    /// The key, decoded.
    pub(super) key: String,
    /// Where it stands, for people.
    pub(super) location: Location,
    /// Where it stands.
    pub(super) place: Place,
    /// Whether it was only published again.
    pub(super) is_snapshot: bool,
    format: u32,
    body: Bytes,
}

impl LogRecord {
    /// The record in `message` of the queue with this index; `None` when it has no key that could be one of Connect's.
    pub(super) fn of(message: &Message, index: usize, location: Location) -> Option<Self> {
        let key = BASE64_STANDARD.decode(message.properties.get(names::KEYS)?).ok()?;
        let key = String::from_utf8(key).ok()?;
        let format = message.properties.get(FORMAT).map_or(BY_HAND, |text| text.parse().unwrap_or(u32::MAX));
        let is_snapshot = message.properties.get(SNAPSHOT).is_some();
        let place = Place { index, offset: message.offset, stored: message.store_timestamp };
        Some(Self { key, location, place, is_snapshot, format, body: message.body.clone() })
    }

    /// Whether an operator has published it, or a Java worker.
    pub(super) fn is_by_hand(&self) -> bool {
        self.format == BY_HAND
    }

    /// The payload of the body.
    pub(super) fn payload(&self) -> Result<Value, Unreadable> {
        // Invariant 7: a record that cannot be read is told apart from one that is not there.
        if self.format > NEWEST_FORMAT {
            return Err(Unreadable::Newer { found: self.format, known: NEWEST_FORMAT });
        }
        let body: Body = serde_json::from_slice(&self.body).map_err(|e| Unreadable::Torn(e.to_string()))?;
        match body.payload {
            payload @ Value::Object(_) => Ok(payload),
            _ => Err(Unreadable::Torn("there is no object under payload".to_owned())),
        }
    }
}

/// What is read of a message's body; its schema is not.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    payload: Value,
}

/// A record to be appended.
#[derive(Debug, Clone)]
pub(super) struct NewRecord {
    /// The key, not yet encoded.
    pub(super) key: String,
    /// Schema and payload.
    pub(super) body: Bytes,
    /// Whether it was published before.
    pub(super) is_snapshot: bool,
}

impl NewRecord {
    /// A record with the schema and the payload of a struct of `fields`.
    pub(super) fn of_struct(key: String, fields: &[(&str, Value)], payload: Value) -> Self {
        let fields: Vec<Value> = fields.iter().map(|(name, schema)| field(name, schema)).collect();
        let schema = json!({"type": "struct", "optional": true, "fields": fields});
        let body = json!({"schema": schema, "payload": payload}).to_string();
        Self { key, body: body.into(), is_snapshot: false }
    }

    /// The same, published again.
    pub(super) fn again(self) -> Self {
        Self { is_snapshot: true, ..self }
    }

    /// The key as it stands in property `KEYS`.
    pub(super) fn encoded_key(&self) -> String {
        BASE64_STANDARD.encode(&self.key)
    }
}

/// The schema of an optional value of a type without parts.
pub(super) fn plain(kind: &str) -> Value {
    json!({"type": kind, "optional": true})
}

/// The schema of an optional map of texts.
pub(super) fn text_map() -> Value {
    json!({"type": "map", "optional": true, "keys": plain("string"), "values": plain("string")})
}

fn field(name: &str, schema: &Value) -> Value {
    let mut field = schema.clone();
    if let Value::Object(entries) = &mut field {
        entries.insert("field".to_owned(), name.into());
    }
    field
}

/// Which of `count` queues a Java worker puts the record with this encoded key in.
pub(super) fn queue_index(encoded_key: &str, count: usize) -> usize {
    // `String.hashCode()`: over UTF-16 units, which for base64 are its bytes.
    let hash = encoded_key.bytes().fold(0i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let count = i64::try_from(count.max(1)).unwrap_or(i64::MAX);
    usize::try_from((i64::from(hash) % count).abs()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_encoded_and_placed_as_a_java_worker_does_it() {
        let record = NewRecord::of_struct("connector-doris1".into(), &[], json!({}));
        assert_eq!(record.encoded_key(), "Y29ubmVjdG9yLWRvcmlzMQ==");
        let check = |key: &str, count, expected| assert_eq!(queue_index(key, count), expected, "{key}");
        check("a", 4, 97 % 4);
        check("abc", 1000, 354);
        check("polygenelubricants", 7, 2); // hash is -2^31
        check("", 3, 0);
    }

    #[test]
    fn a_struct_carries_its_schema() {
        let record = NewRecord::of_struct(
            "target-state-a".into(),
            &[("state", plain("string")), ("epoch", plain("int64"))],
            json!({"state": "PAUSED", "epoch": 5}),
        );
        let body: Value = serde_json::from_slice(&record.body).unwrap();
        assert_eq!(
            body,
            json!({"schema": {"type": "struct", "optional": true, "fields": [
                    {"type": "string", "optional": true, "field": "state"},
                    {"type": "int64", "optional": true, "field": "epoch"}]},
                "payload": {"state": "PAUSED", "epoch": 5}})
        );
    }
}
