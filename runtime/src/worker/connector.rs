//! One connector: the owner of its tasks.

use super::{
    backoff::Backoff,
    plan::{Plan, Ready},
    shared::{Shared, Tag, Wanted},
    slot::{Change, Slot},
    topics::{self, TopicError},
};
use crate::{
    causes,
    fetch::share,
    host::{State, TargetState, TaskPhase},
    task::{Counters, Failure, Order, Report, TaskSpec},
};
use connector_api::{ConnectorName, QueueId, TaskId};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    time::Instant,
};

/// One connector.
pub(super) struct Connector {
    name: ConnectorName,
    wanted: watch::Receiver<Wanted>,
    pub(super) leave: watch::Receiver<Option<Instant>>,
    pub(super) shared: Arc<Shared>,
    pub(super) reports: mpsc::UnboundedReceiver<(Tag, Report)>,
    reporter: mpsc::UnboundedSender<(Tag, Report)>,
    generation: u64,
    counters: Vec<Arc<Counters>>,
}

impl Connector {
    pub(super) fn new(name: ConnectorName, wanted: watch::Receiver<Wanted>, shared: Arc<Shared>) -> Self {
        let (reporter, reports) = mpsc::unbounded_channel();
        let leave = shared.leave.subscribe();
        Self { name, wanted, leave, shared, reports, reporter, generation: 0, counters: Vec::new() }
    }

    /// Is what is wanted, until the worker ends.
    pub(super) async fn run(mut self) {
        while !self.is_leaving() {
            let wanted = self.wanted.borrow_and_update().clone();
            match &wanted {
                Wanted::There(plan, TargetState::Started | TargetState::Paused) => match &plan.ready {
                    Ok(ready) => self.run_tasks(plan, ready).await,
                    Err(cause) => {
                        tracing::error!(connector = %self.name, error = cause, "the stored configuration cannot be run");
                        self.until_something_changes().await;
                    }
                },
                Wanted::There(_, TargetState::Stopped) => {
                    self.show_stopped();
                    self.until_something_changes().await;
                }
                Wanted::Gone => {
                    self.shared.board.ended(&self.name);
                    self.until_something_changes().await;
                }
            }
            // Without its sender nothing can be wanted any more.
            if self.wanted.has_changed().is_err() {
                return;
            }
        }
    }

    /// Runs the tasks of one plan until another is wanted, or its topics have more queues.
    async fn run_tasks(&mut self, plan: &Arc<Plan>, ready: &Ready) {
        let Some(mut queues) = self.find_queues(plan, ready).await else { return };
        loop {
            let mut slots = self.slots(ready, &queues);
            for slot in &mut slots {
                self.start(slot);
            }
            let more = self.mind(plan, ready, &queues, &mut slots).await;
            self.stop(&mut slots).await;
            match more {
                Some(more) => queues = more,
                None => return,
            }
        }
    }

    /// The queues of the topics, as soon as there are any.
    async fn find_queues(&mut self, plan: &Arc<Plan>, ready: &Ready) -> Option<BTreeSet<QueueId>> {
        let mut backoff = self.backoff();
        let shared = Arc::clone(&self.shared);
        loop {
            let found = tokio::select! {
                found = topics::queues(&shared.options, &ready.settings.topics) => found,
                () = self.until_another(plan) => return None,
            };
            let error: TopicError = match found {
                Ok(queues) => {
                    self.show_running();
                    return Some(queues);
                }
                Err(error) => error,
            };
            let (due, restart) = backoff.after_failure(Duration::ZERO, Failure::Passing);
            let cause = causes(&error);
            if restart.attempt == 1 {
                tracing::error!(connector = %self.name, error = cause, "connector cannot run yet");
            }
            self.shared.board.update(&self.name, |view| {
                view.state = State::Failed;
                view.trace = Some(cause.clone());
                for task in &mut view.tasks {
                    task.state = State::Failed;
                    task.phase = TaskPhase::Error;
                    task.trace = Some(cause.clone());
                    task.restart = Some(restart);
                }
            });
            tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = self.until_another(plan) => return None,
            }
        }
    }

    /// Watches over running tasks. Answers with all queues when there are new ones, with nothing when something else is
    /// wanted.
    async fn mind(
        &mut self,
        plan: &Arc<Plan>,
        ready: &Ready,
        queues: &BTreeSet<QueueId>,
        slots: &mut [Slot],
    ) -> Option<BTreeSet<QueueId>> {
        let shared = Arc::clone(&self.shared);
        let interval = self.shared.options.route_interval;
        let mut look = tokio::time::interval_at(Instant::now() + interval, interval);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let due = slots.iter().filter_map(|slot| slot.due).min();
            let restart = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let new_queues = async {
                loop {
                    look.tick().await;
                    // What is away at the moment stays assigned: it comes back, or the tasks say what is wrong with it.
                    if let Ok(now) = topics::queues(&shared.options, &ready.settings.topics).await
                        && !now.is_subset(queues)
                    {
                        return now.union(queues).cloned().collect();
                    }
                }
            };
            tokio::select! {
                Some((tag, report)) = self.reports.recv() => self.heed(slots, tag, report),
                changed = self.wanted.changed() => {
                    if changed.is_err() || !self.is_still(plan) {
                        return None;
                    }
                    let order = self.order();
                    for slot in &*slots {
                        slot.order(order);
                    }
                }
                _ = self.leave.changed() => return None,
                () = restart => {
                    let now = Instant::now();
                    for slot in slots.iter_mut().filter(|slot| slot.due.is_some_and(|due| due <= now)) {
                        self.start(slot);
                    }
                }
                more = new_queues => {
                    tracing::info!(connector = %self.name, "its topics have more queues, tasks start anew");
                    return Some(more);
                }
            }
        }
    }

    fn slots(&mut self, ready: &Ready, queues: &BTreeSet<QueueId>) -> Vec<Slot> {
        let options = &self.shared.options;
        let queues: Vec<QueueId> = queues.iter().cloned().collect();
        let count = ready.tasks.len();
        self.counters.resize_with(count.max(self.counters.len()), Arc::default);
        let group: Arc<str> = ready.settings.group.as_str().into();
        let worker_id: Arc<str> = options.worker_id.as_str().into();
        let begun = Arc::new(self.shared.offsets.topics_begun(&self.name));
        let slots = ready.tasks.iter().enumerate().zip(0u32..).map(|((index, task), number)| {
            let spec = TaskSpec {
                id: TaskId { connector: self.name.clone(), task: number },
                task_count: u32::try_from(count).unwrap_or(u32::MAX),
                class: Arc::clone(&ready.class),
                config: task.config.clone(),
                settings: Arc::clone(&ready.settings),
                queues: share(&queues, index, count).iter().cloned().map(Arc::new).collect(),
                begun: Arc::clone(&begun),
                group: Arc::clone(&group),
                worker_id: Arc::clone(&worker_id),
                client: options.client.clone(),
                offsets: Arc::clone(&self.shared.offsets),
                intervals: options.commit,
                budget: self.shared.memory.budget(),
                counters: Arc::clone(&self.counters[index]),
                runtime: Handle::current(),
            };
            Slot::new(number, spec, self.backoff())
        });
        slots.collect()
    }

    fn start(&mut self, slot: &mut Slot) {
        self.generation += 1;
        let order = self.order();
        let (number, change) = slot.start(order, self.generation, &self.reporter);
        self.change(number, change);
    }

    pub(super) fn heed(&self, slots: &mut [Slot], tag: Tag, report: Report) {
        let change = usize::try_from(tag.task).ok().and_then(|index| slots.get_mut(index)?.heed(tag, report));
        if let Some(change) = change {
            self.change(tag.task, change);
        }
    }

    pub(super) fn change(&self, task: u32, change: Change) {
        self.shared.board.update(&self.name, |view| {
            if let Some(task) = usize::try_from(task).ok().and_then(|index| view.tasks.get_mut(index)) {
                change(task);
            }
        });
    }

    fn show_running(&self) {
        let paused = self.order() == Order::Pause;
        self.shared.board.update(&self.name, |view| {
            view.state = if paused { State::Paused } else { State::Running };
            view.trace = None;
        });
    }

    fn show_stopped(&self) {
        self.shared.board.update(&self.name, |view| {
            view.state = State::Stopped;
            view.trace = None;
            for task in &mut view.tasks {
                task.state = State::Stopped;
                task.phase = TaskPhase::Stopped;
                task.trace = None;
                task.restart = None;
            }
        });
    }

    fn backoff(&self) -> Backoff {
        Backoff::new(self.shared.options.restart_delay, self.shared.options.restart_delay_max)
    }

    /// What tasks are to do, by what is wanted now.
    fn order(&self) -> Order {
        match &*self.wanted.borrow() {
            Wanted::There(_, TargetState::Paused) => Order::Pause,
            _ => Order::Run,
        }
    }

    /// Whether this plan's tasks are still wanted.
    fn is_still(&self, plan: &Arc<Plan>) -> bool {
        match &*self.wanted.borrow() {
            Wanted::There(now, TargetState::Started | TargetState::Paused) => Arc::ptr_eq(now, plan),
            _ => false,
        }
    }

    fn is_leaving(&self) -> bool {
        self.leave.borrow().is_some()
    }

    async fn until_something_changes(&mut self) {
        tokio::select! {
            _ = self.wanted.changed() => {}
            _ = self.leave.changed() => {}
        }
    }

    /// Returns once this plan's tasks are no longer wanted.
    async fn until_another(&mut self, plan: &Arc<Plan>) {
        while !self.is_leaving() && self.is_still(plan) && self.wanted.has_changed().is_ok() {
            self.until_something_changes().await;
        }
    }
}
