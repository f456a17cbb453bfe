//! What a task has done so far.

use connector_api::{Figures, QueueId};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

/// Counts of one task since it was first started here; they survive its restarts.
#[derive(Debug, Default)]
pub struct Counters {
    /// Records read from queues.
    pub read: AtomicU64,
    /// Records acknowledged by the sink.
    pub put: AtomicU64,
    /// Bytes of bodies and properties of the messages in acknowledged batches.
    pub bytes: AtomicU64,
    /// Batches acknowledged by the sink.
    pub batches: AtomicU64,
    /// Batches put again after a failure.
    pub retries: AtomicU64,
    /// Records given up by `errors.tolerance`.
    pub skipped: AtomicU64,
    /// Records sent to the dead-letter topic.
    pub dead_letters: AtomicU64,
    /// What the sink itself counts.
    pub sink: Figures,
    /// When offsets were last committed, in milliseconds since 1970 UTC; 0 when never.
    pub last_commit: AtomicI64,
    out_of_range: Mutex<BTreeMap<QueueId, OutOfRangeCount>>,
}

/// A queue that did not have what was to be read next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutOfRangeCount {
    /// How often it was found so.
    pub times: u64,
    /// Messages that were passed over as `offset.out.of.range` says, as far as their number is known.
    pub lost: u64,
}

impl Counters {
    /// The queues that did not have what was to be read next.
    pub fn out_of_range(&self) -> BTreeMap<QueueId, OutOfRangeCount> {
        self.queues().clone()
    }

    /// A queue did not have what was to be read next.
    pub(super) fn found_out_of_range(&self, queue: &QueueId) {
        self.queues().entry(queue.clone()).or_default().times += 1;
    }

    /// So many messages of a queue were passed over for good.
    pub(super) fn lost(&self, queue: &QueueId, messages: u64) {
        self.queues().entry(queue.clone()).or_default().lost += messages;
    }

    fn queues(&self) -> MutexGuard<'_, BTreeMap<QueueId, OutOfRangeCount>> {
        self.out_of_range.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds to one of the counts.
    pub(super) fn add(count: &AtomicU64, more: usize) {
        count.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Relaxed);
    }
}
