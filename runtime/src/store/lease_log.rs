//! The leases of one broker's queues, and the queue of the offset topic that has their records.
//!
//! It is read on as long as the worker lives. What a worker writes counts for it, too, only once it has read it there, since only
//! then does it know that nobody took the queue away before.

use super::{
    configs::ConnectorNames,
    entries::{Entries, NewClaim},
    error::StoreError,
    follow::Follower,
    lease::{Claim, Lost},
    log::InternalLog,
    offset_record::{Key, OffsetRecord},
    record::LogRecord,
    replay::Read,
    snapshot::publish_again,
};
use connector_api::{ConnectorName, QueueId};
use remoting::ReadError;
use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// How long it may take until an appended record is read; more than a broker's hiccup takes.
const READ_DEADLINE: Duration = Duration::from_secs(10);

/// Owners and progress of the queues of one broker.
#[derive(Debug)]
pub(super) struct LeaseLog {
    log: InternalLog,
    /// Up to where it has been read.
    read: watch::Sender<i64>,
    entries: Mutex<Entries>,
}

impl LeaseLog {
    /// What the one queue of `log` has, read to its end.
    pub(super) async fn open(log: InternalLog) -> Result<Self, StoreError> {
        let mut entries = Entries::default();
        let replayed = log.replay(0..1, |record| Ok(entries.take(record).unwrap_or(Read::Taken))).await?;
        // Invariant 7: the queues of these are not taken, and the others are not held up.
        entries.unreadable().for_each(|(key, why)| report(key, why));
        let end = replayed.into_iter().map(|queue| queue.end).max().unwrap_or_default();
        Ok(Self { log, read: watch::channel(end).0, entries: Mutex::new(entries) })
    }

    /// Reads on, for ever.
    pub(super) async fn follow(&self) {
        self.log.follow(0, &self.read, self).await;
    }

    /// Publishes the progress of connectors that exist again, before the broker drops it, for ever.
    pub(super) async fn keep(&self, connectors: &ConnectorNames, interval: Duration) -> Infallible {
        publish_again(&self.log, interval, |horizon| {
            self.entries().due(horizon, |name| connectors.contains(name))
        })
        .await
    }

    /// Takes a queue for a task of `connector`.
    pub(super) async fn claim(
        self: &Arc<Self>,
        connector: &ConnectorName,
        queue: &Arc<QueueId>,
        worker_id: &str,
    ) -> Result<Claim, Lost> {
        let key = Key { connector: connector.clone(), queue: (**queue).clone() };
        let NewClaim { record, losing } = self.entries().claim(&key, worker_id)?;
        self.append(&record).await?;
        let written = self.entries().written(&key);
        Ok(Claim::new(Arc::clone(self), Arc::clone(queue), record, losing, written))
    }

    /// Appends a record and reads the queue up to it. `Ok` means that the record counts, and that whoever wrote it still owned the
    /// queue when that was read.
    pub(super) async fn append(&self, record: &OffsetRecord) -> Result<(), Lost> {
        let place = self.log.append_to(0, &record.record()).await?;
        let mut read = self.read.subscribe();
        let up_to_it = tokio::time::timeout(READ_DEADLINE, read.wait_for(|read| *read > place.offset)).await;
        if !matches!(up_to_it, Ok(Ok(_))) {
            return Err(Lost::Behind { place });
        }
        self.entries().counts(record)
    }

    /// The topics of which `connector` has read some queue.
    pub(super) fn topics_begun(&self, connector: &ConnectorName) -> BTreeSet<Arc<str>> {
        self.entries().begun(connector).map(|queue| Arc::clone(&queue.topic)).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn report(key: &str, why: &Lost) {
    tracing::error!(key, error = %why, "nobody can tell who has a queue, and how far it is");
}

impl Follower for LeaseLog {
    fn take(&self, record: LogRecord) -> Read {
        self.entries().take(&record).unwrap_or_else(|why| {
            report(&record.key, &why);
            Read::Taken
        })
    }

    fn missed(&self, _: usize, why: ReadError) {
        let topic = Arc::clone(self.log.topic());
        self.entries().missed(&Lost::Unread { topic, source: Arc::new(why) });
    }
}
