//! A task's right to a queue.

use super::{
    error::{StoreError, Unreadable},
    lease_log::LeaseLog,
    offset_record::{OffsetRecord, Written},
    progress::Progress,
    record::Location,
};
use connector_api::{QueueId, QueueOffset};
use remoting::ReadError;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// Why a queue is not a task's, or it cannot be told that it is.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Lost {
    /// Another task has it, here or elsewhere.
    #[error(
        "{queue} was taken over by worker {worker} (claim {epoch} in the offset topic): another worker runs this connector with the same \
         internal topics. This task has stopped and does not start again by itself; stop one of the workers, or resume the connector to take the queue back"
    )]
    Superseded {
        /// The queue.
        queue: QueueId,
        /// Where its new owner runs.
        worker: String,
        /// The new owner's claim.
        epoch: u64,
    },
    /// What was written has not been read in time, so it is not known whether it counts.
    #[error("the record at {place} was written and cannot be read")]
    Behind {
        /// Where it stands.
        place: Location,
    },
    /// A record under the queue's key cannot be read.
    #[error(
        "a record at {location} cannot be read: {why}; nobody takes its queue until a whole record with the same key stands behind it"
    )]
    Unreadable {
        /// Where it stands.
        location: Location,
        /// What is wrong with it.
        why: Arc<Unreadable>,
    },
    /// The offset topic could not be read on, so claims may have been missed.
    #[error("the offset topic {topic} could not be read on, so others may have taken the queue")]
    Unread {
        /// The topic.
        topic: Arc<str>,
        /// Why.
        #[source]
        source: Arc<ReadError>,
    },
    /// The offset topic did not take a record.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl Lost {
    /// Whether the same may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Behind { .. } => true,
            Self::Store(error) => error.is_transient(),
            Self::Superseded { .. } | Self::Unreadable { .. } | Self::Unread { .. } => false,
        }
    }
}

/// A queue that was claimed: what was known of it, before its owner says where it begins.
#[derive(Debug)]
pub struct Claim {
    log: Arc<LeaseLog>,
    queue: Arc<QueueId>,
    /// The record of the claim; those under it differ in their progress.
    record: OffsetRecord,
    losing: watch::Receiver<Option<Lost>>,
    written: Option<Written>,
}

/// The right to a queue, and how far its owner is.
///
/// Progress changes at once and is durable once [`store`](Lease::store) says so.
#[derive(Debug)]
pub struct Lease {
    log: Arc<LeaseLog>,
    queue: Arc<QueueId>,
    record: OffsetRecord,
    losing: watch::Receiver<Option<Lost>>,
    state: Mutex<State>,
    noted: Notify,
}

#[derive(Debug)]
struct State {
    progress: Progress,
    /// How often it has changed, and of how many of these changes the topic knows.
    changes: u64,
    durable: u64,
    version: u64,
    committed: Option<QueueOffset>,
}

impl Claim {
    pub(super) fn new(
        log: Arc<LeaseLog>,
        queue: Arc<QueueId>,
        record: OffsetRecord,
        losing: watch::Receiver<Option<Lost>>,
        written: Option<Written>,
    ) -> Self {
        Self { log, queue, record, losing, written }
    }

    /// The queue.
    pub fn queue(&self) -> &Arc<QueueId> {
        &self.queue
    }

    /// How far the owners before were; `None` when there was none that had begun.
    pub fn stored(&self) -> Option<&Progress> {
        self.written.as_ref().map(|written| &written.progress)
    }

    /// Begins at `progress`. It is not durable under this claim before it is stored, also when it is what was stored before:
    /// what stands behind the claim the broker does not drop before it.
    pub fn begin(self, progress: Progress) -> Lease {
        let Self { log, queue, record, losing, written } = self;
        let is_known = written.as_ref().is_some_and(|written| written.progress == progress);
        let committed = is_known.then(|| progress.committed());
        let version = written.map_or(0, |written| written.version);
        let state = Mutex::new(State { progress, changes: 1, durable: 0, version, committed });
        Lease { log, queue, record, losing, state, noted: Notify::new() }
    }
}

impl Lease {
    /// The queue.
    pub fn queue(&self) -> &Arc<QueueId> {
        &self.queue
    }

    /// How far the task is.
    pub fn progress(&self) -> Progress {
        self.state().progress.clone()
    }

    /// Changes how far the task is. It is not durable before it is stored.
    pub fn change(&self, change: impl FnOnce(&mut Progress)) {
        let mut state = self.state();
        change(&mut state.progress);
        state.changes += 1;
    }

    /// The same, and [`noted`](Self::noted) returns.
    pub fn note(&self, change: impl FnOnce(&mut Progress)) {
        self.change(change);
        self.noted.notify_one();
    }

    /// Returns once something was noted that it has not returned for. For one who waits.
    pub async fn noted(&self) {
        self.noted.notified().await;
    }

    /// Whether the topic knows it all.
    pub fn is_durable(&self) -> bool {
        let state = self.state();
        state.durable == state.changes
    }

    /// Everything below is done with, and the topic knows it.
    pub fn committed(&self) -> Option<QueueOffset> {
        self.state().committed
    }

    /// Makes durable how far the task is. `Ok` means that the topic has it and that the queue was still this task's when it took
    /// it.
    ///
    /// # Errors
    /// [`Lost`]; the record may be there all the same.
    pub async fn store(&self) -> Result<(), Lost> {
        let (record, changes, committed) = {
            let mut state = self.state();
            if state.durable == state.changes {
                return Ok(());
            }
            // Each record says all, so of two that are under way together the later one counts.
            state.version += 1;
            let progress = Some(Written { version: state.version, progress: state.progress.clone() });
            let record = OffsetRecord { progress, ..self.record.clone() };
            (record, state.changes, state.progress.committed())
        };
        self.log.append(&record).await?;
        let mut state = self.state();
        if changes > state.durable {
            (state.durable, state.committed) = (changes, Some(committed));
        }
        Ok(())
    }

    /// Returns when the queue is no longer this task's, or it cannot be told any more.
    pub async fn lost(&self) -> Lost {
        let mut losing = self.losing.clone();
        let lost = losing.wait_for(Option::is_some).await.ok().and_then(|lost| lost.clone());
        match lost {
            Some(lost) => lost,
            // A later lease of this worker has taken its place; it says so when this one writes.
            None => std::future::pending().await,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
