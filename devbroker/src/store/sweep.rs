//! Removing what nobody can read any more: messages of deleted topics, and messages older than the retention.
//!
//! A thread of its own, so that a large deletion holds nobody up. A queue's bounds move first, through the writer; the
//! bytes follow, and what a crash left over is removed after the next start.

use std::{
    collections::HashMap,
    io,
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc as std_mpsc,
    },
    thread,
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    Place, Shared,
    keys::{self, Kind},
    queue::Queue,
    read::{self, TimeBoundary},
    write_table,
    writer::{Change, Job, now_ms},
};
use crate::StoreError;

/// Keys removed with one journal entry.
const REMOVED_AT_ONCE: usize = 512;
/// Once this many runs were removed, the engine is told to give their space back; left alone, it takes its time.
const COMPACT_AFTER_RUNS: usize = 512;
/// How often heads of queues are looked at: ten times within the retention, within these bounds.
const SHORTEST_PERIOD: Duration = Duration::from_millis(100);
const LONGEST_PERIOD: Duration = Duration::from_secs(30);

/// The sweeping thread.
#[derive(Debug)]
pub(super) struct Sweeper {
    waker: Waker,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

/// Wakes the sweeper when a topic was deleted.
#[derive(Debug, Clone)]
pub(super) struct Waker(std_mpsc::SyncSender<()>);

impl Waker {
    pub(super) fn wake(&self) {
        // Full means that it is about to look anyway.
        let _full = self.0.try_send(());
    }
}

impl Sweeper {
    pub(super) fn start(
        shared: Arc<Shared>,
        jobs: mpsc::WeakSender<Job>,
        retention: Option<Duration>,
    ) -> io::Result<Self> {
        let (waker, wakes) = std_mpsc::sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let sweep = Sweep {
            shared,
            jobs,
            retention,
            stop: Arc::clone(&stop),
            swept: HashMap::new(),
            removed_runs: 0,
        };
        let thread =
            thread::Builder::new().name("devbroker-sweep".to_owned()).spawn(move || sweep.run(&wakes))?;
        Ok(Self { waker: Waker(waker), stop, thread: Some(thread) })
    }

    pub(super) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Ends the thread. What it has not removed yet is removed after the next start.
    pub(super) fn stop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.waker.wake();
        if let Some(thread) = self.thread.take() {
            super::join(thread, "sweeper");
        }
    }
}

struct Sweep {
    shared: Arc<Shared>,
    jobs: mpsc::WeakSender<Job>,
    retention: Option<Duration>,
    stop: Arc<AtomicBool>,
    /// Up to where each queue's bytes were removed.
    swept: HashMap<Place, u64>,
    /// Since the space was last given back.
    removed_runs: usize,
}

impl Sweep {
    fn run(mut self, wakes: &std_mpsc::Receiver<()>) {
        let period =
            self.retention.map_or(LONGEST_PERIOD, |kept| (kept / 10).clamp(SHORTEST_PERIOD, LONGEST_PERIOD));
        while !self.stopped() {
            if let Err(error) = self.pass() {
                tracing::error!(%error, "old messages could not be removed");
            }
            // A timeout is the period passing; a closed channel shows as the stop flag.
            let _woken_or_due = wakes.recv_timeout(period);
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn pass(&mut self) -> Result<(), StoreError> {
        self.remove_deleted_topics()?;
        let topics: Vec<_> = self.shared.catalog().topics.values().cloned().collect();
        for queue in topics.iter().flat_map(|topic| topic.used_queues()) {
            if let Some(retention) = self.retention {
                self.trim(&queue, retention)?;
            }
            self.remove_trimmed(&queue)?;
        }
        if self.removed_runs >= COMPACT_AFTER_RUNS && !self.stopped() {
            self.removed_runs = 0;
            self.give_space_back()?;
        }
        Ok(())
    }

    /// The first compaction finds out which files hold nothing any more, the second leaves them out of the engine's list,
    /// and the next table written takes them, like old journals, off the disk.
    fn give_space_back(&self) -> Result<(), StoreError> {
        for _ in 0..2 {
            self.write_tables()?;
            self.shared.messages.major_compact()?;
        }
        self.write_tables()
    }

    /// Makes the engine write a table for each keyspace, with nothing new in it if need be.
    fn write_tables(&self) -> Result<(), StoreError> {
        self.shared.messages.remove(keys::run(Place::NOWHERE, 0))?;
        write_table(&self.shared.messages, || self.stopped())?;
        self.shared.records.insert(keys::SWEPT, now_ms().to_be_bytes())?;
        write_table(&self.shared.records, || self.stopped())
    }

    fn remove_deleted_topics(&mut self) -> Result<(), StoreError> {
        for record in self.shared.records.prefix(Kind::Deleted.prefix()) {
            let key = record.key()?;
            let id = key.get(Kind::Deleted.prefix().len()..).and_then(|id| id.try_into().ok());
            let Some(topic) = id.map(u32::from_be_bytes) else { continue };
            let (first, last) = (Place { topic, queue: 0 }, Place { topic, queue: u32::MAX });
            if !self.remove(keys::run(first, 0)..=keys::run(last, u64::MAX))? {
                return Ok(());
            }
            self.remove_trims(topic)?;
            self.shared.records.remove(key)?;
            self.swept.retain(|place, _| place.topic != topic);
        }
        Ok(())
    }

    fn remove_trims(&self, topic: u32) -> Result<(), StoreError> {
        for record in self.shared.records.prefix(Kind::Trim.key(&topic.to_be_bytes())) {
            self.shared.records.remove(record.key()?)?;
        }
        Ok(())
    }

    /// Moves the queue's start past everything older than the retention.
    fn trim(&self, queue: &Arc<Queue>, retention: Duration) -> Result<(), StoreError> {
        let oldest_kept = now_ms().saturating_sub(u64::try_from(retention.as_millis()).unwrap_or(u64::MAX));
        let min = read::offset_at(&self.shared.messages, queue, oldest_kept, TimeBoundary::Lower)?;
        if min <= queue.bounds().min {
            return Ok(());
        }
        let Some(jobs) = self.jobs.upgrade() else { return Ok(()) };
        let (done, outcome) = oneshot::channel();
        let change = Change::Trim { queue: Arc::clone(queue), min };
        jobs.blocking_send(Job::Change(change, done)).map_err(|_| StoreError::Closed)?;
        drop(jobs);
        outcome.blocking_recv().map_err(|_| StoreError::Closed)?
    }

    fn remove_trimmed(&mut self, queue: &Queue) -> Result<(), StoreError> {
        let (place, min) = (queue.place, queue.bounds().min);
        let swept = self.swept.get(&place).copied().unwrap_or(0);
        if swept < min && self.remove(keys::run(place, swept)..=keys::run(place, min - 1))? {
            self.swept.insert(place, min);
        }
        Ok(())
    }

    /// Removes every run in `range`; whether it came to the end before it was told to stop.
    fn remove(&mut self, range: RangeInclusive<[u8; 16]>) -> Result<bool, StoreError> {
        loop {
            if self.stopped() {
                return Ok(false);
            }
            let mut batch = self.shared.engine.batch();
            for run in self.shared.messages.range(range.clone()).take(REMOVED_AT_ONCE) {
                batch.remove(&self.shared.messages, run.key()?);
            }
            if batch.is_empty() {
                return Ok(true);
            }
            self.removed_runs += batch.len();
            batch.commit()?;
        }
    }
}
