//! Points at which the fault suite ends the process as a power failure would.
//!
//! With feature `fault-points`, which no released binary has, `ROCKETMQ_CONNECT_FAULT_POINT=<point>:<n>` makes the process
//! kill itself (SIGKILL) when a thread passes the point for the nth time; `<point>:<n>:stop` makes it freeze (SIGSTOP), until
//! somebody sends SIGCONT.

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
    use rustix::process::{Signal, getpid, kill_process};
    use std::sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    };
    static PASSES: AtomicU64 = AtomicU64::new(0);
    static WANTED: LazyLock<Option<(String, u64, Signal)>> = LazyLock::new(|| {
        let wanted = std::env::var("ROCKETMQ_CONNECT_FAULT_POINT").ok()?;
        let (wanted, signal) = match wanted.strip_suffix(":stop") {
            Some(wanted) => (wanted, Signal::STOP),
            None => (wanted.as_str(), Signal::KILL),
        };
        let (point, count) = wanted.split_once(':')?;
        Some((point.to_owned(), count.parse().ok()?, signal))
    });
    let Some((point, count, signal)) = &*WANTED else { return };
    if point == here.name() && PASSES.fetch_add(1, Relaxed) + 1 == *count {
        let outcome = kill_process(getpid(), *signal);
        tracing::info!(?signal, ?outcome, "this process was frozen here, or could not be killed");
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
