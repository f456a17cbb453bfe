//! The one thread that changes the store.
//!
//! It takes whatever has arrived, gives messages their offsets, and writes all of it as one journal entry; then the
//! messages become visible and everyone gets the answer. Under load the group grows, and so the cost of a write is shared.

use std::{
    collections::BTreeMap,
    io, mem,
    sync::{Arc, PoisonError, RwLockWriteGuard},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::{Bytes, BytesMut};
use fjall::{Keyspace, OwnedWriteBatch, PersistMode};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::{
    Place, Shared, Topic,
    catalog::Catalog,
    keys::{self, Kind},
    queue::Queue,
    stored::{self, Stamp},
    sweep::Waker,
};
use crate::{
    StoreError,
    topic::{GroupConfig, TopicConfig},
};

/// Jobs that may wait for the writer before those who bring more have to wait.
pub(super) const QUEUED_JOBS: usize = 4096;
/// A run is ended once it has this many bytes: what one seek reads, and about what one pull returns.
const RUN_BYTES: usize = 64 * 1024;
/// What may be in memory, journaled but not yet in the engine's tables, before the writer waits for it to become less.
const UNWRITTEN_BYTES: u64 = 16 * 1024 * 1024;
const LOOK_AGAIN: Duration = Duration::from_millis(1);
/// However long the engine takes, it is not waited for longer than this: it has limits of its own.
const WAIT_AT_MOST: Duration = Duration::from_secs(5);
/// A group is written once it has this many bytes, whatever else is waiting.
const GROUP_BYTES: usize = 2 * 1024 * 1024;

pub(super) enum Job {
    Append(Append),
    Change(Change, oneshot::Sender<Result<(), StoreError>>),
}

/// Messages for one queue that get consecutive offsets.
pub(crate) struct Append {
    pub(crate) topic: Arc<Topic>,
    pub(crate) queue: u32,
    /// The messages in stored form, one after the other, with offsets and store time to be filled in.
    pub(crate) messages: BytesMut,
    /// Called once, by the writer's thread; must not block.
    pub(crate) acknowledge: Box<dyn FnOnce(Result<Appended, StoreError>) + Send>,
}

/// Where messages were put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Appended {
    /// The offset of the first; the others follow.
    pub(crate) first_offset: u64,
    /// Each message's position in the order of everything ever stored; part of its message id.
    pub(crate) physical_offsets: Vec<u64>,
}

/// A change of something other than messages.
#[derive(Debug)]
pub(crate) enum Change {
    /// Creates a topic, or gives an existing one another configuration.
    PutTopic(TopicConfig),
    /// Removes a topic with its messages and the offsets committed in it.
    DeleteTopic(String),
    /// Creates a consumer group or changes it.
    PutGroup(GroupConfig),
    /// Removes a group, and its offsets if so said.
    DeleteGroup { group: String, forget_offsets: bool },
    /// Commits an offset.
    Offset { group: String, topic: String, queue: u32, offset: i64 },
    /// Sets a broker setting.
    Setting { name: String, value: String },
    /// Sets or removes a name server value.
    Kv { namespace: String, key: String, value: Option<String> },
    /// Gives up the messages below `min`.
    Trim { queue: Arc<Queue>, min: u64 },
}

/// What is known from the messages on disk when the writer starts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Recovered {
    pub(super) next_topic: u32,
    pub(super) physical_end: u64,
    pub(super) stored_ms: u64,
}

pub(super) fn start(
    shared: Arc<Shared>,
    jobs: mpsc::Receiver<Job>,
    recovered: Recovered,
    sweeper: Waker,
) -> io::Result<thread::JoinHandle<()>> {
    let writer = Writer { shared, recovered, sweeper };
    thread::Builder::new().name("devbroker-write".to_owned()).spawn(move || writer.run(jobs))
}

struct Writer {
    shared: Arc<Shared>,
    /// Kept up to date as messages are written.
    recovered: Recovered,
    sweeper: Waker,
}

impl Writer {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(job) = jobs.blocking_recv() {
            let mut group = Group::new(&self.shared);
            let mut next = Some(job);
            while let Some(job) = next {
                match job {
                    Job::Append(append) => self.append(&mut group, append),
                    Job::Change(change, done) => self.change(&mut group, change, done),
                }
                if group.bytes >= GROUP_BYTES {
                    break;
                }
                next = jobs.try_recv().ok();
            }
            group.write(&self.shared);
            self.wait_for_room();
        }
        if let Err(error) = self.shared.engine.persist(PersistMode::SyncAll) {
            tracing::error!(%error, "the last writes could not be forced to the disk");
        }
    }

    /// Keeps memory bounded when messages come faster than the disk takes them.
    fn wait_for_room(&self) {
        let start = Instant::now();
        while self.shared.engine.write_buffer_size() > UNWRITTEN_BYTES && start.elapsed() < WAIT_AT_MOST {
            thread::sleep(LOOK_AGAIN);
        }
    }

    fn append(&mut self, group: &mut Group, append: Append) {
        let Append { topic, queue, mut messages, acknowledge } = append;
        if topic.is_deleted() {
            return acknowledge(Err(StoreError::TopicDeleted { topic: topic.config.topic_name.clone() }));
        }
        self.recovered.stored_ms = self.recovered.stored_ms.max(now_ms());
        let stored_ms = self.recovered.stored_ms;
        let queue = topic.queue(queue);
        let first_offset = group.tail(&queue).next;
        let mut physical_offsets = Vec::new();
        for (message, queue_offset) in stored::messages_mut(&mut messages).zip(first_offset..) {
            let physical_offset = self.recovered.physical_end;
            stored::stamp(message, Stamp { queue_offset, physical_offset, stored_ms });
            physical_offsets.push(physical_offset);
            self.recovered.physical_end += message.len() as u64;
            group.push(&self.shared.messages, &queue, message);
        }
        let appended = Appended { first_offset, physical_offsets };
        group.answers.push(Box::new(move |outcome| acknowledge(outcome.map(|()| appended))));
    }

    /// Offsets depend on nothing and come often, so they share the group's write. Every other change finds the store as
    /// all before it left it, and is written by itself.
    fn change(&mut self, group: &mut Group, change: Change, done: oneshot::Sender<Result<(), StoreError>>) {
        if let Change::Offset { group: name, topic, queue, offset } = change {
            let key = Kind::Offset.key(&keys::offset(&name, &topic, queue));
            group.batch.insert(&self.shared.records, key, offset.to_be_bytes());
            group.bytes += 64;
            let shared = Arc::clone(&self.shared);
            group.answers.push(Box::new(move |outcome| {
                if outcome.is_ok() {
                    catalog_mut(&shared).set_offset(&name, &topic, queue, offset);
                }
                // Whoever asked may be gone; the commit stands.
                let _gone = done.send(outcome);
            }));
            return;
        }
        mem::replace(group, Group::new(&self.shared)).write(&self.shared);
        let outcome = self.apply(change);
        let _gone = done.send(outcome);
    }

    fn apply(&mut self, change: Change) -> Result<(), StoreError> {
        let records = self.shared.records.clone();
        let mut batch = self.shared.engine.batch();
        match change {
            Change::PutTopic(config) => return self.put_topic(batch, config),
            Change::DeleteTopic(name) => return self.delete_topic(batch, &name),
            Change::PutGroup(config) => {
                batch.insert(&records, Kind::Group.key(config.group_name.as_bytes()), json(&config)?);
                batch.commit()?;
                catalog_mut(&self.shared).groups.insert(config.group_name.clone(), Arc::new(config));
            }
            Change::DeleteGroup { group, forget_offsets } => {
                batch.remove(&records, Kind::Group.key(group.as_bytes()));
                let mut catalog = catalog_mut(&self.shared);
                if forget_offsets {
                    for (topic, queue) in catalog.forget_group_offsets(&group) {
                        batch.remove(&records, Kind::Offset.key(&keys::offset(&group, &topic, queue)));
                    }
                }
                batch.commit()?;
                catalog.groups.remove(&group);
            }
            Change::Setting { name, value } => {
                batch.insert(&records, Kind::Setting.key(name.as_bytes()), value.as_bytes());
                batch.commit()?;
                catalog_mut(&self.shared).settings.insert(name, value);
            }
            Change::Kv { namespace, key, value } => {
                let record = Kind::Kv.key(format!("{namespace}\0{key}").as_bytes());
                match &value {
                    Some(value) => batch.insert(&records, record, value.as_bytes()),
                    None => batch.remove(&records, record),
                }
                batch.commit()?;
                let mut catalog = catalog_mut(&self.shared);
                match value {
                    Some(value) => catalog.kv.insert((namespace, key), value),
                    None => catalog.kv.remove(&(namespace, key)),
                };
            }
            Change::Trim { queue, min } => {
                let bounds = queue.bounds();
                let min = min.min(bounds.max);
                if min > bounds.min {
                    batch.insert(&records, Kind::Trim.key(&keys::trim(queue.place)), min.to_be_bytes());
                    batch.commit()?;
                    queue.trim(min);
                }
            }
            Change::Offset { .. } => {}
        }
        Ok(())
    }

    fn put_topic(&mut self, mut batch: OwnedWriteBatch, config: TopicConfig) -> Result<(), StoreError> {
        let known = self.shared.catalog().topics.get(&config.topic_name).cloned();
        let records = &self.shared.records;
        let topic = match known {
            Some(topic) => topic.reconfigured(config),
            None => {
                let id = self.recovered.next_topic;
                self.recovered.next_topic += 1;
                batch.insert(records, keys::NEXT_TOPIC, self.recovered.next_topic.to_be_bytes());
                Topic::new(id, config)
            }
        };
        let record = TopicRecord { id: topic.id, config: topic.config.clone() };
        batch.insert(records, Kind::Topic.key(topic.config.topic_name.as_bytes()), json(&record)?);
        batch.commit()?;
        catalog_mut(&self.shared).topics.insert(topic.config.topic_name.clone(), Arc::new(topic));
        Ok(())
    }

    /// The topic is gone at once; its messages are removed behind everyone's back.
    fn delete_topic(&mut self, mut batch: OwnedWriteBatch, name: &str) -> Result<(), StoreError> {
        let Some(topic) = self.shared.catalog().topics.get(name).cloned() else { return Ok(()) };
        let records = &self.shared.records;
        batch.remove(records, Kind::Topic.key(name.as_bytes()));
        batch.insert(records, Kind::Deleted.key(&topic.id.to_be_bytes()), []);
        {
            let mut catalog = catalog_mut(&self.shared);
            for (group, queue) in catalog.forget_topic_offsets(name) {
                batch.remove(records, Kind::Offset.key(&keys::offset(&group, name, queue)));
            }
            batch.commit()?;
            catalog.topics.remove(name);
        }
        topic.mark_deleted();
        for queue in topic.used_queues() {
            queue.wake();
        }
        self.sweeper.wake();
        Ok(())
    }
}

/// A topic as it is kept on disk.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TopicRecord {
    pub(super) id: u32,
    pub(super) config: TopicConfig,
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>)>;

/// What is written with one journal entry.
struct Group {
    batch: OwnedWriteBatch,
    bytes: usize,
    tails: BTreeMap<Place, Tail>,
    answers: Vec<Answer>,
}

/// The end of a queue as the group being gathered will leave it.
struct Tail {
    queue: Arc<Queue>,
    next: u64,
    run: Vec<u8>,
}

impl Tail {
    /// The run as the engine keeps it in memory: without spare capacity.
    fn take_run(&mut self) -> Bytes {
        let run = Bytes::copy_from_slice(&self.run);
        self.run.clear();
        run
    }
}

impl Group {
    fn new(shared: &Shared) -> Self {
        Self { batch: shared.engine.batch(), bytes: 0, tails: BTreeMap::new(), answers: Vec::new() }
    }

    fn push(&mut self, messages: &Keyspace, queue: &Arc<Queue>, message: &[u8]) {
        self.bytes += message.len();
        let tail = self.tail(queue);
        let full = tail.run.len() + message.len() > RUN_BYTES && !tail.run.is_empty();
        let ended = full.then(|| (tail.next, tail.take_run()));
        tail.run.extend_from_slice(message);
        tail.next += 1;
        if let Some((next, run)) = ended {
            self.batch.insert(messages, keys::run(queue.place, next - 1), run);
        }
    }

    fn tail(&mut self, queue: &Arc<Queue>) -> &mut Tail {
        self.tails.entry(queue.place).or_insert_with(|| Tail {
            queue: Arc::clone(queue),
            next: queue.bounds().max,
            run: Vec::new(),
        })
    }

    /// One journal entry, then visibility, then answers.
    fn write(mut self, shared: &Shared) {
        let tails = mem::take(&mut self.tails);
        let mut ends = Vec::with_capacity(tails.len());
        for (place, mut tail) in tails {
            let run = tail.take_run();
            if !run.is_empty() {
                self.batch.insert(&shared.messages, keys::run(place, tail.next - 1), run);
            }
            ends.push((tail.queue, tail.next));
        }
        let outcome = self.batch.commit().map_err(StoreError::from);
        if let Err(error) = &outcome {
            tracing::error!(%error, "messages could not be written");
        } else {
            for (queue, next) in ends {
                queue.publish(next);
            }
        }
        for answer in self.answers {
            answer(outcome.clone());
        }
    }
}

fn catalog_mut(shared: &Shared) -> RwLockWriteGuard<'_, Catalog> {
    shared.catalog.write().unwrap_or_else(PoisonError::into_inner)
}

fn json(record: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(record).map_err(|error| StoreError::Record { reason: error.to_string() })
}

pub(super) fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
