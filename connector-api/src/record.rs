//! One record on its way from a queue to a sink.

use crate::{Headers, QueueOffset, SchemaRef, Value};
use std::sync::Arc;

/// A RocketMQ message as connectors see it: key, value, headers, and where it stood.
#[derive(Debug, Clone)]
pub struct ConnectRecord {
    offset: QueueOffset,
    timestamp: i64,
    topic: Option<Arc<str>>,
    key: Option<Value>,
    key_schema: Option<SchemaRef>,
    schema: Option<SchemaRef>,
    value: Value,
    headers: Headers,
}

impl ConnectRecord {
    /// A record with `value` at `offset`; everything else absent.
    pub fn new(offset: QueueOffset, value: Value) -> Self {
        Self {
            offset,
            timestamp: 0,
            topic: None,
            key: None,
            key_schema: None,
            schema: None,
            value,
            headers: Headers::default(),
        }
    }

    /// The same record with a timestamp, in milliseconds since 1970 UTC.
    #[must_use]
    pub fn with_timestamp(mut self, millis: i64) -> Self {
        self.timestamp = millis;
        self
    }

    /// The same record as if it came from another topic: what a transform that routes does.
    ///
    /// Where the record stands is not touched by it: its batch and its offset are those of the queue that it came from.
    #[must_use]
    pub fn with_topic(mut self, topic: Arc<str>) -> Self {
        self.topic = Some(topic);
        self
    }

    /// The same record with a converted key.
    #[must_use]
    pub fn with_key(mut self, key: Value) -> Self {
        self.key = Some(key);
        self
    }

    /// The same record with a schema that describes its key.
    #[must_use]
    pub fn with_key_schema(mut self, schema: SchemaRef) -> Self {
        self.key_schema = Some(schema);
        self
    }

    /// The same record with a schema that describes its value.
    #[must_use]
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// The same record with the message's properties.
    #[must_use]
    pub fn with_headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
        self
    }

    /// Offset of the message in its queue.
    pub fn offset(&self) -> QueueOffset {
        self.offset
    }

    /// When the message was born, in milliseconds since 1970 UTC; 0 when unknown.
    pub fn timestamp(&self) -> i64 {
        self.timestamp
    }

    /// The topic that a transform gave the record; `None` leaves it at that of its batch.
    ///
    /// A sink that chooses a target by topic looks here first.
    pub fn topic(&self) -> Option<&Arc<str>> {
        self.topic.as_ref()
    }

    /// The converted key; `None` when the message has no `KEYS` property or no key converter looked at it.
    pub fn key(&self) -> Option<&Value> {
        self.key.as_ref()
    }

    /// The schema of the key; `None` for keys without one.
    pub fn key_schema(&self) -> Option<&SchemaRef> {
        self.key_schema.as_ref()
    }

    /// The schema that the converter found; `None` for values without one.
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// The value: the bytes that came off the wire until a converter or transform makes something else of them.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The message's properties.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The same record with another value and the schema that goes with it: what a transform does.
    #[must_use]
    pub fn with_value(mut self, value: Value, schema: Option<SchemaRef>) -> Self {
        self.value = value;
        self.schema = schema;
        self
    }

    /// Takes the value and its schema out, and leaves a null.
    pub fn take_value(&mut self) -> (Value, Option<SchemaRef>) {
        (std::mem::take(&mut self.value), self.schema.take())
    }

    /// Takes the key and its schema out, and leaves none.
    pub fn take_key(&mut self) -> (Option<Value>, Option<SchemaRef>) {
        (self.key.take(), self.key_schema.take())
    }
}
