//! Messages of a task's queues, read ahead as far as memory allows.
//!
//! One reader a queue runs on the worker's shared runtime and hands runs of messages to the task. What it hands over is
//! taken from the task's memory budget first and given back when the task is done with it: a slow sink stops its
//! readers, and nothing else.

mod again;
mod assign;
mod budget;
mod look;
mod out_of_range;
mod position;
mod range;
mod reader;

pub use again::{Again, read_again};
pub use assign::share;
pub use budget::{Budget, Reservation};
pub use look::is_there;
pub(crate) use look::mark_of;
pub use out_of_range::{Loss, Problem, Undecided};
pub use position::{PositionError, Rules, Start, start};

use crate::store::{Lease, Mark};
use connector_api::{QueueId, QueueOffset};
use reader::Reader;
use remoting::{Client, Queue, ReadError, message::Message};
use std::sync::Arc;
use tokio::{runtime::Handle, sync::mpsc, task::JoinSet};

/// The least and the most that a reader holds beside the budget, in bytes.
const READ_AHEAD: std::ops::RangeInclusive<usize> = 64 * 1024..=1024 * 1024;

/// What comes from the readers.
#[derive(Debug)]
pub enum Fetched {
    /// Messages of the queue with this index, following those before without a gap.
    Run {
        /// Index of the queue among those given to [`Fetch::start`].
        queue: usize,
        /// In offset order.
        messages: Vec<Message>,
        /// The memory they take.
        reservation: Reservation,
    },
    /// A queue cannot be read at the moment; its reader goes on trying.
    Trouble(String),
    /// A queue that was in trouble can be read again.
    Recovered,
    /// A queue cannot be read on.
    Failed(FetchError),
}

/// A queue cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The broker does not have what comes next; opening the queue again finds out what to do.
    #[error("{queue} cannot be read on")]
    Read {
        /// The queue.
        queue: Arc<QueueId>,
        /// Why.
        #[source]
        source: Box<ReadError>,
    },
    /// It could not be opened, and now it can.
    #[error("{queue} can be read again")]
    CameBack {
        /// The queue.
        queue: Arc<QueueId>,
    },
    /// It is another queue now; opening it again says what becomes of it.
    #[error(
        "the message at offset {at} of {queue} is not the one that was read there: the topic was deleted and created again, or its broker \
         has lost messages"
    )]
    Replaced {
        /// The queue.
        queue: Arc<QueueId>,
        /// The offset of the message.
        at: QueueOffset,
    },
}

impl FetchError {
    pub(crate) fn of(queue: &Arc<QueueId>, source: ReadError) -> Self {
        Self::Read { queue: Arc::clone(queue), source: Box::new(source) }
    }

    /// Whether it does not help to open the queue again.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Read { source, .. } if matches!(**source, ReadError::Torn { .. }))
    }
}

/// Where a reader begins.
#[derive(Debug, Clone)]
pub struct Position {
    /// The queue.
    pub queue: Arc<QueueId>,
    /// The offset of the message that comes first.
    pub at: QueueOffset,
    /// The message before, by which the queue is recognised.
    pub mark: Option<Mark>,
}

impl Position {
    /// Where reading goes on under a lease, behind the batches that are under way.
    pub fn behind(lease: &Lease) -> Self {
        let progress = lease.progress();
        Self { queue: Arc::clone(lease.queue()), at: progress.resume, mark: progress.mark }
    }
}

/// The readers of a task's queues. Dropped, they stop.
#[derive(Debug)]
pub struct Fetch {
    fetched: mpsc::UnboundedReceiver<Fetched>,
    _readers: JoinSet<()>,
}

impl Fetch {
    /// Begins to read `queues`, each from its position on.
    pub fn start(
        runtime: &Handle,
        client: &Client,
        queues: &[Position],
        group: &Arc<str>,
        budget: &Arc<Budget>,
    ) -> Self {
        // Not bounded by number: every message in it is in the budget.
        let (sender, fetched) = mpsc::unbounded_channel();
        let mut readers = JoinSet::new();
        let ahead = (budget.limit() / 8 / queues.len().max(1)).clamp(*READ_AHEAD.start(), *READ_AHEAD.end());
        for (index, position) in queues.iter().enumerate() {
            let reader = Reader {
                client: client.clone(),
                index,
                queue: Arc::clone(&position.queue),
                at: position.at.get(),
                mark: position.mark,
                confirmed: None,
                gaps_allowed: None,
                ahead,
                group: Arc::clone(group),
                budget: Arc::clone(budget),
                fetched: sender.clone(),
            };
            readers.spawn_on(reader.run(), runtime);
        }
        Self { fetched, _readers: readers }
    }

    /// What comes next. Cancel-safe; `None` when all readers have ended.
    pub async fn next(&mut self) -> Option<Fetched> {
        self.fetched.recv().await
    }

    /// What is there already.
    pub fn try_next(&mut self) -> Option<Fetched> {
        self.fetched.try_recv().ok()
    }
}

/// The memory that a message takes while it waits.
pub fn message_bytes(message: &Message) -> usize {
    message.body.len() + message.properties.as_bytes().len() + size_of::<Message>()
}

/// The queue as the client knows it.
pub fn client_queue(queue: &QueueId) -> Queue {
    Queue::new(
        Arc::clone(&queue.topic),
        Arc::clone(&queue.broker),
        i32::try_from(queue.queue).unwrap_or(i32::MAX),
    )
}
