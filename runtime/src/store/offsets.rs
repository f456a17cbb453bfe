//! How far each connector is in each queue, as the offset topic has it: the lease of every queue.
//!
//! The topic is read on as long as the worker lives. What a worker writes counts for it, too, only once it has read it there,
//! since only then does it know that nobody took the queue away before.

use super::{
    error::StoreError,
    lease::{Claim, Lost},
    log::{InternalLog, Read},
    offset_record::{Key, OffsetRecord},
    owner::Owner,
    record::{LogRecord, queue_index},
};
use crate::causes;
use connector_api::{ConnectorName, QueueId};
use remoting::Client;
use std::{
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// How long it may take until an appended record is read; more than a broker's hiccup takes.
const READ_DEADLINE: Duration = Duration::from_secs(10);
const FOLLOW_AGAIN: Duration = Duration::from_secs(1);
/// How often a claim is made again when somebody else's, perhaps an earlier one of this very task, was there first.
const CLAIMS: usize = 3;

/// Owners and progress of all queues of all connectors.
#[derive(Debug)]
pub struct OffsetStore {
    shared: Arc<Shared>,
    _followers: JoinSet<()>,
}

/// What leases and followers have in common.
#[derive(Debug)]
pub(super) struct Shared {
    log: InternalLog,
    worker_id: String,
    /// Up to where each queue of the topic has been read.
    read: Vec<watch::Sender<i64>>,
    entries: Mutex<HashMap<Key, Entry>>,
}

#[derive(Debug, Default)]
struct Entry {
    owner: Owner,
    /// The queue of the topic that has the records of this key.
    index: Option<usize>,
    /// The lease that was taken last here.
    lease: Option<LeaseEnd>,
}

/// How a lease is told that it is lost.
#[derive(Debug)]
struct LeaseEnd {
    epoch: u64,
    instance: String,
    lost: watch::Sender<Option<Lost>>,
}

impl OffsetStore {
    /// The topic, created when missing, read to its end, and read on from there.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or holds a record of ours that cannot be.
    pub async fn open(client: Client, topic: &str, worker_id: &str) -> Result<Self, StoreError> {
        let log = InternalLog::open(client, topic).await?;
        let mut entries: HashMap<Key, Entry> = HashMap::new();
        let ends = log
            .replay(|record| {
                let Some(offset) = OffsetRecord::read(&record.key, || record.payload()) else {
                    return Ok(Read::Foreign);
                };
                let offset = offset?;
                let entry = entries.entry(offset.key.clone()).or_default();
                entry.index = log.index_of(&record.location);
                entry.owner.read(offset, record.location.clone());
                Ok(Read::Taken)
            })
            .await?;
        let read = ends.into_iter().map(|end| watch::channel(end).0).collect();
        let worker_id = worker_id.to_owned();
        let shared = Arc::new(Shared { log, worker_id, read, entries: Mutex::new(entries) });
        let mut followers = JoinSet::new();
        for index in 0..shared.read.len() {
            followers.spawn(follow(Arc::clone(&shared), index));
        }
        Ok(Self { shared, _followers: followers })
    }

    /// Takes a queue for a task of `connector`. Whoever had it before writes nothing more that counts.
    ///
    /// # Errors
    /// [`Lost`] when the topic does not take the claim, or others were quicker.
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
        let instance = new_instance();
        let (lost, losing) = watch::channel(None);
        let epoch = {
            let mut entries = shared.entries();
            let entry = entries.entry(key.clone()).or_default();
            let epoch = entry.owner.epoch + 1;
            let worker = shared.worker_id.clone();
            entry.lose(&Lost::Superseded { queue: key.queue.clone(), worker, epoch });
            entry.lease = Some(LeaseEnd { epoch, instance: instance.clone(), lost });
            epoch
        };
        let worker = shared.worker_id.clone();
        let claim = OffsetRecord { key, epoch, instance, worker, progress: None };
        shared.append(&claim).await?;
        let written = shared.entries().get(&claim.key).and_then(|entry| entry.owner.written.clone());
        Ok(Claim::new(Arc::clone(shared), Arc::clone(queue), claim, losing, written))
    }

    /// The topics of which `connector` has read some queue: others of their queues came later.
    pub fn topics_begun(&self, connector: &ConnectorName) -> BTreeSet<Arc<str>> {
        let entries = self.shared.entries();
        let begun = entries
            .iter()
            .filter(|(key, entry)| key.connector == *connector && entry.owner.written.is_some());
        begun.map(|(key, _)| Arc::clone(&key.queue.topic)).collect()
    }
}

impl Shared {
    /// Appends a record and reads the topic up to it. `Ok` means that the record counts, and that whoever wrote it still owned the
    /// queue when that was read.
    pub(super) async fn append(&self, record: &OffsetRecord) -> Result<(), Lost> {
        let index = self.index_of(record);
        let place = self.log.append_to(index, &record.record()).await?;
        let mut read = match self.read.get(index) {
            Some(read) => read.subscribe(),
            None => return Err(Lost::Behind { place }),
        };
        let up_to_it = tokio::time::timeout(READ_DEADLINE, read.wait_for(|read| *read > place.offset)).await;
        if !matches!(up_to_it, Ok(Ok(_))) {
            return Err(Lost::Behind { place });
        }
        // Invariant 3: it counts only when no newer claim stands before it.
        let entries = self.entries();
        let owner = entries.get(&record.key).map(|entry| &entry.owner);
        match owner {
            Some(owner) if owner.instance != record.instance => Err(superseded(&record.key, owner)),
            _ => Ok(()),
        }
    }

    /// A queue's records stay where its first one is, also when the topic gets more queues: their order decides.
    fn index_of(&self, record: &OffsetRecord) -> usize {
        let known = self.entries().get(&record.key).and_then(|entry| entry.index);
        known.unwrap_or_else(|| queue_index(&record.record().encoded_key(), self.log.queue_count()))
    }

    fn take(&self, record: LogRecord) {
        let Some(offset) = OffsetRecord::read(&record.key, || record.payload()) else { return };
        let mut entries = self.entries();
        match offset {
            Ok(offset) => {
                let key = offset.key.clone();
                let entry = entries.entry(key.clone()).or_default();
                entry.index = self.log.index_of(&record.location);
                entry.owner.read(offset, record.location);
                entry.heed_claims(&key);
            }
            // Invariant 7: who knows what it says? A later version may have taken the queue.
            Err(why) => {
                let (location, key) = (record.location, record.key);
                tracing::error!(%location, key, error = %why, "a record of the offset topic cannot be read");
                let why = Lost::Unreadable { location, why: Arc::new(why) };
                for (_, entry) in entries.iter().filter(|(known, _)| known.text() == key) {
                    entry.lose(&why);
                }
            }
        }
    }

    /// Nobody knows who has taken the queues whose records stand in this queue of the topic.
    fn lose_all(&self, index: usize, why: &Lost) {
        for entry in self.entries().values().filter(|entry| entry.index == Some(index)) {
            entry.lose(why);
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Ends the lease when there is a claim that stands before it.
    fn heed_claims(&self, key: &Key) {
        let Some(lease) = &self.lease else { return };
        if lease.instance != self.owner.instance && lease.epoch <= self.owner.epoch {
            self.lose(&superseded(key, &self.owner));
        }
    }

    fn lose(&self, why: &Lost) {
        if let Some(lease) = &self.lease {
            lease.lost.send_if_modified(|lost| lost.is_none() && lost.replace(why.clone()).is_none());
        }
    }
}

fn superseded(key: &Key, owner: &Owner) -> Lost {
    Lost::Superseded { queue: key.queue.clone(), worker: owner.worker.clone(), epoch: owner.epoch }
}

/// Reads a queue of the topic on; when that fails, from its beginning again.
async fn follow(shared: Arc<Shared>, index: usize) {
    let Some(read) = shared.read.get(index) else { return };
    let mut at = *read.borrow();
    loop {
        let Err(error) = shared.log.follow(index, at, read, |record| shared.take(record)).await else {
            return;
        };
        let topic = shared.log.topic();
        tracing::error!(%topic, index, error = causes(&error), "the offset topic is read from its beginning again");
        let error = Arc::new(error);
        shared.lose_all(index, &Lost::Unread { topic: Arc::clone(topic), source: error });
        at = loop {
            match shared.log.first_offset(index).await {
                Ok(first) => break first,
                Err(_) => tokio::time::sleep(FOLLOW_AGAIN).await,
            }
        };
        tokio::time::sleep(FOLLOW_AGAIN).await;
    }
}

/// A name that nobody else has.
fn new_instance() -> String {
    // The standard library seeds each `RandomState` anew.
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}
