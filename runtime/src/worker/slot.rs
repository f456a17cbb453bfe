//! One task of a running connector: its thread, its failures, when it starts again.

use super::{backoff::Backoff, shared::Tag};
use crate::{
    host::{Restart, State, TaskPhase, TaskView},
    task::{Failure, Order, Report, RunningTask, TaskSpec, spawn},
};
use tokio::{sync::mpsc, time::Instant};

/// One task of a running connector.
pub(super) struct Slot {
    spec: TaskSpec,
    number: u32,
    running: Option<Life>,
    backoff: Backoff,
    /// When it starts again after a failure.
    pub(super) due: Option<Instant>,
}

struct Life {
    thread: RunningTask,
    tag: Tag,
    since: Instant,
}

/// What changes in the view.
pub(super) type Change = Box<dyn FnOnce(&mut TaskView)>;

impl Slot {
    pub(super) fn new(number: u32, spec: TaskSpec, backoff: Backoff) -> Self {
        Self { spec, number, running: None, backoff, due: None }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Starts the thread. What it has to say comes tagged.
    pub(super) fn start(
        &mut self,
        order: Order,
        generation: u64,
        reports: &mpsc::UnboundedSender<(Tag, Report)>,
    ) -> (u32, Change) {
        self.due = None;
        let tag = Tag { task: self.number, generation };
        match spawn(self.spec.clone(), order, reports.clone(), tag) {
            Ok(thread) => {
                self.running = Some(Life { thread, tag, since: Instant::now() });
                // A failure stays in sight until it is known that it has passed.
                (self.number, Box::new(|view| view.phase = TaskPhase::Pending))
            }
            Err(error) => (self.number, self.failed(crate::causes(&error), error.failure(), Instant::now())),
        }
    }

    pub(super) fn order(&self, order: Order) {
        if let Some(life) = &self.running {
            life.thread.order(order);
        }
    }

    /// What a report changes; nothing when it is not of this life of the task.
    pub(super) fn heed(&mut self, tag: Tag, report: Report) -> Option<Change> {
        let life = self.running.as_ref().filter(|life| life.tag == tag)?;
        let since = life.since;
        Some(match report {
            Report::Running => Box::new(|view| is_now(view, State::Running, TaskPhase::Running)),
            Report::Paused => Box::new(|view| is_now(view, State::Paused, TaskPhase::Running)),
            Report::Trouble(cause) => Box::new(|view| view.trace = Some(cause)),
            Report::Recovered => Box::new(|view| view.trace = None),
            Report::Failing(cause) => Box::new(|view| {
                view.state = State::Failed;
                view.phase = TaskPhase::Stopping;
                view.trace = Some(cause);
            }),
            Report::Ended(Ok(())) => {
                self.running = None;
                Box::new(|view| is_now(view, State::Unassigned, TaskPhase::Stopped))
            }
            Report::Ended(Err((cause, failure))) => {
                self.running = None;
                self.failed(cause, failure, since)
            }
        })
    }

    /// Lets go of a thread that does not end.
    pub(super) fn leave_behind(&mut self) -> Option<Change> {
        self.running.take()?;
        let task = &self.spec.id;
        tracing::error!(%task, "the task's thread does not end and is left behind: its connector blocks");
        Some(Box::new(|view| {
            is_now(view, State::Unassigned, TaskPhase::Error);
            view.trace =
                Some("the task's thread does not end and was left behind: its connector blocks".to_owned());
        }))
    }

    fn failed(&mut self, cause: String, failure: Failure, since: Instant) -> Change {
        let (due, restart) = self.backoff.after_failure(since.elapsed(), failure);
        self.due = Some(due);
        let (task, attempt) = (&self.spec.id, restart.attempt);
        tracing::error!(%task, attempt, error = cause, "task failed");
        show_failure(cause, restart)
    }
}

fn show_failure(cause: String, restart: Restart) -> Change {
    Box::new(move |view| {
        view.state = State::Failed;
        view.phase = TaskPhase::Error;
        view.trace = Some(cause);
        view.restart = Some(restart);
    })
}

fn is_now(view: &mut TaskView, state: State, phase: TaskPhase) {
    view.state = state;
    view.phase = phase;
    view.trace = None;
    view.restart = None;
}
