//! How far each connector is in each queue, as the offset topic has it.

use super::{
    error::StoreError,
    log::{InternalLog, Read},
    offset_record::OffsetRecord,
    record::{Location, queue_index},
};
use connector_api::{ConnectorName, QueueId, QueueOffset};
use remoting::Client;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Positions of all connectors in all queues.
#[derive(Debug)]
pub struct OffsetStore {
    log: InternalLog,
    worker_id: String,
    known: Mutex<HashMap<(ConnectorName, QueueId), Entry>>,
}

/// What the offset topic says about a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Everything below is done with.
    Committed(QueueOffset),
    /// Nothing about this queue, but something about others of its topic: it came later than they did.
    NewQueue,
    /// Nothing about any queue of the topic.
    Unknown,
}

#[derive(Debug, Clone)]
struct Entry {
    version: u64,
    committed: QueueOffset,
    location: Location,
}

impl OffsetStore {
    /// The topic, created when missing, read to its end.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or holds a record of ours that cannot be.
    pub async fn open(client: Client, topic: &str, worker_id: &str) -> Result<Self, StoreError> {
        let log = InternalLog::open(client, topic).await?;
        let mut known: HashMap<(ConnectorName, QueueId), Entry> = HashMap::new();
        log.replay(|record| {
            let Some(offset) = OffsetRecord::read(&record.key, || record.payload()) else {
                return Ok(Read::Foreign);
            };
            let offset = offset?;
            let key = offset.of()?;
            if known.get(&key).is_none_or(|entry| entry.version <= offset.version) {
                let entry = Entry {
                    version: offset.version,
                    committed: QueueOffset::new(offset.committed).unwrap_or_default(),
                    location: record.location.clone(),
                };
                known.insert(key, entry);
            }
            Ok(Read::Taken)
        })
        .await?;
        Ok(Self { log, worker_id: worker_id.to_owned(), known: Mutex::new(known) })
    }

    /// What is known of a connector's position in a queue.
    pub fn position(&self, connector: &ConnectorName, queue: &QueueId) -> Position {
        let known = self.known();
        match known.get(&(connector.clone(), queue.clone())) {
            Some(entry) => Position::Committed(entry.committed),
            None if known.keys().any(|(c, q)| c == connector && q.topic == queue.topic) => Position::NewQueue,
            None => Position::Unknown,
        }
    }

    /// Says that everything below `committed` is done with. `Ok` means that the broker has it.
    ///
    /// # Errors
    /// [`StoreError`] when the broker did not acknowledge it; it may be there all the same.
    pub async fn commit(
        &self,
        connector: &ConnectorName,
        queue: &QueueId,
        committed: QueueOffset,
    ) -> Result<(), StoreError> {
        let key = (connector.clone(), queue.clone());
        let before = self.known().get(&key).cloned();
        let version = before.as_ref().map_or(0, |entry| entry.version) + 1;
        let record = OffsetRecord {
            version,
            connector: connector.to_string(),
            topic: queue.topic.to_string(),
            broker: queue.broker.to_string(),
            queue: queue.queue,
            committed: committed.get(),
            worker: self.worker_id.clone(),
        }
        .record();
        // A queue's records stay where its first one is, also when the topic gets more queues: their order decides.
        let index = before
            .and_then(|entry| self.log.index_of(&entry.location))
            .unwrap_or_else(|| queue_index(&record.encoded_key(), self.log.queue_count()));
        let location = self.log.append_to(index, &record).await?;
        self.known().insert(key, Entry { version, committed, location });
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(ConnectorName, QueueId), Entry>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
