//! One connector: the owner of its tasks.

use super::{
    backoff::{Backoff, GivenUp},
    plan::Plan,
    shared::{Configured, Shared, Tag, Wanted},
    slot::{Change, Slot},
    topics,
};
use crate::{
    fetch::share,
    host::{State, TargetState, TaskPhase},
    task::{Order, Report, TaskSpec},
};
use connector_api::{ConnectorName, QueueId, TaskId};
use std::{collections::BTreeSet, pin::pin, sync::Arc};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    time::Instant,
};

/// One connector.
pub(super) struct Connector {
    pub(super) name: ConnectorName,
    wanted: watch::Receiver<Wanted>,
    /// Tasks that are to start again.
    restarts: mpsc::UnboundedReceiver<u32>,
    pub(super) leave: watch::Receiver<Option<Instant>>,
    pub(super) shared: Arc<Shared>,
    pub(super) reports: mpsc::UnboundedReceiver<(Tag, Report)>,
    reporter: mpsc::UnboundedSender<(Tag, Report)>,
    generation: u64,
    /// Those of its last tasks whose threads did not end.
    pub(super) left_behind: BTreeSet<u32>,
    /// Dropped once it is known what the first configuration comes to; the worker's start waits for that.
    pub(super) first_plan: Option<mpsc::Sender<()>>,
}

impl Connector {
    /// `first_plan` is dropped once it is known what is wanted comes to.
    pub(super) fn new(
        name: ConnectorName,
        wanted: watch::Receiver<Wanted>,
        restarts: mpsc::UnboundedReceiver<u32>,
        shared: Arc<Shared>,
        first_plan: Option<mpsc::Sender<()>>,
    ) -> Self {
        let (reporter, reports) = mpsc::unbounded_channel();
        let leave = shared.leave.subscribe();
        Self {
            name,
            wanted,
            restarts,
            leave,
            shared,
            reports,
            reporter,
            generation: 0,
            left_behind: BTreeSet::new(),
            first_plan,
        }
    }

    /// Is what is wanted, until the worker ends.
    pub(super) async fn run(mut self) {
        while !self.is_leaving() {
            let wanted = self.wanted.borrow_and_update().clone();
            match wanted {
                Wanted::There(configured, _) => {
                    let plan = self.plan(&configured).await;
                    // What is wanted may have changed meanwhile.
                    match (plan, self.target()) {
                        (None, _) => {}
                        (Some(plan), TargetState::Started | TargetState::Paused) => {
                            self.run_tasks(&configured, plan).await;
                        }
                        (Some(_), TargetState::Stopped) => {
                            self.show_stopped();
                            self.until_told().await;
                        }
                    }
                }
                Wanted::Gone => {
                    self.shared.board.ended(&self.name, &self.left_behind);
                    self.until_told().await;
                }
            }
            // Without its sender nothing can be wanted any more.
            if self.wanted.has_changed().is_err() {
                return;
            }
        }
    }

    /// Runs the tasks of one plan until another is wanted, or its topics have more queues.
    async fn run_tasks(&mut self, configured: &Arc<Configured>, plan: &Plan) {
        let Some(mut queues) = self.find_queues(configured, plan).await else { return };
        let mut slots = self.slots(plan);
        loop {
            let Some(begun) = self.topics_begun(configured, &queues).await else { return };
            self.assign(&mut slots, &queues, begun);
            for slot in slots.iter_mut().filter(|slot| slot.given_up().is_none()) {
                self.start(slot);
            }
            let more = self.mind(configured, plan, &queues, &mut slots).await;
            self.stop(&mut slots).await;
            match more {
                Some(more) => queues = more,
                None => return,
            }
        }
    }

    /// Watches over running tasks. Answers with all queues when there are new ones, with nothing when something else is
    /// wanted.
    async fn mind(
        &mut self,
        configured: &Arc<Configured>,
        plan: &Plan,
        queues: &BTreeSet<QueueId>,
        slots: &mut [Slot],
    ) -> Option<BTreeSet<QueueId>> {
        let shared = Arc::clone(&self.shared);
        let mut new_queues = pin!(topics::more_queues(&shared.options, &plan.settings.topics, queues));
        loop {
            let due = slots.iter().filter_map(Slot::due).min();
            let restart = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            // Whoever has the queues of one of the tasks has new ones too.
            let is_superseded = slots.iter().any(|slot| slot.given_up() == Some(GivenUp::Superseded));
            tokio::select! {
                Some((tag, report)) = self.reports.recv() => self.heed(slots, tag, report),
                changed = self.wanted.changed() => {
                    if changed.is_err() || !self.is_to_run(configured) {
                        return None;
                    }
                    let order = self.order();
                    for slot in &mut *slots {
                        slot.order(order);
                        if order == Order::Run {
                            slot.begin_anew();
                        }
                    }
                }
                Some(task) = self.restarts.recv() => {
                    if let Some(slot) = usize::try_from(task).ok().and_then(|index| slots.get_mut(index)) {
                        slot.restart();
                    }
                }
                _ = self.leave.changed() => return None,
                () = restart => {
                    let now = Instant::now();
                    for slot in slots.iter_mut().filter(|slot| slot.due().is_some_and(|due| due <= now)) {
                        self.start(slot);
                    }
                }
                more = &mut new_queues, if !is_superseded => {
                    tracing::info!(connector = %self.name, "its topics have more queues, tasks start anew");
                    return Some(more);
                }
            }
        }
    }

    fn slots(&mut self, plan: &Plan) -> Vec<Slot> {
        let options = &self.shared.options;
        let count = plan.tasks.len();
        let view = self.shared.board.view();
        let shown = view.connectors.get(&self.name).map_or(&[] as &[_], |view| &view.tasks);
        let group: Arc<str> = plan.settings.group.as_str().into();
        let worker_id: Arc<str> = options.worker_id.as_str().into();
        let slots = plan.tasks.iter().zip(0u32..).map(|(task, number)| {
            let shown = usize::try_from(number).ok().and_then(|index| shown.get(index));
            let spec = TaskSpec {
                id: TaskId { connector: self.name.clone(), task: number },
                task_count: u32::try_from(count).unwrap_or(u32::MAX),
                class: Arc::clone(&plan.class),
                config: task.config.clone(),
                settings: Arc::clone(&plan.settings),
                queues: Arc::default(),
                begun: Arc::default(),
                group: Arc::clone(&group),
                worker_id: Arc::clone(&worker_id),
                client: options.client.clone(),
                offsets: Arc::clone(&self.shared.offsets),
                intervals: options.commit,
                budget: self.shared.memory.budget(),
                counters: shown.map(|task| Arc::clone(&task.counters)).unwrap_or_default(),
                runtime: Handle::current(),
            };
            Slot::new(number, spec, Backoff::new(plan.settings.restart))
        });
        slots.collect()
    }

    /// Each task gets its share of the queues.
    fn assign(&self, slots: &mut [Slot], queues: &BTreeSet<QueueId>, begun: BTreeSet<Arc<str>>) {
        let queues: Vec<QueueId> = queues.iter().cloned().collect();
        let begun = Arc::new(begun);
        let count = slots.len();
        for (index, slot) in slots.iter_mut().enumerate() {
            let share = share(&queues, index, count).iter().cloned().map(Arc::new).collect();
            // A thread that was left behind keeps the memory that it has.
            slot.assign(share, Arc::clone(&begun), self.shared.memory.budget());
        }
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

    fn show_stopped(&self) {
        self.shared.board.update(&self.name, |view| {
            view.state = State::Stopped;
            view.trace = None;
            for (task, number) in view.tasks.iter_mut().zip(0..) {
                task.state = State::Stopped;
                task.restart = None;
                // What is said of a thread that was left behind stays true.
                if !self.left_behind.contains(&number) {
                    task.phase = TaskPhase::Stopped;
                    task.trace = None;
                }
            }
        });
    }

    pub(super) fn target(&self) -> TargetState {
        match &*self.wanted.borrow() {
            Wanted::There(_, target) => *target,
            Wanted::Gone => TargetState::Stopped,
        }
    }

    /// What tasks are to do, by what is wanted now.
    fn order(&self) -> Order {
        match &*self.wanted.borrow() {
            Wanted::There(_, TargetState::Paused) => Order::Pause,
            _ => Order::Run,
        }
    }

    /// Whether this is the configuration that is wanted.
    pub(super) fn is_configured(&self, configured: &Arc<Configured>) -> bool {
        let is_same = match &*self.wanted.borrow() {
            Wanted::There(now, _) => Arc::ptr_eq(now, configured),
            Wanted::Gone => false,
        };
        // Without its sender nothing can be wanted any more.
        is_same && !self.is_leaving() && self.wanted.has_changed().is_ok()
    }

    /// Whether the tasks of this configuration are wanted.
    pub(super) fn is_to_run(&self, configured: &Arc<Configured>) -> bool {
        self.is_configured(configured) && self.target() != TargetState::Stopped
    }

    fn is_leaving(&self) -> bool {
        self.leave.borrow().is_some()
    }

    pub(super) async fn until_told(&mut self) {
        tokio::select! {
            _ = self.wanted.changed() => {}
            _ = self.leave.changed() => {}
        }
    }
}
