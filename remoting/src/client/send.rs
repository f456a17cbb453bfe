//! Sending messages to a queue.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::broker::Access;
use super::topics::DEFAULT_TOPIC;
use super::{Client, Error, Queue};
use crate::code::{request, response};
use crate::command::Command;
use crate::message::batch::{self, BatchEntry};
use crate::message::{Properties, PropertiesBuilder, names};

/// The most messages in a batch. From 32,768 on, brokers of version 5 ruin the queue for good.
pub const MAX_BATCH_MESSAGES: usize = 1000;
/// The most bytes in a batch, as it is in the request.
pub const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// A message to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutgoingMessage {
    /// Words to find it by, separated by spaces (property `KEYS`).
    pub keys: Option<String>,
    /// What consumers can filter by (property `TAGS`).
    pub tags: Option<String>,
    /// Further properties; those without a value are not sent.
    pub properties: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// Where a message was stored, and how safely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendReceipt {
    /// In which queue.
    pub queue: Queue,
    /// At what offset.
    pub offset: i64,
    /// The id readers find it by ([`Message::id`](crate::message::Message::id)).
    pub message_id: String,
    /// What the broker could promise when it answered.
    pub status: SendStatus,
}

/// How safe a message is that a broker has stored (RocketMQ, `SendStatus`). In every case it is in the queue and readers get it, so
/// sending it again would make a second one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendStatus {
    /// As safe as the broker is configured to make it (code 0).
    Stored,
    /// It was not flushed to disk in time (code 10).
    FlushDiskTimeout,
    /// There is no replica to copy it to (code 11).
    SlaveNotAvailable,
    /// It was not copied to a replica in time (code 12).
    FlushSlaveTimeout,
}

impl SendStatus {
    /// The status that a response code stands for; none when nothing was stored.
    fn of(code: i32) -> Option<Self> {
        match code {
            response::SUCCESS => Some(Self::Stored),
            response::FLUSH_DISK_TIMEOUT => Some(Self::FlushDiskTimeout),
            response::SLAVE_NOT_AVAILABLE => Some(Self::SlaveNotAvailable),
            response::FLUSH_SLAVE_TIMEOUT => Some(Self::FlushSlaveTimeout),
            _ => None,
        }
    }
}

/// A message with its id and the wire form of its properties.
struct Prepared {
    id: String,
    entry: BatchEntry,
}

impl OutgoingMessage {
    /// A message of nothing but a body.
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }
}

impl Client {
    /// Sends one message.
    ///
    /// # Errors
    /// [`Error::MessageIllegal`] when it is too large for the broker, [`Error::EmptyBody`], [`Error::Property`]. After
    /// [`Error::ConnectionLost`] and [`Error::Timeout`] it may be stored all the same.
    pub async fn send(&self, queue: &Queue, message: &OutgoingMessage) -> Result<SendReceipt, Error> {
        let Prepared { id, entry } = self.prepare(message)?;
        let size = entry.body.len() + entry.properties.as_bytes().len();
        let asked = self
            .send_request(request::SEND_MESSAGE_V2, queue, entry.properties.as_str())
            .field("m", false)
            .with_body(entry.body);
        let (offset, status) = self.send_prepared(queue, asked, size).await?;
        Ok(SendReceipt { queue: queue.clone(), offset, message_id: id, status })
    }

    /// Sends several messages in one request; they are stored together or not at all, at offsets that follow each other.
    ///
    /// # Errors
    /// As [`Client::send`]; [`Error::BatchTooLarge`] over [`MAX_BATCH_MESSAGES`] or [`MAX_BATCH_BYTES`].
    pub async fn send_batch(
        &self,
        queue: &Queue,
        messages: &[OutgoingMessage],
    ) -> Result<Vec<SendReceipt>, Error> {
        let prepared = messages.iter().map(|message| self.prepare(message)).collect::<Result<Vec<_>, _>>()?;
        self.send_entries(queue, prepared).await
    }

    /// Sends any number of messages in as many batches as it takes, one after the other.
    ///
    /// # Errors
    /// As [`Client::send_batch`] for a batch; those before it are stored.
    pub async fn send_all(
        &self,
        queue: &Queue,
        messages: &[OutgoingMessage],
    ) -> Result<Vec<SendReceipt>, Error> {
        let mut receipts = Vec::with_capacity(messages.len());
        let mut batch = Vec::new();
        let mut bytes = 0;
        for message in messages {
            let prepared = self.prepare(message)?;
            let size = prepared.entry.encoded_bytes();
            if !batch.is_empty() && (batch.len() == MAX_BATCH_MESSAGES || bytes + size > MAX_BATCH_BYTES) {
                receipts.extend(self.send_entries(queue, std::mem::take(&mut batch)).await?);
                bytes = 0;
            }
            bytes += size;
            batch.push(prepared);
        }
        receipts.extend(self.send_entries(queue, batch).await?);
        Ok(receipts)
    }

    async fn send_entries(&self, queue: &Queue, prepared: Vec<Prepared>) -> Result<Vec<SendReceipt>, Error> {
        if prepared.is_empty() {
            return Ok(Vec::new());
        }
        let bytes = prepared.iter().map(|one| one.entry.encoded_bytes()).sum();
        if prepared.len() > MAX_BATCH_MESSAGES || bytes > MAX_BATCH_BYTES {
            return Err(Error::BatchTooLarge { messages: prepared.len(), bytes });
        }
        let (ids, entries): (Vec<_>, Vec<_>) = prepared.into_iter().map(|one| (one.id, one.entry)).unzip();
        let asked = self
            .send_request(request::SEND_BATCH_MESSAGE, queue, "")
            .field("m", true)
            .with_body(batch::encode(&entries));
        let (first, status) = self.send_prepared(queue, asked, bytes).await?;
        let receipts = ids.into_iter().zip(first..);
        Ok(receipts
            .map(|(message_id, offset)| SendReceipt { queue: queue.clone(), offset, message_id, status })
            .collect())
    }

    /// Sends and gives the offset of the first message.
    async fn send_prepared(
        &self,
        queue: &Queue,
        asked: Command,
        bytes: usize,
    ) -> Result<(i64, SendStatus), Error> {
        let code = asked.code;
        let empty = asked.body.is_empty();
        let illegal = |remark| Error::MessageIllegal { queue: queue.clone(), bytes, remark };
        let sent = self.call_queue(queue, Access::Write, asked, self.request_timeout()).await;
        let (address, answer) = match sent {
            Err(Error::NotSendable { source, .. }) => return Err(illegal(source.to_string())),
            other => other?,
        };
        if let Some(status) = SendStatus::of(answer.code) {
            let offset = answer.fields.get_i64("queueOffset");
            return match offset {
                Ok(offset) => Ok((offset, status)),
                Err(problem) => Err(Error::malformed(&address, code, problem)),
            };
        }
        match answer.code {
            response::MESSAGE_ILLEGAL => Err(illegal(answer.remark.unwrap_or_default())),
            response::SYSTEM_ERROR if empty => Err(Error::EmptyBody { queue: queue.clone() }),
            _ => Err(Error::refused(&address, code, answer)),
        }
    }

    fn prepare(&self, message: &OutgoingMessage) -> Result<Prepared, Error> {
        let given =
            message.properties.iter().find(|(name, value)| name == names::UNIQ_KEY && !value.is_empty());
        let id = given.map_or_else(|| self.inner.unique_ids.next(), |(_, value)| value.clone());
        let mut properties = PropertiesBuilder::new();
        for (name, value) in &message.properties {
            properties.add(name, value)?;
        }
        if given.is_none() {
            properties.add(names::UNIQ_KEY, &id)?;
        }
        properties.add(names::WAIT, "true")?;
        properties.add(names::TAGS, message.tags.as_deref().unwrap_or_default())?;
        properties.add(names::KEYS, message.keys.as_deref().unwrap_or_default())?;
        let properties: Properties = properties.finish()?;
        Ok(Prepared { id, entry: BatchEntry { flag: 0, body: message.body.clone(), properties } })
    }

    /// RocketMQ remoting, `SendMessageRequestHeaderV2`: the names are one letter each.
    fn send_request(&self, code: i32, queue: &Queue, properties: &str) -> Command {
        let born = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Command::request(code)
            .field("a", &self.inner.options.producer_group)
            .field("b", &queue.topic)
            .field("c", DEFAULT_TOPIC)
            .field("d", 4)
            .field("e", queue.id)
            .field("f", 0)
            .field("g", born)
            .field("h", 0)
            .field("i", properties)
            .field("j", 0)
            .field("k", false)
            .field("n", Arc::clone(&queue.broker))
    }
}
