//! Why a task ends.

use super::{settings::ToleranceLimit, several};
use crate::{
    causes,
    fetch::{FetchError, PositionError},
    store::Lost,
};
use connector_api::{ConfigErrors, QueueId, QueueOffset, SinkError};
use std::{sync::Arc, time::Duration};

/// Whether a failure passes without anybody changing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Something does not answer at the moment.
    Passing,
    /// Trying again is hardly going to help.
    Lasting,
    /// More records cannot be delivered than the configuration tolerates: only an operator starts it again.
    Intolerable,
    /// Another worker has its queues, and would lose them: only an operator starts it again.
    Superseded,
}

/// Why a task stops what it does.
#[derive(Debug)]
pub(super) enum Halt {
    /// Something else was ordered; what is under way comes again.
    Ordered,
    /// It fails.
    Failed(TaskError),
}

impl<E: Into<TaskError>> From<E> for Halt {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Why a task fails.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The sink did not start.
    #[error("the sink did not start")]
    Start(#[source] SinkError),
    /// The sink did not take a queue.
    #[error("the sink did not open {queue}")]
    Open {
        /// The queue.
        queue: Arc<QueueId>,
        /// What the sink said.
        #[source]
        source: SinkError,
    },
    /// The transforms cannot be made, which was found fit before.
    #[error("the transforms cannot be made")]
    Transforms(#[source] ConfigErrors),
    /// It cannot be said where reading begins.
    #[error(transparent)]
    Position(#[from] PositionError),
    /// It cannot be said where reading of several queues begins.
    #[error("{}", told(.0))]
    Positions(Vec<PositionError>),
    /// A queue is not this task's any more, or it cannot be told.
    #[error(transparent)]
    Lost(#[from] Lost),
    /// A queue could not be opened in time.
    #[error("it could not be opened within {} s", after.as_secs())]
    Slow {
        /// How long was waited.
        after: Duration,
    },
    /// A queue cannot be read on.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The sink has given up on a batch.
    #[error("the sink did not take offsets {first} to {last} of {queue}")]
    Put {
        /// The queue.
        queue: Arc<QueueId>,
        /// The batch's first offset.
        first: QueueOffset,
        /// The batch's last offset.
        last: i64,
        /// What the sink said.
        #[source]
        source: SinkError,
    },
    /// The sink has not taken a batch for longer than the configuration allows.
    #[error("the sink has not taken offsets {first} to {last} of {queue} within errors.retry.timeout, {} ms", timeout.as_millis())]
    RetriesOver {
        /// The queue.
        queue: Arc<QueueId>,
        /// The batch's first offset.
        first: QueueOffset,
        /// The batch's last offset.
        last: i64,
        /// How long it was put again.
        timeout: Duration,
        /// What the sink said at last.
        #[source]
        source: SinkError,
    },
    /// More records cannot be delivered than are tolerated.
    #[error(
        "more than {} of the last {} records cannot be delivered, which is what errors.tolerance.limit tolerates; the first of this \
         batch that cannot is at offset {offset} of {queue}: {reason}; it does not start again by itself: resume the connector once \
         records can be delivered again, or with a higher limit", limit.most, limit.window
    )]
    Intolerable {
        /// Where the first of them in this batch stands.
        queue: Arc<QueueId>,
        /// Its offset.
        offset: QueueOffset,
        /// What is wrong with it.
        reason: String,
        /// What is tolerated.
        limit: ToleranceLimit,
    },
    /// A record cannot be delivered, and `errors.tolerance` is `none`.
    #[error(
        "the record at offset {offset} of topic {}, broker {}, queue {} cannot be delivered: {reason}; \
         set errors.tolerance=all to go on without it, with errors.deadletterqueue.topic.name to keep it elsewhere",
        queue.topic, queue.broker, queue.queue
    )]
    Record {
        /// Where it stands.
        queue: Arc<QueueId>,
        /// Its offset.
        offset: QueueOffset,
        /// What is wrong with it.
        reason: String,
    },
    /// A record was refused and the dead-letter topic does not take it either.
    #[error(
        "the record at offset {offset} of {queue} can neither be delivered ({reason}) nor sent to dead-letter topic {topic}"
    )]
    DeadLetter {
        /// Where it stands.
        queue: Arc<QueueId>,
        /// Its offset.
        offset: QueueOffset,
        /// Why it was refused.
        reason: String,
        /// The dead-letter topic.
        topic: String,
        /// What the broker said.
        #[source]
        source: Box<remoting::Error>,
    },
    /// The sink has refused a record that was not in the batch.
    #[error(
        "the sink refused offset {offset}, which is not in the batch {batch}; this is a defect of the connector"
    )]
    ForeignRefusal {
        /// The offset that was named.
        offset: QueueOffset,
        /// The batch.
        batch: String,
    },
    /// The thread or its runtime could not be made.
    #[error("a task's thread could not be started")]
    Thread(#[source] std::io::Error),
}

fn told(errors: &[PositionError]) -> String {
    several::told(errors.iter().map(|error| (&**error.queue(), causes(error)))).unwrap_or_default()
}

impl TaskError {
    /// What stands against reading queues; nothing when nothing does.
    pub(super) fn of_positions(mut errors: Vec<PositionError>) -> Option<Self> {
        match errors.len() {
            0 | 1 => errors.pop().map(Self::Position),
            _ => Some(Self::Positions(errors)),
        }
    }

    /// Whether the task may just as well be started again soon.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Lost(Lost::Superseded { .. }) => Failure::Superseded,
            Self::Intolerable { .. } => Failure::Intolerable,
            Self::Start(SinkError::Retriable(_))
            | Self::Open { source: SinkError::Retriable(_), .. }
            | Self::Lost(Lost::Unread { .. })
            | Self::RetriesOver { .. }
            | Self::Thread(_) => Failure::Passing,
            Self::Fetch(error) if !error.is_lasting() => Failure::Passing,
            error if error.is_transient() => Failure::Passing,
            _ => Failure::Lasting,
        }
    }

    /// Whether the task's queues are not what they were when it opened them; once they are opened again it can go on.
    pub fn is_about_queues(&self) -> bool {
        match self {
            Self::Fetch(error) => !error.is_lasting(),
            Self::Lost(lost) => matches!(lost, Lost::Unread { .. }),
            _ => false,
        }
    }

    /// Whether one queue cannot be opened, at the moment or before an operator has done something about it, while others can.
    pub(super) fn is_about_one_queue(&self) -> bool {
        self.is_transient() || matches!(self, Self::Lost(Lost::Unreadable { .. }))
    }

    /// Whether brokers may answer later, without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Position(error) => error.is_transient(),
            Self::Lost(lost) => lost.is_transient(),
            Self::Slow { .. } => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_that_cannot_start_yet_passes_and_one_that_never_can_lasts() {
        let start = |source| TaskError::Start(source).failure();
        assert_eq!(start(SinkError::retriable("the front end is away")), Failure::Passing);
        assert_eq!(start(SinkError::fatal("wrong password")), Failure::Lasting);
        let queue = Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: 0 });
        let source = SinkError::retriable("the front end is away");
        assert_eq!(TaskError::Open { queue, source }.failure(), Failure::Passing);
    }
}
