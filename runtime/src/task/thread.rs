//! The thread of a task: nothing that a sink does there reaches another task.

use super::{
    Order, Report,
    commit::{CommitIntervals, CommitSpec, Committer},
    counters::Counters,
    error::{Failure, TaskError},
    life,
    orders::Orders,
    settings::Settings,
};
use crate::{
    causes,
    fetch::Budget,
    panic_text,
    store::{Lease, OffsetStore},
};
use connector_api::{ConnectorConfig, Delivery, QueueId, SinkConnector, TaskId};
use remoting::Client;
use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};

/// How long a commit waits for the bounds of the next batch to carry it.
const AFTER_BOUNDS: Duration = Duration::from_secs(1);

/// All that a task needs.
#[derive(Clone)]
pub struct TaskSpec {
    /// Which task of which connector.
    pub id: TaskId,
    /// How many tasks the connector has.
    pub task_count: u32,
    /// The connector's class.
    pub class: Arc<dyn SinkConnector>,
    /// The task's configuration.
    pub config: ConnectorConfig,
    /// The host's part of it.
    pub settings: Arc<Settings>,
    /// The queues it reads.
    pub queues: Arc<[Arc<QueueId>]>,
    /// The topics of which the connector has read some queue before.
    pub begun: Arc<BTreeSet<Arc<str>>>,
    /// The consumer group it reads for.
    pub group: Arc<str>,
    /// The worker's name.
    pub worker_id: Arc<str>,
    /// RocketMQ.
    pub client: Client,
    /// Who owns queues, and how far owners are.
    pub offsets: Arc<OffsetStore>,
    /// How often offsets are committed.
    pub intervals: CommitIntervals,
    /// Memory for its messages.
    pub budget: Arc<Budget>,
    /// What it has done.
    pub counters: Arc<Counters>,
    /// Where its readers and its committer run.
    pub runtime: Handle,
}

impl TaskSpec {
    pub(super) fn committer(&self, leases: Vec<Lease>) -> Committer {
        let mut intervals = self.intervals;
        if self.class.delivery() == Delivery::Idempotent {
            // The bounds of each batch commit those before; what comes again is refused by the sink.
            intervals.offset_topic = intervals.consumer_group.min(AFTER_BOUNDS);
        }
        let spec = CommitSpec {
            client: self.client.clone(),
            task: self.id.clone(),
            group: Arc::clone(&self.group),
            intervals,
            counters: Arc::clone(&self.counters),
        };
        Committer::start(&self.runtime, spec, leases)
    }
}

impl std::fmt::Debug for TaskSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TaskSpec").field("id", &self.id).field("queues", &self.queues).finish_non_exhaustive()
    }
}

/// A task's thread. It is not waited for: [`Report::Ended`] is its last word, and one that never comes holds nothing up.
#[derive(Debug)]
pub struct RunningTask {
    orders: watch::Sender<Order>,
}

impl RunningTask {
    /// Says what the task is to do. Returns at once.
    pub fn order(&self, order: Order) {
        self.orders.send_if_modified(|now| {
            // An abandoned task does not come back.
            let changed = *now != order && *now != Order::Abandon;
            if changed {
                *now = order;
            }
            changed
        });
    }
}

/// Starts a task's thread. Its reports go to `reports`, each with `tag`.
///
/// # Errors
/// [`TaskError::Thread`] when the system gives no thread.
pub fn spawn<T: Clone + Send + 'static>(
    spec: TaskSpec,
    order: Order,
    reports: mpsc::UnboundedSender<(T, Report)>,
    tag: T,
) -> Result<RunningTask, TaskError> {
    let (orders, receiver) = watch::channel(order);
    // The system takes no zero in a name.
    let name = spec.id.to_string().replace('\0', "?");
    let body = move || {
        // Nobody to tell means that the worker has ended.
        let report = |report| drop(reports.send((tag.clone(), report)));
        let outcome = catch_unwind(AssertUnwindSafe(|| live(&spec, receiver, &report)));
        let outcome = match outcome {
            Ok(outcome) => outcome.map_err(|error| (causes(&error), error.failure())),
            Err(panic) => Err((format!("the connector panicked: {}", panic_text(&*panic)), Failure::Lasting)),
        };
        report(Report::Ended(outcome));
    };
    std::thread::Builder::new().name(name).spawn(body).map_err(TaskError::Thread)?;
    Ok(RunningTask { orders })
}

fn live(spec: &TaskSpec, orders: watch::Receiver<Order>, report: &dyn Fn(Report)) -> Result<(), TaskError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(TaskError::Thread)?;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut sink = spec.class.task();
        runtime.block_on(life::run(spec, &mut *sink, &Orders::new(orders), report))
    }));
    // Whatever a sink has left running there is not waited for.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
