//! An internal topic: created when missing, and appended to with the broker's word for it.
//!
//! `replay` reads it to its end, `follow` reads it on from there, `snapshot` publishes records again before brokers drop them.

use super::{
    error::StoreError,
    record::{FORMAT, Location, NEWEST_FORMAT, NewRecord, SNAPSHOT, queue_index},
};
use remoting::{Client, Error as ClientError, OutgoingMessage, Queue, TopicSpec, message::MAX_BODY_BYTES};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// How long an append is tried again when brokers do not answer.
const APPEND_DEADLINE: Duration = Duration::from_secs(10);
const RETRY_AFTER: Duration = Duration::from_millis(200);
/// How often it is looked whether the topic is still there, and whether it has more queues.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(10);

/// An internal topic.
#[derive(Debug, Clone)]
pub(super) struct InternalLog {
    pub(super) client: Client,
    topic: Arc<str>,
    pub(super) queues: Vec<Queue>,
    /// Told when records may have been missed, and the queue can be read and written again.
    pub(super) missed: Arc<Notify>,
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
        Ok(Self { client, topic: topic.into(), queues, missed: Arc::default() })
    }

    /// The first queue of the topic on one broker, created when it has none.
    pub(super) async fn open_on(client: Client, topic: &str, broker: &str) -> Result<Self, StoreError> {
        let create = |source| StoreError::Create { topic: topic.to_owned(), source };
        client.ensure_topic_on(&TopicSpec::new(topic, 1), broker).await.map_err(create)?;
        let log = Self::open(client, topic).await?;
        log.first_on(broker).ok_or_else(|| {
            create(ClientError::NoBroker { what: format!("sends to topic {topic} on broker {broker}") })
        })
    }

    /// The first queue of the topic on that broker alone.
    pub(super) fn first_on(&self, broker: &str) -> Option<Self> {
        let first = self.queues.iter().find(|queue| &*queue.broker == broker && queue.id == 0)?;
        Some(Self { queues: vec![first.clone()], ..self.clone() })
    }

    /// The same with more queues behind those that it has.
    pub(super) fn with(&self, more: Vec<Queue>) -> Self {
        let mut wider = self.clone();
        wider.queues.extend(more);
        wider
    }

    /// Queues that it has not, as soon as there are any: of brokers that were away, or added.
    pub(super) async fn more_queues(&self) -> Vec<Queue> {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let queues = self.client.route(&self.topic).await.map(|route| route.write_queues());
            let more: Vec<_> =
                queues.unwrap_or_default().into_iter().filter(|queue| !self.queues.contains(queue)).collect();
            if !more.is_empty() {
                return more;
            }
        }
    }

    /// The brokers that have a part of the topic.
    pub(super) fn brokers(&self) -> BTreeSet<Arc<str>> {
        self.queues.iter().map(|queue| Arc::clone(&queue.broker)).collect()
    }

    /// The topic's name.
    pub(super) fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    /// How many queues the topic has.
    pub(super) fn queue_count(&self) -> usize {
        self.queues.len()
    }

    /// Index of the queue that a Java worker would put the record in.
    pub(super) fn index_of(&self, record: &NewRecord) -> usize {
        queue_index(&record.encoded_key(), self.queue_count())
    }

    /// Appends a record to the queue that a Java worker would put it in. `Ok` means that the broker has it.
    pub(super) async fn append(&self, record: &NewRecord) -> Result<Location, StoreError> {
        self.append_to(self.index_of(record), record).await
    }

    /// Appends a record to the queue with this index. `Ok` means that the broker has it.
    ///
    /// The record may be there twice, and after [`StoreError::InDoubt`] it may be there, or come yet: readers go by what it says, not by
    /// its place.
    pub(super) async fn append_to(&self, index: usize, record: &NewRecord) -> Result<Location, StoreError> {
        let (topic, key) = (|| self.topic.to_string(), || record.key.clone());
        let failed = |source| StoreError::Append { topic: topic(), key: key(), source };
        if record.body.len() > MAX_BODY_BYTES {
            return Err(StoreError::TooLarge {
                topic: topic(),
                key: key(),
                bytes: record.body.len(),
                limit: MAX_BODY_BYTES,
            });
        }
        let Some(queue) = self.queues.get(index % self.queues.len().max(1)) else {
            return Err(failed(ClientError::NoBroker { what: format!("sends to topic {}", self.topic) }));
        };
        let message = message_of(record);
        let deadline = Instant::now() + APPEND_DEADLINE;
        let mut is_in_doubt = false;
        loop {
            let source = match self.client.send(queue, &message).await {
                Ok(sent) => return Ok(self.location(queue, sent.offset)),
                Err(error) => error,
            };
            is_in_doubt |= source.leaves_in_doubt();
            if source.is_transient() && Instant::now() < deadline {
                tokio::time::sleep(RETRY_AFTER).await;
            } else if is_in_doubt {
                return Err(StoreError::InDoubt { topic: topic(), key: key(), source });
            } else {
                return Err(failed(source));
            }
        }
    }

    /// The place of an offset of one of the topic's queues.
    pub(super) fn location(&self, queue: &Queue, offset: i64) -> Location {
        Location {
            topic: Arc::clone(&self.topic),
            broker: Arc::clone(&queue.broker),
            queue: u32::try_from(queue.id).unwrap_or_default(),
            offset,
        }
    }
}

fn message_of(record: &NewRecord) -> OutgoingMessage {
    let mut properties = vec![(FORMAT.to_owned(), NEWEST_FORMAT.to_string())];
    if record.is_snapshot {
        properties.push((SNAPSHOT.to_owned(), "true".to_owned()));
    }
    OutgoingMessage {
        keys: Some(record.encoded_key()),
        properties,
        ..OutgoingMessage::new(record.body.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use remoting::ClientOptions;

    #[tokio::test]
    async fn the_first_queue_on_a_broker_is_that_one_alone() {
        let name_servers = vec!["127.0.0.1:1".to_owned()];
        let client = Client::new(ClientOptions { name_servers, ..ClientOptions::default() }).unwrap();
        let queues = [("a", 0), ("a", 1), ("b", 1), ("b", 0)];
        let queues = queues.map(|(broker, id)| Queue::new("t", broker, id)).to_vec();
        let log = InternalLog { client, topic: "t".into(), queues, missed: Arc::default() };
        let first_on = |broker| log.first_on(broker).map(|log| log.queues);
        assert_eq!(first_on("b"), Some(vec![Queue::new("t", "b", 0)]));
        assert_eq!(first_on("a"), Some(vec![Queue::new("t", "a", 0)]));
        assert_eq!(first_on("c"), None);
    }
}
