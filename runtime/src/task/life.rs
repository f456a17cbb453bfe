//! The life of a task: its sink starts, its queues are opened, it does as ordered, and all of it is closed again.

use super::{
    Order, Report,
    away::{Away, until_back},
    commit::Committer,
    dead_letter::DeadLetters,
    deliver::Delivery,
    error::{Halt, TaskError},
    limit::GivenUp,
    open::{Opened, open_queues},
    orders::Orders,
    pipeline::take_records,
    thread::TaskSpec,
};
use crate::causes;
use connector_api::{QueueId, SinkError, SinkTask, TaskContext};
use std::{sync::Arc, time::Duration};

/// How soon queues are opened again that turned out not to be what they were.
const OPEN_AGAIN: Duration = Duration::from_secs(1);

/// Runs a task from the start of its sink to its end.
///
/// # Errors
/// [`TaskError`] when it fails. What was acknowledged until then is committed.
pub(super) async fn run(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    orders: &Orders,
    report: &dyn Fn(Report),
) -> Result<(), TaskError> {
    let context = TaskContext::new(spec.id.clone(), spec.task_count).with_figures(spec.counters.sink.clone());
    let started = orders.unless(Order::is_end, sink.start(&context, &spec.config)).await;
    if started.transpose().map_err(TaskError::Start)?.is_none() {
        return Ok(());
    }
    let mut ended = Ok(());
    while let Some(opened) = orders.unless(Order::is_end, open_queues(spec, sink, report)).await {
        ended = match opened {
            Ok(opened) => serve(spec, sink, orders, report, opened).await,
            Err(error) => {
                report(Report::Failing(causes(&error)));
                close(spec, sink, orders, &spec.queues).await;
                Err(error)
            }
        };
        match &ended {
            Err(error) if error.is_about_queues() => {
                tracing::warn!(task = %spec.id, error = causes(error), "the queues are opened again");
                let _ordered = orders.unless(Order::is_end, tokio::time::sleep(OPEN_AGAIN)).await;
            }
            _ => break,
        }
    }
    if let Ok(stopped) = orders.unless_abandoned(sink.stop()).await {
        log_failure(spec, "stop", stopped);
    }
    ended
}

/// Does as ordered with queues that are open, until the end or until they have to be opened again.
async fn serve(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    orders: &Orders,
    report: &dyn Fn(Report),
    opened: Opened,
) -> Result<(), TaskError> {
    let Opened { leases, away } = opened;
    let committer = spec.committer(leases);
    let ended = obey(spec, sink, orders, report, &committer, &away).await;
    if let Err(error) = &ended {
        // At once: what follows may take its time.
        let cause = causes(error);
        report(if error.is_about_queues() { Report::Trouble(cause) } else { Report::Failing(cause) });
    }
    // Also when it has failed: what the sink has should not come again.
    if orders.unless_abandoned(committer.flush()).await.is_ok() {
        let queues: Vec<_> = committer.leases().iter().map(|lease| Arc::clone(lease.queue())).collect();
        close(spec, sink, orders, &queues).await;
    }
    ended
}

/// Tells the sink that nothing more comes from these queues.
async fn close(spec: &TaskSpec, sink: &mut dyn SinkTask, orders: &Orders, queues: &[Arc<QueueId>]) {
    for queue in queues {
        if let Ok(closed) = orders.unless_abandoned(sink.close(queue)).await {
            log_failure(spec, "close", closed);
        }
    }
}

/// Does as ordered until the end.
async fn obey(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    orders: &Orders,
    report: &dyn Fn(Report),
    committer: &Committer,
    away: &[Away],
) -> Result<(), TaskError> {
    let dead_letters = spec.settings.errors.dead_letters.clone().map(|settings| {
        DeadLetters::new(spec.client.clone(), settings, spec.id.clone(), spec.worker_id.to_string())
    });
    let mut delivery = Delivery {
        sink,
        orders,
        report,
        settings: spec.settings.errors.clone(),
        dead_letters,
        given_up: GivenUp::new(spec.settings.errors.limit),
        counters: Arc::clone(&spec.counters),
        connector: spec.id.connector.to_string(),
    };
    while !orders.are_over() {
        match orders.now() {
            Order::Run => {
                report(Report::Running);
                take(spec, &mut delivery, committer, away).await?;
            }
            Order::Pause => {
                if orders.unless_abandoned(committer.flush()).await.is_err() {
                    break;
                }
                report(Report::Paused);
                hold(orders, committer).await?;
            }
            Order::Stop | Order::Abandon => break,
        }
    }
    Ok(())
}

/// Takes records until something else is ordered.
async fn take(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    committer: &Committer,
    away: &[Away],
) -> Result<(), TaskError> {
    tokio::select! {
        biased;
        // Invariant 3: whoever has lost a queue stops.
        lost = committer.lost() => Err(lost.into()),
        back = until_back(spec, away) => Err(back.into()),
        halted = take_records(spec, delivery, committer) => match halted {
            Err(Halt::Failed(error)) => Err(error),
            Err(Halt::Ordered) => Ok(()),
        }
    }
}

/// Keeps the queues until something else is ordered than to pause.
async fn hold(orders: &Orders, committer: &Committer) -> Result<(), TaskError> {
    tokio::select! {
        lost = committer.lost() => Err(lost.into()),
        () = orders.other_than(Order::Pause) => Ok(()),
    }
}

fn log_failure(spec: &TaskSpec, what: &str, outcome: Result<(), SinkError>) {
    if let Err(error) = outcome {
        tracing::warn!(task = %spec.id, call = what, error = causes(&error), "the sink did not end in good order");
    }
}
