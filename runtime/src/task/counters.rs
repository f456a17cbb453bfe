//! What a task has done so far.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// Counts of one task since it was first started here; they survive its restarts.
#[derive(Debug, Default)]
pub struct Counters {
    /// Records read from queues.
    pub read: AtomicU64,
    /// Records acknowledged by the sink.
    pub put: AtomicU64,
    /// Bytes of keys, bodies and properties of those.
    pub bytes: AtomicU64,
    /// Batches acknowledged by the sink.
    pub batches: AtomicU64,
    /// Batches put again after a failure.
    pub retries: AtomicU64,
    /// Records given up by `errors.tolerance`.
    pub skipped: AtomicU64,
    /// Messages that were not read because their queue no longer had them, or that `offset.out.of.range` passed over, as far as their
    /// number is known.
    pub lost: AtomicU64,
    /// Records sent to the dead-letter topic.
    pub dead_letters: AtomicU64,
    /// When offsets were last committed, in milliseconds since 1970 UTC; 0 when never.
    pub last_commit: AtomicI64,
}

impl Counters {
    /// Adds to one of the counts.
    pub(super) fn add(count: &AtomicU64, more: usize) {
        count.fetch_add(u64::try_from(more).unwrap_or(u64::MAX), Relaxed);
    }
}
