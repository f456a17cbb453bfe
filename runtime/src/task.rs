//! One task of a connector: a thread of its own that takes batches from queues to a sink.
//!
//! `life` is what it does from its start to its end, `pipeline` the way of a record; `thread` is where they run. What a
//! task has to say about itself it sends as [`Report`]s to whoever started it.

mod away;
mod batch;
mod commit;
mod counters;
mod dead_letter;
mod deliver;
mod error;
mod group;
mod life;
mod limit;
mod lost;
mod open;
mod orders;
mod pipeline;
mod prepare;
mod record;
mod retry;
pub mod settings;
mod several;
mod take;
mod thread;

pub use commit::CommitIntervals;
pub use counters::{Counters, OutOfRangeCount};
pub use error::{Failure, TaskError};
pub use group::show_group;
pub use thread::{RunningTask, TaskSpec, spawn};

/// What a task is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Take records.
    Run,
    /// Keep the queues and wait.
    Pause,
    /// Finish the put in flight, commit, end.
    Stop,
    /// End now, wherever it is; what was not committed comes again.
    Abandon,
}

impl Order {
    /// Whether the task is to end.
    fn is_end(self) -> bool {
        matches!(self, Self::Stop | Self::Abandon)
    }
}

/// What a task says about itself.
#[derive(Debug)]
pub enum Report {
    /// The sink has started; records are taken.
    Running,
    /// It waits, as ordered.
    Paused,
    /// It goes on trying; this is what stands in its way at the moment.
    Trouble(String),
    /// Nothing stands in its way any more.
    Recovered,
    /// Messages of a queue are lost to it, and it goes on without them.
    PassedOver {
        /// How many, as far as their number is known.
        messages: u64,
        /// For the operator: the queue, the offsets, and by what right.
        text: String,
    },
    /// These of its queues have to wait, while it reads the others; nothing when all are read.
    Away(Option<String>),
    /// It fails with this chain of causes, and is about to end.
    Failing(String),
    /// It has ended: as ordered, or with the chain of causes and whether they last.
    Ended(Result<(), (String, Failure)>),
}
