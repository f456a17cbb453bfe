//! One task of a running connector: its thread, its failures, when it starts again.

use super::{
    backoff::{Backoff, GivenUp},
    condition::Condition,
    shared::Tag,
};
use crate::{
    fetch::Budget,
    host::{Restart, State, TaskPhase, TaskView},
    task::{Failure, Order, Report, RunningTask, TaskSpec, spawn},
};
use connector_api::QueueId;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};

/// What is shown of a task whose thread was left behind.
pub(super) const LEFT_BEHIND: &str =
    "the task's thread does not end and was left behind: its connector blocks";

/// One task of a running connector.
pub(super) struct Slot {
    spec: TaskSpec,
    number: u32,
    running: Option<Life>,
    condition: Condition,
    backoff: Backoff,
    /// When it starts again after a failure.
    due: Option<Instant>,
    /// Whether it was told to end, so that a failure is its end too.
    is_stopping: bool,
    /// Whether it was told to end, and starts again then.
    is_restarting: bool,
}

struct Life {
    thread: RunningTask,
    tag: Tag,
}

/// What changes in the view.
pub(super) type Change = Box<dyn FnOnce(&mut TaskView)>;

impl Slot {
    pub(super) fn new(number: u32, spec: TaskSpec, backoff: Backoff) -> Self {
        let condition = Condition::default();
        Self {
            spec,
            number,
            running: None,
            condition,
            backoff,
            due: None,
            is_stopping: false,
            is_restarting: false,
        }
    }

    /// The queues that it reads from its next start on, the topics of which others were read before, and the memory for
    /// messages.
    pub(super) fn assign(
        &mut self,
        queues: Arc<[Arc<QueueId>]>,
        begun: Arc<BTreeSet<Arc<str>>>,
        budget: Arc<Budget>,
    ) {
        self.spec.queues = queues;
        self.spec.begun = begun;
        self.spec.budget = budget;
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// When it starts again by itself, if it has failed.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Why it does not start again by itself, if so.
    pub(super) fn given_up(&self) -> Option<GivenUp> {
        self.backoff.given_up()
    }

    /// As if it had never failed. Its next start is due at once when it does not run.
    pub(super) fn begin_anew(&mut self) {
        self.backoff.begin_anew();
        self.due = (!self.is_running()).then(Instant::now);
    }

    /// Ends its thread, which starts again then, or starts it at once when it has failed.
    pub(super) fn restart(&mut self) {
        if self.is_running() {
            self.order(Order::Stop);
            self.is_restarting = true;
        } else {
            self.begin_anew();
        }
    }

    /// Starts the thread. What it has to say comes tagged.
    pub(super) fn start(
        &mut self,
        order: Order,
        generation: u64,
        reports: &mpsc::UnboundedSender<(Tag, Report)>,
    ) -> (u32, Change) {
        self.due = None;
        self.is_stopping = false;
        self.is_restarting = false;
        let tag = Tag { task: self.number, generation };
        match spawn(self.spec.clone(), order, reports.clone(), tag) {
            Ok(thread) => {
                self.running = Some(Life { thread, tag });
                self.condition.begin();
                // A failure stays in sight until it is known that it has passed.
                (self.number, Box::new(|view| view.phase = TaskPhase::Pending))
            }
            Err(error) => (self.number, self.failed(crate::causes(&error), error.failure(), Duration::ZERO)),
        }
    }

    /// Tells it to end, and not to start again.
    pub(super) fn stop(&mut self) {
        self.due = None;
        self.is_stopping = true;
        self.is_restarting = false;
        self.order(Order::Stop);
    }

    pub(super) fn order(&self, order: Order) {
        // One that is on its way to a new start does by then what is wanted.
        if let Some(life) = self.running.as_ref().filter(|_| !self.is_restarting) {
            life.thread.order(order);
        }
    }

    /// What a report changes; nothing when it is not of this life of the task.
    pub(super) fn heed(&mut self, tag: Tag, report: Report) -> Option<Change> {
        self.running.as_ref().filter(|life| life.tag == tag)?;
        self.condition.hear(&report, Instant::now());
        let trace = self.condition.trace();
        Some(match report {
            Report::Running => Box::new(|view| {
                is_now(view, State::Running, TaskPhase::Running);
                view.trace = trace;
            }),
            Report::Paused => Box::new(|view| is_now(view, State::Paused, TaskPhase::Running)),
            Report::Trouble(_) | Report::Recovered => Box::new(|view| view.trace = trace),
            // Why it failed before stays in sight until it runs.
            Report::PassedOver { .. } | Report::Away(_) => Box::new(|view| {
                if view.state == State::Running {
                    view.trace = trace;
                }
            }),
            Report::Failing(cause) => Box::new(|view| {
                view.state = State::Failed;
                view.phase = TaskPhase::Stopping;
                view.trace = Some(cause);
            }),
            Report::Ended(ended) if self.is_restarting => {
                self.running = None;
                self.begin_anew();
                if let Err((cause, _)) = ended {
                    tracing::error!(task = %self.spec.id, error = cause, "task failed at its end");
                }
                Box::new(|view| is_now(view, State::Unassigned, TaskPhase::Stopped))
            }
            Report::Ended(Ok(())) => {
                self.running = None;
                Box::new(|view| is_now(view, State::Unassigned, TaskPhase::Stopped))
            }
            Report::Ended(Err((cause, failure))) => {
                self.running = None;
                self.failed(cause, failure, self.condition.was_well_for())
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
            view.trace = Some(LEFT_BEHIND.to_owned());
        }))
    }

    fn failed(&mut self, cause: String, failure: Failure, well: Duration) -> Change {
        let task = &self.spec.id;
        if self.is_stopping {
            tracing::error!(%task, error = cause, "task failed at its end");
            return show_failure(cause, None);
        }
        let (due, restart) = self.backoff.after_failure(well, failure);
        self.due = due;
        let attempt = restart.attempt;
        let delay = due.map(|due| due.saturating_duration_since(Instant::now()));
        tracing::error!(%task, attempt, restarts_in = ?delay, error = cause, "task failed");
        match self.backoff.given_up() {
            None => show_failure(cause, Some(restart)),
            Some(GivenUp::Attempts(most)) => {
                let why = format!(
                    "{cause}; it does not start again by itself, since it has failed {attempt} times in a row and \
                     errors.restart.max.attempts is {most}: resume the connector to start it anew"
                );
                show_failure(why, Some(restart))
            }
            // The failure says why, and what to do. Attempts do not come into it.
            Some(GivenUp::Superseded | GivenUp::Intolerable) => show_failure(cause, None),
        }
    }
}

fn show_failure(cause: String, restart: Option<Restart>) -> Change {
    Box::new(move |view| {
        view.state = State::Failed;
        view.phase = TaskPhase::Error;
        view.trace = Some(cause);
        view.restart = restart;
    })
}

fn is_now(view: &mut TaskView, state: State, phase: TaskPhase) {
    view.state = state;
    view.phase = phase;
    view.trace = None;
    view.restart = None;
}
