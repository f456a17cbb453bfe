//! Committing what was acknowledged: to the offset topic, then to the broker's consumer group.
//!
//! It runs beside the task, so that a task never waits for it between batches; what is acknowledged meanwhile is committed
//! together. It is also the first to hear when a queue was taken over.

use super::{counters::Counters, group::GroupOffsets};
use crate::{
    causes,
    fault::{self, Point},
    now_millis,
    store::{Lease, Lost, Progress},
};
use connector_api::{QueueOffset, TaskId};
use futures_util::{StreamExt, future::join_all, stream::FuturesUnordered};
use remoting::Client;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc, oneshot, watch},
    task::JoinHandle,
    time::Instant,
};

const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How often commits happen while records flow. When a task pauses or stops they happen at once.
#[derive(Debug, Clone, Copy)]
pub struct CommitIntervals {
    /// To the offset topic: after a crash of a sink that is not idempotent, at most what was acknowledged within this time comes again.
    pub offset_topic: Duration,
    /// To the broker's consumer group, where consoles look.
    pub consumer_group: Duration,
}

/// Keeps the leases of one task, and commits its progress. Dropped, it stops without a last commit.
#[derive(Debug)]
pub(super) struct Committer {
    leases: Arc<[Lease]>,
    changed: Arc<Notify>,
    flushes: mpsc::Sender<oneshot::Sender<()>>,
    lost: watch::Receiver<Option<Lost>>,
    worker: JoinHandle<()>,
}

/// Where and how often to commit.
#[derive(Debug)]
pub(super) struct CommitSpec {
    pub(super) client: Client,
    pub(super) task: TaskId,
    pub(super) group: Arc<str>,
    pub(super) intervals: CommitIntervals,
    pub(super) counters: Arc<Counters>,
}

impl Committer {
    /// Begins with what the leases say.
    pub(super) fn start(runtime: &Handle, spec: CommitSpec, leases: Vec<Lease>) -> Self {
        let leases: Arc<[Lease]> = leases.into();
        let changed = Arc::new(Notify::new());
        let (flushes, requests) = mpsc::channel(1);
        let (losing, lost) = watch::channel(None);
        let in_topic = vec![None; leases.len()];
        let in_group = GroupOffsets::new(spec.client.clone(), Arc::clone(&spec.group), leases.len());
        let leases_too = Arc::clone(&leases);
        let loop_ =
            Loop { spec, leases: leases_too, changed: Arc::clone(&changed), losing, in_topic, in_group };
        let worker = runtime.spawn(loop_.run(requests));
        Self { leases, changed, flushes, lost, worker }
    }

    /// The leases, in the order of the task's queues.
    pub(super) fn leases(&self) -> &[Lease] {
        &self.leases
    }

    /// Takes note of what is done with. Returns at once.
    pub(super) fn note(&self, lease: &Lease, change: impl FnOnce(&mut Progress)) {
        lease.change(change);
        self.changed.notify_one();
    }

    /// Commits everything noted so far, to the offset topic and to the group, if they can be reached.
    pub(super) async fn flush(&self) {
        let (answer, answered) = oneshot::channel();
        if self.flushes.send(answer).await.is_ok() {
            // It ends only when a queue is lost, and then there is nothing to commit.
            drop(answered.await);
        }
    }

    /// Returns once a queue is no longer this task's.
    pub(super) async fn lost(&self) -> Lost {
        let mut lost = self.lost.clone();
        match lost.wait_for(Option::is_some).await.ok().and_then(|lost| lost.clone()) {
            Some(lost) => lost,
            // Its worker's runtime has ended, and so will the task.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

struct Loop {
    spec: CommitSpec,
    leases: Arc<[Lease]>,
    changed: Arc<Notify>,
    losing: watch::Sender<Option<Lost>>,
    /// What was committed of each queue.
    in_topic: Vec<Option<QueueOffset>>,
    in_group: GroupOffsets,
}

impl Loop {
    async fn run(mut self, flushes: mpsc::Receiver<oneshot::Sender<()>>) {
        let leases = Arc::clone(&self.leases);
        let mut losses: FuturesUnordered<_> = leases.iter().map(Lease::lost).collect();
        let lost = async {
            match losses.next().await {
                Some(lost) => lost,
                None => std::future::pending().await,
            }
        };
        let lost = tokio::select! {
            lost = lost => lost,
            lost = self.commit(flushes) => lost,
        };
        self.losing.send_replace(Some(lost));
    }

    /// Commits until a queue turns out to be lost.
    async fn commit(&mut self, mut flushes: mpsc::Receiver<oneshot::Sender<()>>) -> Lost {
        let mut topic_due = Instant::now();
        let mut group_due = Instant::now() + self.spec.intervals.consumer_group;
        let mut in_trouble = false;
        let changed = Arc::clone(&self.changed);
        loop {
            self.look();
            let dirty = self.leases.iter().any(|lease| !lease.is_durable());
            let behind = self.in_group.is_behind(&self.in_topic);
            let flush = tokio::select! {
                flush = flushes.recv() => match flush {
                    Some(flush) => Some(flush),
                    None => std::future::pending().await,
                },
                () = changed.notified(), if !dirty => None,
                () = tokio::time::sleep_until(topic_due), if dirty => None,
                () = tokio::time::sleep_until(group_due), if behind => None,
            };
            let now = Instant::now();
            if flush.is_some() || topic_due <= now {
                let wait = match self.commit_to_topic(&mut in_trouble).await {
                    Ok(()) => self.spec.intervals.offset_topic,
                    Err(lost) if lost.is_transient() => RETRY_AFTER,
                    Err(lost) => return lost,
                };
                topic_due = Instant::now() + wait;
            }
            if flush.is_some() || group_due <= now {
                self.look();
                self.in_group.commit(&self.leases, &self.in_topic).await;
                group_due = Instant::now() + self.spec.intervals.consumer_group;
            }
            if flush.is_some_and(|flush| flush.send(()).is_err()) {
                tracing::debug!(task = %self.spec.task, "nobody waited for the commit any more");
            }
        }
    }

    /// Takes note of what is durable, also by the bounds of batches that followed.
    fn look(&mut self) {
        for (lease, in_topic) in self.leases.iter().zip(&mut self.in_topic) {
            let committed = lease.committed();
            if *in_topic != committed {
                *in_topic = committed;
                self.spec.counters.last_commit.store(now_millis(), Relaxed);
            }
        }
    }

    async fn commit_to_topic(&mut self, in_trouble: &mut bool) -> Result<(), Lost> {
        if self.leases.iter().all(Lease::is_durable) {
            return Ok(());
        }
        fault::point(Point::BeforeOffsetCommit);
        // Invariant 1: only what was noted as done with is committed.
        let stored = join_all(self.leases.iter().map(Lease::store)).await;
        if let Some(error) = stored.into_iter().find_map(Result::err) {
            if !std::mem::replace(in_trouble, true) {
                tracing::warn!(task = %self.spec.task, error = causes(&error), "offsets not committed");
            }
            return Err(error);
        }
        fault::point(Point::AfterOffsetCommit);
        if std::mem::take(in_trouble) {
            tracing::info!(task = %self.spec.task, "offsets are committed again");
        }
        Ok(())
    }
}
