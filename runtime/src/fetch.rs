//! Messages of a task's queues, read ahead as far as memory allows.
//!
//! One reader a queue runs on the worker's shared runtime and hands runs of messages to the task. What it hands over is
//! taken from the task's memory budget first and given back when the task is done with it: a slow sink stops its
//! readers, and nothing else.

mod again;
mod assign;
mod budget;
mod position;

pub use again::read_again;
pub use assign::share;
pub use budget::{Budget, Reservation};
pub use position::{PositionError, Problem, Rules, Start, start};

use crate::causes;
use connector_api::{QueueId, QueueOffset};
use remoting::{
    Client, Error as ClientError, Queue, ReadError, ReaderOptions, ReaderStatus, message::Message,
};
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
    /// The topic was away, and may be another one now; opening the queue again finds out.
    #[error("topic {} was gone for a while, its queues are opened again", queue.topic)]
    CameBack {
        /// The queue.
        queue: Arc<QueueId>,
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

/// The readers of a task's queues. Dropped, they stop.
#[derive(Debug)]
pub struct Fetch {
    fetched: mpsc::UnboundedReceiver<Fetched>,
    _readers: JoinSet<()>,
}

impl Fetch {
    /// Begins to read `queues`, each from its offset on.
    pub fn start(
        runtime: &Handle,
        client: &Client,
        queues: &[(Arc<QueueId>, QueueOffset)],
        group: &Arc<str>,
        budget: &Arc<Budget>,
    ) -> Self {
        // Not bounded by number: every message in it is in the budget.
        let (sender, fetched) = mpsc::unbounded_channel();
        let mut readers = JoinSet::new();
        let ahead = (budget.limit() / 8 / queues.len().max(1)).clamp(*READ_AHEAD.start(), *READ_AHEAD.end());
        for (index, (queue, from)) in queues.iter().enumerate() {
            let reader = Reader {
                client: client.clone(),
                index,
                queue: Arc::clone(queue),
                at: from.get(),
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

struct Reader {
    client: Client,
    index: usize,
    queue: Arc<QueueId>,
    at: i64,
    ahead: usize,
    group: Arc<str>,
    budget: Arc<Budget>,
    fetched: mpsc::UnboundedSender<Fetched>,
}

impl Reader {
    async fn run(self) {
        let options = ReaderOptions {
            group: Some(Arc::clone(&self.group)),
            budget_bytes: self.ahead,
            ..ReaderOptions::default()
        };
        let mut reader = self.client.reader(client_queue(&self.queue), self.at, options);
        let mut status = reader.status();
        let mut was_missing = false;
        loop {
            let fetched = tokio::select! {
                run = reader.next(self.ahead) => match run {
                    Ok(_) if was_missing => {
                        Fetched::Failed(FetchError::CameBack { queue: Arc::clone(&self.queue) })
                    }
                    Ok(run) => {
                        let bytes = run.messages.iter().map(message_bytes).sum();
                        let reservation = self.budget.reserve(bytes).await;
                        Fetched::Run { queue: self.index, messages: run.messages, reservation }
                    }
                    Err(error) => Fetched::Failed(FetchError::of(&self.queue, error)),
                },
                Ok(()) = status.changed() => match &*status.borrow_and_update() {
                    ReaderStatus::Retrying { error, .. } => {
                        was_missing |= matches!(error, ClientError::TopicMissing { .. });
                        Fetched::Trouble(format!("{} cannot be read at the moment: {}", self.queue, causes(error)))
                    }
                    _ => Fetched::Recovered,
                },
            };
            let ended = matches!(fetched, Fetched::Failed(_));
            if self.fetched.send(fetched).is_err() || ended {
                return;
            }
        }
    }
}
