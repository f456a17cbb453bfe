//! What the broker remembers: messages, topics, consumer groups, committed offsets, settings.
//!
//! One writer thread owns every change: what arrives together is written to the journal together, then made visible, then
//! acknowledged ([`writer`]). Everyone else reads ([`read`], [`catalog`]).
//!
//! Promise: what was acknowledged is in the operating system's hands and survives the death of the process, `kill -9`
//! included. It is not forced to the disk, so a power failure can lose the last seconds.

mod catalog;
mod data_dir;
mod keys;
mod open;
mod queue;
mod read;
mod stored;
mod sweep;
mod writer;

pub(crate) use catalog::{Catalog, Topic};
pub(crate) use queue::{Bounds, Queue};
pub(crate) use read::{Read, ReadLimits, TagFilter, TimeBoundary};
pub(crate) use writer::{Append, Appended, Change};

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
    thread,
    time::{Duration, Instant},
};

use fjall::{Database, Keyspace};
use tokio::sync::{mpsc, oneshot};

use self::writer::Job;
use crate::{StoreError, topic::TopicConfig};

/// A queue of a topic, by the topic's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) topic: u32,
    pub(crate) queue: u32,
}

impl Place {
    /// A place that no message ever has: topics are counted from 1.
    const NOWHERE: Self = Self { topic: 0, queue: 0 };
}

/// How the store is set up.
#[derive(Debug, Clone)]
pub(crate) struct StoreOptions {
    /// Topics that exist from the first start.
    pub(crate) initial_topics: Vec<TopicConfig>,
    /// How long messages are kept; for ever when `None`.
    pub(crate) retention: Option<Duration>,
}

/// The open store. Its threads end with [`Store::close`].
#[derive(Debug)]
pub(crate) struct Store {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
    sweeper: sweep::Sweeper,
    writer: Option<thread::JoinHandle<()>>,
}

/// What the writer, the sweeper and readers share.
struct Shared {
    engine: Database,
    messages: Keyspace,
    records: Keyspace,
    catalog: RwLock<Catalog>,
    /// Keeps the directory locked as long as anything writes to it.
    _dir: data_dir::DataDir,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("engine", &"fjall").finish_non_exhaustive()
    }
}

impl Shared {
    fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Opens the store in `dir`, creating it if the directory is empty or missing.
    ///
    /// # Errors
    /// [`StoreError`] naming the directory and what is wrong with it.
    pub(crate) fn open(dir: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let (shared, recovered) = open::open(dir, options)?;
        let shared = Arc::new(shared);
        let (jobs, receiver) = mpsc::channel(writer::QUEUED_JOBS);
        let io = |source| StoreError::io(dir, source);
        let sweeper =
            sweep::Sweeper::start(Arc::clone(&shared), jobs.downgrade(), options.retention).map_err(io)?;
        let writer = writer::start(Arc::clone(&shared), receiver, recovered, sweeper.waker()).map_err(io)?;
        Ok(Self { shared, jobs, sweeper, writer: Some(writer) })
    }

    /// The catalog as it is now. Not to be held across an await.
    pub(crate) fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.shared.catalog()
    }

    /// A topic by name.
    pub(crate) fn topic(&self, name: &str) -> Option<Arc<Topic>> {
        self.catalog().topics.get(name).cloned()
    }

    /// Hands messages to the writer, which calls `append.acknowledge` when the journal has them. Waits while the writer is behind.
    ///
    /// # Errors
    /// [`StoreError::Closed`].
    pub(crate) async fn append(&self, append: Append) -> Result<(), StoreError> {
        self.jobs.send(Job::Append(append)).await.map_err(|_| StoreError::Closed)
    }

    /// Makes a change and waits until the journal has it.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be written.
    pub(crate) async fn change(&self, change: Change) -> Result<(), StoreError> {
        let (done, outcome) = oneshot::channel();
        self.jobs.send(Job::Change(change, done)).await.map_err(|_| StoreError::Closed)?;
        outcome.await.map_err(|_| StoreError::Closed)?
    }

    /// Messages of `queue` from `offset` on.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub(crate) fn read(
        &self,
        queue: &Queue,
        offset: u64,
        limits: ReadLimits,
        filter: &TagFilter,
    ) -> Result<Read, StoreError> {
        read::read(&self.shared.messages, queue, offset, limits, filter)
    }

    /// The first offset of `queue` stored at or after a time, see [`TimeBoundary`].
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub(crate) fn offset_at(
        &self,
        queue: &Queue,
        stored_ms: u64,
        boundary: TimeBoundary,
    ) -> Result<u64, StoreError> {
        read::offset_at(&self.shared.messages, queue, stored_ms, boundary)
    }

    /// When the message at `offset` was stored, if it is there.
    ///
    /// # Errors
    /// [`StoreError::Engine`].
    pub(crate) fn stored_ms(&self, queue: &Queue, offset: u64) -> Result<Option<u64>, StoreError> {
        read::stored_ms(&self.shared.messages, queue, offset)
    }

    /// Writes what was handed over, forces it to the disk and lets the directory go.
    pub(crate) fn close(&mut self) {
        self.sweeper.stop();
        // Replacing the sender drops the last strong one: the writer drains its queue and ends.
        self.jobs = mpsc::channel(1).0;
        if let Some(writer) = self.writer.take() {
            join(writer, "writer");
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// How long the engine may take to write a table, or a thread to end. Longer means that the disk fails it.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Waits for a thread that was told to end; one that hangs in the engine is left behind rather than waited for.
fn join(thread: thread::JoinHandle<()>, name: &str) {
    if !wait_until(|| thread.is_finished()) {
        tracing::error!(thread = name, "the store did not close in time: the disk seems to fail it");
    } else if thread.join().is_err() {
        tracing::error!(thread = name, "a thread of the store had panicked");
    }
}

/// Has the engine write to a table what it holds in memory, and waits until it has, or `given_up`.
fn write_table(keyspace: &Keyspace, given_up: impl Fn() -> bool) -> Result<(), StoreError> {
    keyspace.rotate_memtable()?;
    if wait_until(|| keyspace.sealed_memtable_count() == 0 || given_up()) {
        return Ok(());
    }
    Err(StoreError::Stuck)
}

fn wait_until(done: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > PATIENCE {
            return false;
        }
        thread::sleep(LOOK_AGAIN);
    }
    true
}
