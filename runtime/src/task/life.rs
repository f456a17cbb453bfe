//! The life of a task: its sink starts, its queues are opened, it does as ordered, and all of it is closed again.

use super::{
    Order, Report,
    away::{Away, until_back},
    commit::Committer,
    dead_letter::DeadLetters,
    deliver::Delivery,
    error::{Halt, TaskError},
    open::{Opened, open_queues},
    pipeline::take_records,
    thread::TaskSpec,
};
use crate::causes;
use connector_api::{QueueId, SinkError, SinkTask, TaskContext};
use std::{cell::RefCell, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How soon queues are opened again that turned out not to be what they were.
const OPEN_AGAIN: Duration = Duration::from_secs(1);

/// Runs a task from the start of its sink to its end.
///
/// # Errors
/// [`TaskError`] when it fails. What was acknowledged until then is committed.
pub(super) async fn run(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    mut orders: watch::Receiver<Order>,
    report: &dyn Fn(Report),
) -> Result<(), TaskError> {
    let context = TaskContext::new(spec.id.clone(), spec.task_count);
    let started = unless(&orders, is_end, sink.start(&context, &spec.config)).await;
    if started.transpose().map_err(TaskError::Start)?.is_none() {
        return Ok(());
    }
    let mut ended = Ok(());
    while let Some(opened) = unless(&orders, is_end, open_queues(spec, sink, report)).await {
        ended = match opened {
            Ok(opened) => serve(spec, sink, &mut orders, report, opened).await,
            Err(error) => {
                report(Report::Failing(causes(&error)));
                close(spec, sink, &orders, &spec.queues).await;
                Err(error)
            }
        };
        match &ended {
            Err(error) if error.is_about_queues() => {
                tracing::warn!(task = %spec.id, error = causes(error), "the queues are opened again");
                let _ordered = unless(&orders, is_end, tokio::time::sleep(OPEN_AGAIN)).await;
            }
            _ => break,
        }
    }
    if *orders.borrow() != Order::Abandon {
        let stopped = unless(&orders, |order| order == Order::Abandon, sink.stop()).await;
        log_failure(spec, "stop", stopped.unwrap_or(Ok(())));
    }
    ended
}

/// Does as ordered with queues that are open, until the end or until they have to be opened again.
async fn serve(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    orders: &mut watch::Receiver<Order>,
    report: &dyn Fn(Report),
    opened: Opened,
) -> Result<(), TaskError> {
    let Opened { leases, away, notice } = opened;
    let committer = spec.committer(leases);
    let ended = obey(spec, sink, orders, report, &committer, &away, notice).await;
    if let Err(error) = &ended {
        // At once: what follows may take its time.
        let cause = causes(error);
        report(if error.is_about_queues() { Report::Trouble(cause) } else { Report::Failing(cause) });
    }
    if *orders.borrow() != Order::Abandon {
        // Also when it has failed: what the sink has should not come again.
        let _flushed = unless(orders, |order| order == Order::Abandon, committer.flush()).await;
        let queues: Vec<_> = committer.leases().iter().map(|lease| Arc::clone(lease.queue())).collect();
        close(spec, sink, orders, &queues).await;
    }
    ended
}

/// Tells the sink that nothing more comes from these queues.
async fn close(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    orders: &watch::Receiver<Order>,
    queues: &[Arc<QueueId>],
) {
    for queue in queues {
        let closed = unless(orders, |order| order == Order::Abandon, sink.close(queue)).await;
        log_failure(spec, "close", closed.unwrap_or(Ok(())));
    }
}

/// Does as ordered until the end.
async fn obey(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    orders: &mut watch::Receiver<Order>,
    report: &dyn Fn(Report),
    committer: &Committer,
    away: &[Away],
    notice: Option<String>,
) -> Result<(), TaskError> {
    // What was lost stays in sight until somebody has been here, whatever comes and goes meanwhile.
    let notice = RefCell::new(notice);
    let report = &|what: Report| match (what, &*notice.borrow()) {
        (Report::Recovered, Some(notice)) => report(Report::Trouble(notice.clone())),
        (what, _) => report(what),
    };
    let dead_letters = spec.settings.errors.dead_letters.clone().map(|settings| {
        DeadLetters::new(spec.client.clone(), settings, spec.id.clone(), spec.worker_id.to_string())
    });
    let mut delivery = Delivery {
        sink,
        orders: orders.clone(),
        report,
        settings: spec.settings.errors.clone(),
        dead_letters,
        counters: Arc::clone(&spec.counters),
        connector: spec.id.connector.to_string(),
    };
    loop {
        let order = *orders.borrow_and_update();
        match order {
            Order::Run => {
                report(Report::Running);
                if notice.borrow().is_some() {
                    report(Report::Recovered);
                }
                tokio::select! {
                    biased;
                    // Invariant 3: whoever has lost a queue stops.
                    lost = committer.lost() => return Err(lost.into()),
                    back = until_back(spec, away) => return Err(back.into()),
                    halted = take_records(spec, &mut delivery, orders, committer) => {
                        if let Err(Halt::Failed(error)) = halted {
                            return Err(error);
                        }
                    }
                }
                // Nobody is left who could order anything else.
                if orders.has_changed().is_err() {
                    return Ok(());
                }
            }
            Order::Pause => {
                committer.flush().await;
                report(Report::Paused);
                if away.is_empty() {
                    notice.take();
                }
                tokio::select! {
                    lost = committer.lost() => return Err(lost.into()),
                    changed = orders.changed() => {
                        if changed.is_err() {
                            return Ok(());
                        }
                    }
                }
            }
            Order::Stop | Order::Abandon => return Ok(()),
        }
    }
}

/// Whether a task is to end: before it takes records there is nothing to finish.
fn is_end(order: Order) -> bool {
    matches!(order, Order::Stop | Order::Abandon)
}

/// What `work` comes to, unless it is dropped because of an order.
async fn unless<T>(
    orders: &watch::Receiver<Order>,
    is_reason: impl Fn(Order) -> bool,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut orders = orders.clone();
    tokio::select! {
        biased;
        done = work => Some(done),
        _ = orders.wait_for(|order| is_reason(*order)) => None,
    }
}

fn log_failure(spec: &TaskSpec, what: &str, outcome: Result<(), SinkError>) {
    if let Err(error) = outcome {
        tracing::warn!(task = %spec.id, call = what, error = causes(&error), "the sink did not end in good order");
    }
}
