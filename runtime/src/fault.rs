//! Points at which the fault suite ends the process as a power failure would.
//!
//! With feature `fault-points`, which no released binary has, `ROCKETMQ_CONNECT_FAULT_POINT=<point>:<n>` makes the process
//! kill itself (SIGKILL) when a thread passes the point for the nth time.

/// Something has been done, and what comes next has not been begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// Messages were gathered to a batch.
    AfterFetch,
    /// The batch's bounds are durable.
    AfterIntent,
    /// The sink has acknowledged the batch.
    AfterPut,
    /// Progress is about to be committed.
    BeforeOffsetCommit,
    /// Progress is committed.
    AfterOffsetCommit,
}

/// Ends the process here when it was told to.
#[cfg(not(feature = "fault-points"))]
#[inline(always)]
pub(crate) fn point(_: Point) {}

/// Ends the process here when it was told to.
#[cfg(feature = "fault-points")]
pub(crate) fn point(here: Point) {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    };
    static PASSES: AtomicU64 = AtomicU64::new(0);
    static WANTED: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let wanted = std::env::var("ROCKETMQ_CONNECT_FAULT_POINT").ok()?;
        let (point, count) = wanted.split_once(':')?;
        Some((point.to_owned(), count.parse().ok()?))
    });
    let Some((point, count)) = &*WANTED else { return };
    if point == here.name() && PASSES.fetch_add(1, Relaxed) + 1 == *count {
        let killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        tracing::error!(?killed, "this process should have ended here");
    }
}

#[cfg(feature = "fault-points")]
impl Point {
    fn name(self) -> &'static str {
        match self {
            Self::AfterFetch => "after-fetch",
            Self::AfterIntent => "after-intent",
            Self::AfterPut => "after-put",
            Self::BeforeOffsetCommit => "before-offset-commit",
            Self::AfterOffsetCommit => "after-offset-commit",
        }
    }
}
