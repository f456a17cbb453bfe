//! How far each connector is in each queue, as the offset topic has it: the lease of every queue.
//!
//! The topic is read on as long as the worker lives. What a worker writes counts for it, too, only once it has read it there,
//! since only then does it know that nobody took the queue away before.

use super::{
    configs::ConnectorNames,
    entries::{Entries, NewClaim},
    error::StoreError,
    follow::Follower,
    lease::{Claim, Lost},
    log::InternalLog,
    offset_record::{Key, OffsetRecord},
    record::LogRecord,
    snapshot::publish_again,
};
use connector_api::{ConnectorName, QueueId};
use remoting::{Client, ReadError};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// How long it may take until an appended record is read; more than a broker's hiccup takes.
const READ_DEADLINE: Duration = Duration::from_secs(10);
/// How often a claim is made again when somebody else's, perhaps an earlier one of this very task, was there first.
const CLAIMS: usize = 3;

/// Owners and progress of all queues of all connectors.
#[derive(Debug)]
pub struct OffsetStore {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

/// What leases and followers have in common.
#[derive(Debug)]
pub(super) struct Shared {
    log: InternalLog,
    worker_id: String,
    /// Up to where each queue of the topic has been read.
    read: Vec<watch::Sender<i64>>,
    entries: Mutex<Entries>,
}

impl OffsetStore {
    /// The topic, created when missing, read to its end, and read on from there.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or holds a record of ours that cannot be.
    pub async fn open(client: Client, topic: &str, worker_id: &str) -> Result<Self, StoreError> {
        let log = InternalLog::open(client, topic).await?;
        let mut entries = Entries::default();
        let ends = log.replay(|record| entries.take(record)).await?;
        let read = ends.into_iter().map(|end| watch::channel(end).0).collect();
        let worker_id = worker_id.to_owned();
        let shared = Arc::new(Shared { log, worker_id, read, entries: Mutex::new(entries) });
        let mut tasks = JoinSet::new();
        for index in 0..shared.read.len() {
            let shared = Arc::clone(&shared);
            tasks.spawn(async move {
                let Some(read) = shared.read.get(index) else { return };
                shared.log.follow(index, read, &*shared).await;
            });
        }
        Ok(Self { shared, tasks })
    }

    /// Publishes the progress of connectors that exist again, before the topic's brokers drop it.
    pub fn keep(&mut self, connectors: ConnectorNames, interval: Duration) {
        let shared = Arc::clone(&self.shared);
        self.tasks.spawn(async move {
            let due = |horizon: &_| shared.entries().due(horizon, |name| connectors.contains(name));
            match publish_again(&shared.log, interval, due).await {}
        });
    }

    /// Takes a queue for a task of `connector`. Whoever had it before writes nothing more that counts.
    ///
    /// # Errors
    /// [`Lost`] when the topic does not take the claim, others were quicker, or it holds a record of the queue that cannot be read.
    pub async fn claim(&self, connector: &ConnectorName, queue: &Arc<QueueId>) -> Result<Claim, Lost> {
        let mut claims = 1;
        loop {
            match self.try_claim(connector, queue).await {
                Err(Lost::Superseded { .. }) if claims < CLAIMS => claims += 1,
                claimed => return claimed,
            }
        }
    }

    async fn try_claim(&self, connector: &ConnectorName, queue: &Arc<QueueId>) -> Result<Claim, Lost> {
        let shared = &self.shared;
        let key = Key { connector: connector.clone(), queue: (**queue).clone() };
        let NewClaim { record, losing } = shared.entries().claim(&key, &shared.worker_id)?;
        shared.append(&record).await?;
        let written = shared.entries().written(&key);
        Ok(Claim::new(Arc::clone(shared), Arc::clone(queue), record, losing, written))
    }

    /// The topics of which `connector` has read some queue: others of their queues came later.
    pub fn topics_begun(&self, connector: &ConnectorName) -> BTreeSet<Arc<str>> {
        self.shared.entries().begun(connector).map(|queue| Arc::clone(&queue.topic)).collect()
    }
}

impl Shared {
    /// Appends a record and reads the topic up to it. `Ok` means that the record counts, and that whoever wrote it still owned the
    /// queue when that was read.
    pub(super) async fn append(&self, record: &OffsetRecord) -> Result<(), Lost> {
        let new = record.record();
        // A queue's records stay where its first one is, also when the topic gets more queues: their order decides.
        let index = self.entries().index(&record.key).unwrap_or_else(|| self.log.index_of(&new));
        let place = self.log.append_to(index, &new).await?;
        let mut read = match self.read.get(index) {
            Some(read) => read.subscribe(),
            None => return Err(Lost::Behind { place }),
        };
        let up_to_it = tokio::time::timeout(READ_DEADLINE, read.wait_for(|read| *read > place.offset)).await;
        if !matches!(up_to_it, Ok(Ok(_))) {
            return Err(Lost::Behind { place });
        }
        self.entries().counts(record)
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower for Shared {
    fn take(&self, record: LogRecord) {
        let mut entries = self.entries();
        if let Err(why) = entries.take(&record) {
            let (location, key) = (&record.location, &record.key);
            tracing::error!(%location, key, error = %why, "a record of the offset topic cannot be read");
            entries.cannot_read(record, why);
        }
    }

    fn missed(&self, index: usize, why: ReadError) {
        let topic = Arc::clone(self.log.topic());
        self.entries().missed(index, &Lost::Unread { topic, source: Arc::new(why) });
    }
}
