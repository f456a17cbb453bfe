//! An internal topic: created when missing, replayed to its end before use, appended to with the broker's word for it.

use super::{
    error::{StoreError, Unreadable},
    record::{FORMAT, Location, LogRecord, NEWEST_FORMAT, NewRecord, queue_index},
};
use remoting::{
    Client, Error as ClientError, OutgoingMessage, Queue, ReadError, ReaderOptions, TopicSpec,
    message::MAX_BODY_BYTES,
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// How long an append is tried again when brokers do not answer.
const APPEND_DEADLINE: Duration = Duration::from_secs(10);
/// How much is replayed at once, in bytes.
const REPLAY_BYTES: usize = 1024 * 1024;
const RETRY_AFTER: Duration = Duration::from_millis(200);

/// What a replayed record was to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// One of ours.
    Taken,
    /// Something that is not Connect's, or not for this topic.
    Foreign,
}

/// An internal topic.
#[derive(Debug, Clone)]
pub(super) struct InternalLog {
    client: Client,
    topic: Arc<str>,
    queues: Vec<Queue>,
}

impl InternalLog {
    /// The topic, created with one queue on each broker when it is missing, as a Java worker creates it.
    pub(super) async fn open(client: Client, topic: &str) -> Result<Self, StoreError> {
        let read = |source| StoreError::Read { topic: topic.to_owned(), source };
        let create = |source| StoreError::Create { topic: topic.to_owned(), source };
        let route = match client.route(topic).await {
            Err(ClientError::TopicMissing { .. }) => {
                client.create_topic(&TopicSpec::new(topic, 1)).await.map_err(create)?;
                tracing::info!(topic, "internal topic created");
                client.route(topic).await.map_err(create)?
            }
            route => route.map_err(read)?,
        };
        let queues = route.write_queues();
        if queues.is_empty() {
            return Err(read(ClientError::NoBroker { what: format!("sends to topic {topic}") }));
        }
        Ok(Self { client, topic: topic.into(), queues })
    }

    /// Reads all queues from their beginnings to where their ends are now.
    ///
    /// Records that are not Connect's are warned of once. One that is ours and cannot be read is an error, unless a later
    /// one with the same key stands in the same queue. Answers with where each queue ended.
    pub(super) async fn replay(
        &self,
        mut read: impl FnMut(&LogRecord) -> Result<Read, Unreadable>,
    ) -> Result<Vec<i64>, StoreError> {
        let mut ends = Vec::with_capacity(self.queues.len());
        let mut unreadable = BTreeMap::new();
        let mut foreign: Option<Location> = None;
        let mut foreign_count = 0u64;
        for queue in &self.queues {
            let end = self.replay_queue(queue, |message, location| {
                let Some(record) = LogRecord::of(message, location.clone()) else {
                    foreign.get_or_insert(location);
                    foreign_count += 1;
                    return;
                };
                match read(&record) {
                    Ok(Read::Taken) => drop(unreadable.remove(&(queue, record.key))),
                    Ok(Read::Foreign) => {
                        foreign.get_or_insert(location);
                        foreign_count += 1;
                    }
                    Err(why) => {
                        let key = record.key.clone();
                        unreadable.insert((queue, record.key), StoreError::Unreadable { location, key, why });
                    }
                }
            });
            ends.push(end.await?);
        }
        if let Some(first) = foreign {
            tracing::warn!(%first, count = foreign_count, "an internal topic has records that are not ours; they are left alone");
        }
        // Invariant 7: what cannot be read is not taken for "nothing there".
        unreadable.into_values().next().map_or(Ok(ends), Err)
    }

    async fn replay_queue(
        &self,
        queue: &Queue,
        mut each: impl FnMut(&remoting::message::Message, Location),
    ) -> Result<i64, StoreError> {
        let unanswered = |source| StoreError::Read { topic: self.topic.to_string(), source };
        let unread = |source| StoreError::Replay { topic: self.topic.to_string(), source };
        let end = self.client.max_offset(queue).await.map_err(unanswered)?;
        let mut at = self.client.min_offset(queue).await.map_err(unanswered)?;
        let mut reader = self.client.reader(queue.clone(), at, ReaderOptions::default());
        while at < end {
            let run = reader.next(REPLAY_BYTES).await.map_err(unread)?;
            for message in run.messages.iter().filter(|message| message.offset < end) {
                each(message, self.location(queue, message.offset));
            }
            at = run.next;
        }
        Ok(end)
    }

    /// Reads the queue with this index on from `at` as records come, for ever. `each` takes those that have a key, and `read`
    /// is told up to where all of it has been taken.
    ///
    /// # Errors
    /// Why it cannot be read on: what was written meanwhile is not known.
    pub(super) async fn follow(
        &self,
        index: usize,
        at: i64,
        read: &watch::Sender<i64>,
        mut each: impl FnMut(LogRecord),
    ) -> Result<(), ReadError> {
        let Some(queue) = self.queues.get(index) else { return Ok(()) };
        let options = ReaderOptions { depth: 2, budget_bytes: REPLAY_BYTES, ..ReaderOptions::default() };
        let mut reader = self.client.reader(queue.clone(), at, options);
        loop {
            let run = reader.next(REPLAY_BYTES).await?;
            for message in &run.messages {
                if let Some(record) = LogRecord::of(message, self.location(queue, message.offset)) {
                    each(record);
                }
            }
            read.send_replace(run.next);
        }
    }

    /// The first offset that the queue with this index still has.
    pub(super) async fn first_offset(&self, index: usize) -> Result<i64, StoreError> {
        let unanswered = |source| StoreError::Read { topic: self.topic.to_string(), source };
        match self.queues.get(index) {
            Some(queue) => self.client.min_offset(queue).await.map_err(unanswered),
            None => Ok(0),
        }
    }

    /// The topic's name.
    pub(super) fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    /// How many queues the topic has.
    pub(super) fn queue_count(&self) -> usize {
        self.queues.len()
    }

    /// Index of the queue with this place, when the topic still has it.
    pub(super) fn index_of(&self, location: &Location) -> Option<usize> {
        self.queues.iter().position(|queue| {
            queue.broker == location.broker && u32::try_from(queue.id) == Ok(location.queue)
        })
    }

    /// Appends a record to the queue that a Java worker would put it in. `Ok` means that the broker has it.
    pub(super) async fn append(&self, record: &NewRecord) -> Result<Location, StoreError> {
        self.append_to(queue_index(&record.encoded_key(), self.queue_count()), record).await
    }

    /// Appends a record to the queue with this index. `Ok` means that the broker has it.
    ///
    /// When it fails, the record may be there all the same, or twice: readers go by what it says, not by its place.
    pub(super) async fn append_to(&self, index: usize, record: &NewRecord) -> Result<Location, StoreError> {
        let failed =
            |source| StoreError::Append { topic: self.topic.to_string(), key: record.key.clone(), source };
        if record.body.len() > MAX_BODY_BYTES {
            return Err(StoreError::TooLarge {
                topic: self.topic.to_string(),
                key: record.key.clone(),
                bytes: record.body.len(),
                limit: MAX_BODY_BYTES,
            });
        }
        let Some(queue) = self.queues.get(index % self.queues.len().max(1)) else {
            return Err(failed(ClientError::NoBroker { what: format!("sends to topic {}", self.topic) }));
        };
        let message = message_of(record);
        let deadline = Instant::now() + APPEND_DEADLINE;
        loop {
            match self.client.send(queue, &message).await {
                Ok(sent) => return Ok(self.location(queue, sent.offset)),
                Err(error) if error.is_transient() && Instant::now() < deadline => {
                    tokio::time::sleep(RETRY_AFTER).await;
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }

    fn location(&self, queue: &Queue, offset: i64) -> Location {
        Location {
            topic: Arc::clone(&self.topic),
            broker: Arc::clone(&queue.broker),
            queue: u32::try_from(queue.id).unwrap_or_default(),
            offset,
        }
    }
}

fn message_of(record: &NewRecord) -> OutgoingMessage {
    OutgoingMessage {
        keys: Some(record.encoded_key()),
        properties: vec![(FORMAT.to_owned(), NEWEST_FORMAT.to_string())],
        ..OutgoingMessage::new(record.body.clone())
    }
}
