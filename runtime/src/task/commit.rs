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
    convert::Infallible,
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
        let work = Work { spec, leases: Arc::clone(&leases), changed: Arc::clone(&changed) };
        let worker = runtime.spawn(async move {
            let lost = work.until_lost(requests).await;
            losing.send_replace(Some(lost));
        });
        Self { leases, changed, flushes, lost, worker }
    }

    /// The leases, in the order of the task's queues.
    pub(super) fn leases(&self) -> &[Lease] {
        &self.leases
    }

    /// Takes note of what is done with. Returns at once.
    pub(super) fn note(&self, lease: &Lease, change: impl FnOnce(&mut Progress)) {
        lease.note(change);
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

/// Each queue is committed by itself, and the group beside them, so that a broker that is away holds up its own queues alone.
struct Work {
    spec: CommitSpec,
    leases: Arc<[Lease]>,
    changed: Arc<Notify>,
}

impl Work {
    /// Commits until a queue turns out to be lost.
    async fn until_lost(&self, flushes: mpsc::Receiver<oneshot::Sender<()>>) -> Lost {
        let mut losses: FuturesUnordered<_> = self.leases.iter().map(|lease| self.keep(lease)).collect();
        tokio::select! {
            Some(lost) = losses.next() => lost,
            never = self.tell_group(flushes) => match never {},
        }
    }

    /// Commits one queue until it is lost.
    async fn keep(&self, lease: &Lease) -> Lost {
        tokio::select! {
            lost = lease.lost() => lost,
            lost = self.commit(lease) => lost,
        }
    }

    async fn commit(&self, lease: &Lease) -> Lost {
        let (task, queue) = (&self.spec.task, lease.queue());
        let mut in_trouble = false;
        loop {
            lease.noted().await;
            while !lease.is_durable() {
                let wait = match store(lease).await {
                    Ok(()) => {
                        if std::mem::take(&mut in_trouble) {
                            tracing::info!(%task, %queue, "offsets are committed again");
                        }
                        self.changed.notify_one();
                        self.spec.intervals.offset_topic
                    }
                    Err(lost) if lost.is_transient() => {
                        if !std::mem::replace(&mut in_trouble, true) {
                            tracing::warn!(%task, %queue, error = causes(&lost), "offsets not committed");
                        }
                        RETRY_AFTER
                    }
                    Err(lost) => return lost,
                };
                tokio::time::sleep(wait).await;
            }
        }
    }

    /// Tells the group what is committed, and commits at once when it is asked to.
    async fn tell_group(&self, mut flushes: mpsc::Receiver<oneshot::Sender<()>>) -> Infallible {
        let Self { spec, leases, changed } = self;
        let mut in_topic = vec![None; leases.len()];
        let mut in_group = GroupOffsets::new(spec.client.clone(), Arc::clone(&spec.group), leases.len());
        let mut due = Instant::now() + spec.intervals.consumer_group;
        loop {
            self.look(&mut in_topic);
            let behind = in_group.is_behind(&in_topic);
            let flush = tokio::select! {
                Some(flush) = flushes.recv() => Some(flush),
                () = changed.notified(), if !behind => continue,
                () = tokio::time::sleep_until(due), if behind => None,
            };
            if flush.is_some() {
                // What fails here is tried again, and told of, where the queue is kept.
                drop(join_all(leases.iter().map(store)).await);
            }
            self.look(&mut in_topic);
            in_group.commit(leases, &in_topic).await;
            due = Instant::now() + spec.intervals.consumer_group;
            if flush.is_some_and(|flush| flush.send(()).is_err()) {
                tracing::debug!(task = %spec.task, "nobody waited for the commit any more");
            }
        }
    }

    /// Takes note of what is durable, also by the bounds of batches that followed.
    fn look(&self, in_topic: &mut [Option<QueueOffset>]) {
        for (lease, in_topic) in self.leases.iter().zip(in_topic) {
            let committed = lease.committed();
            if *in_topic != committed {
                *in_topic = committed;
                self.spec.counters.last_commit.store(now_millis(), Relaxed);
            }
        }
    }
}

/// Makes durable what was noted of a queue, if it is not.
async fn store(lease: &Lease) -> Result<(), Lost> {
    if lease.is_durable() {
        return Ok(());
    }
    fault::point(Point::BeforeOffsetCommit);
    // Invariant 1: only what was noted as done with is committed.
    lease.store().await?;
    fault::point(Point::AfterOffsetCommit);
    Ok(())
}
