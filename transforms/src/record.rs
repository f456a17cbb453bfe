//! The record that a chain has in hand.

use crate::{
    error::Side,
    part::{Outcome, Part, is_nothing},
};
use connector_api::{ConnectRecord, Headers, QueueId, QueueOffset, Value};
use std::sync::Arc;

/// A record with its parts where transforms find them.
#[derive(Debug)]
pub(crate) struct OpenRecord<'c> {
    record: ConnectRecord,
    /// What a router made of the topic.
    topic: Option<Arc<str>>,
    /// The properties, once they were changed.
    headers: Option<Headers>,
    origin: &'c QueueId,
    key: &'c mut Part,
    value: &'c mut Part,
}

impl<'c> OpenRecord<'c> {
    pub(crate) fn new(
        record: ConnectRecord,
        origin: &'c QueueId,
        key: &'c mut Part,
        value: &'c mut Part,
    ) -> Self {
        Self { record, topic: None, headers: None, origin, key, value }
    }

    /// The topic that the record has by now.
    pub(crate) fn topic(&self) -> &Arc<str> {
        self.topic.as_ref().or(self.record.topic()).unwrap_or(&self.origin.topic)
    }

    /// Number of the queue that the record comes from.
    pub(crate) fn queue(&self) -> u32 {
        self.origin.queue
    }

    pub(crate) fn offset(&self) -> QueueOffset {
        self.record.offset()
    }

    /// Milliseconds since 1970 UTC; `None` when unknown.
    pub(crate) fn timestamp(&self) -> Option<i64> {
        Some(self.record.timestamp()).filter(|millis| *millis > 0)
    }

    pub(crate) fn headers(&self) -> &Headers {
        self.headers.as_ref().unwrap_or(self.record.headers())
    }

    pub(crate) fn set_topic(&mut self, topic: Arc<str>) {
        self.topic = Some(topic);
    }

    pub(crate) fn set_headers(&mut self, headers: Headers) {
        self.headers = Some(headers);
    }

    /// Whether the record has no value, which is seen without looking into it.
    pub(crate) fn is_tombstone(&self) -> bool {
        if self.value.is_untaken() { is_nothing(self.record.value()) } else { self.value.is_null() }
    }

    /// Key or value, to be looked into.
    pub(crate) fn part(&mut self, side: Side) -> &mut Part {
        let part = match side {
            Side::Key => &mut *self.key,
            Side::Value => &mut *self.value,
        };
        if part.is_untaken() {
            let (value, schema) = match side {
                Side::Key => {
                    let (key, schema) = self.record.take_key();
                    (key.unwrap_or_default(), schema)
                }
                Side::Value => self.record.take_value(),
            };
            part.take(value, schema);
        }
        part
    }

    /// The record as the chain leaves it.
    pub(crate) fn finish(mut self) -> ConnectRecord {
        if let Some(topic) = self.topic {
            self.record = self.record.with_topic(topic);
        }
        if let Some(headers) = self.headers {
            self.record = self.record.with_headers(headers);
        }
        match self.key.finish() {
            Outcome::Untaken | Outcome::Value(Value::Null, _) => {}
            Outcome::Value(key, schema) => {
                self.record = self.record.with_key(key);
                if let Some(schema) = schema {
                    self.record = self.record.with_key_schema(schema);
                }
            }
        }
        match self.value.finish() {
            Outcome::Untaken => self.record,
            Outcome::Value(value, schema) => self.record.with_value(value, schema),
        }
    }
}
