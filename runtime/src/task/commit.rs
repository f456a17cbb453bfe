//! Committing what was acknowledged: to the offset topic, then to the broker's consumer group.
//!
//! It runs beside the task, so that a task never waits for it between batches; what is acknowledged meanwhile is committed
//! together.

use super::counters::Counters;
use crate::{causes, fetch::client_queue, store::OffsetStore};
use connector_api::{ConnectorName, QueueId, QueueOffset};
use remoting::Client;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::Instant,
};

const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How often commits happen while records flow. When a task pauses or stops they happen at once.
#[derive(Debug, Clone, Copy)]
pub struct CommitIntervals {
    /// To the offset topic: after a crash, at most what was acknowledged within this time comes again.
    pub offset_topic: Duration,
    /// To the broker's consumer group, where consoles look.
    pub consumer_group: Duration,
}

/// Commits the positions of one task. Dropped, it stops without a last commit.
#[derive(Debug)]
pub struct Committer {
    acknowledged: watch::Sender<Acknowledged>,
    flushes: mpsc::Sender<oneshot::Sender<bool>>,
    worker: JoinHandle<()>,
}

/// The first offset of each queue that the sink has not acknowledged.
type Acknowledged = BTreeMap<Arc<QueueId>, QueueOffset>;

impl Committer {
    /// Begins with nothing acknowledged.
    pub fn start(
        runtime: &Handle,
        client: Client,
        offsets: Arc<OffsetStore>,
        connector: ConnectorName,
        group: Arc<str>,
        intervals: CommitIntervals,
        counters: Arc<Counters>,
    ) -> Self {
        let (acknowledged, changes) = watch::channel(Acknowledged::new());
        let (flushes, requests) = mpsc::channel(1);
        let loop_ = Loop {
            client,
            offsets,
            connector,
            group,
            intervals,
            counters,
            changes,
            in_topic: Acknowledged::new(),
            in_group: Acknowledged::new(),
        };
        let worker = runtime.spawn(loop_.run(requests));
        Self { acknowledged, flushes, worker }
    }

    /// Everything of `queue` below `next` is done with. Returns at once.
    pub fn acknowledge(&self, queue: &Arc<QueueId>, next: QueueOffset) {
        self.acknowledged.send_modify(|all| {
            all.insert(Arc::clone(queue), next);
        });
    }

    /// Commits everything acknowledged so far, to the offset topic and to the group. Answers whether the offset topic has it.
    pub async fn flush(&self) -> bool {
        let (answer, answered) = oneshot::channel();
        self.flushes.send(answer).await.is_ok() && answered.await.unwrap_or(false)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

struct Loop {
    client: Client,
    offsets: Arc<OffsetStore>,
    connector: ConnectorName,
    group: Arc<str>,
    intervals: CommitIntervals,
    counters: Arc<Counters>,
    changes: watch::Receiver<Acknowledged>,
    in_topic: Acknowledged,
    in_group: Acknowledged,
}

impl Loop {
    async fn run(mut self, mut flushes: mpsc::Receiver<oneshot::Sender<bool>>) {
        let mut topic_due = Instant::now();
        let mut group_due = Instant::now() + self.intervals.consumer_group;
        let mut in_trouble = false;
        loop {
            let dirty = *self.changes.borrow() != self.in_topic;
            let behind = self.in_topic != self.in_group;
            let flush = tokio::select! {
                flush = flushes.recv() => match flush {
                    Some(flush) => Some(flush),
                    None => return,
                },
                changed = self.changes.changed(), if !dirty => match changed {
                    Ok(()) => None,
                    Err(_) => return,
                },
                () = tokio::time::sleep_until(topic_due), if dirty => None,
                () = tokio::time::sleep_until(group_due), if behind => None,
            };
            let now = Instant::now();
            let mut done = true;
            if flush.is_some() || topic_due <= now {
                done = self.commit_to_topic(&mut in_trouble).await;
                topic_due = Instant::now() + if done { self.intervals.offset_topic } else { RETRY_AFTER };
            }
            if flush.is_some() || group_due <= now {
                self.commit_to_group().await;
                group_due = Instant::now() + self.intervals.consumer_group;
            }
            if let Some(flush) = flush
                && flush.send(done).is_err()
            {
                tracing::debug!(connector = %self.connector, "nobody waited for the commit any more");
            }
        }
    }

    async fn commit_to_topic(&mut self, in_trouble: &mut bool) -> bool {
        let acknowledged = self.changes.borrow_and_update().clone();
        for (queue, next) in acknowledged {
            if self.in_topic.get(&queue) == Some(&next) {
                continue;
            }
            // Invariant 1: only what was acknowledged is committed.
            if let Err(error) = self.offsets.commit(&self.connector, &queue, next).await {
                if !std::mem::replace(in_trouble, true) {
                    let (connector, error) = (&self.connector, causes(&error));
                    tracing::warn!(%connector, %queue, offset = %next, error, "offset not committed, trying again");
                }
                return false;
            }
            self.in_topic.insert(queue, next);
            self.counters.last_commit.store(now_millis(), Relaxed);
        }
        if std::mem::take(in_trouble) {
            tracing::info!(connector = %self.connector, "offsets are committed again");
        }
        true
    }

    /// What the group says is for consoles and for a Java worker; the offset topic is what counts here.
    async fn commit_to_group(&mut self) {
        let behind: Vec<_> = self
            .in_topic
            .iter()
            .filter(|(queue, next)| self.in_group.get(*queue) != Some(*next))
            .map(|(queue, next)| (Arc::clone(queue), *next))
            .collect();
        for (queue, next) in behind {
            match self.client.update_offset(&self.group, &client_queue(&queue), next.get()).await {
                Ok(()) => drop(self.in_group.insert(queue, next)),
                Err(error) => {
                    let group = &*self.group;
                    tracing::debug!(group, %queue, offset = %next, error = causes(&error), "the group's offset is behind");
                    return;
                }
            }
        }
    }
}

fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
