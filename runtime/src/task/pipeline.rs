//! The way of a record: fetch → convert → bounds → put → acknowledged → commit.

use super::{
    Order, Report,
    away::{Away, until_back},
    batch::{Gather, When},
    commit::{Committer, now_millis},
    dead_letter::DeadLetters,
    deliver::Delivery,
    error::{Halt, TaskError},
    open::{Opened, open_queues},
    prepare::{Prepare, Prepared},
    settings::Tolerance,
    thread::TaskSpec,
};
use crate::{
    causes,
    fault::{self, Point},
    fetch::{Fetch, Position, read_again},
};
use connector_api::{QueueId, QueueOffset, SinkError, SinkTask, TaskContext};
use std::{
    cell::RefCell,
    convert::Infallible,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
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

/// Takes records from the queues to the sink until something stands against it.
async fn take_records(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    orders: &mut watch::Receiver<Order>,
    committer: &Committer,
) -> Result<Infallible, Halt> {
    let report = delivery.report;
    let mut prepare = Prepare { spec, orders: orders.clone(), report };
    repeat(&mut prepare, delivery, orders, committer).await?;
    let leases = committer.leases();
    let positions: Vec<_> = leases.iter().map(Position::behind).collect();
    let mut fetch = Fetch::start(&spec.runtime, &spec.client, &positions, &spec.group, &spec.budget);
    let mut gather = Gather::new(spec.settings.batch, Arc::clone(&spec.budget), positions.len());
    let mut ready = None;
    loop {
        let batch = match ready.take() {
            Some(batch) => batch,
            None => {
                let gathered = gather.next(&mut fetch, When::Due, report);
                let gathered = unless_ordered(orders, gathered).await?;
                prepare.new_batch(leases, gathered).await?
            }
        };
        let put = deliver(spec, delivery, committer, batch);
        if !prepare.is_idempotent() {
            put.await?;
            continue;
        }
        // While a batch is put, the bounds of the next one become durable, if it is full already.
        tokio::pin!(put);
        tokio::select! {
            biased;
            done = &mut put => done?,
            gathered = gather.next(&mut fetch, When::Full, report) => match gathered {
                Ok(gathered) => {
                    let ((), next) = tokio::try_join!(put, prepare.new_batch(leases, gathered))?;
                    ready = Some(next);
                }
                Err(error) => {
                    put.await?;
                    return Err(error.into());
                }
            },
        }
    }
}

/// Delivers again what was under way when this task, or one before it, left off: the same records in the same batches.
async fn repeat(
    prepare: &mut Prepare<'_>,
    delivery: &mut Delivery<'_>,
    orders: &mut watch::Receiver<Order>,
    committer: &Committer,
) -> Result<(), Halt> {
    let (spec, report) = (prepare.spec, prepare.report);
    let out_of_range = spec.settings.out_of_range;
    for lease in committer.leases() {
        for bounds in lease.progress().batches {
            let trouble = |cause| report(Report::Trouble(cause));
            let messages = read_again(&spec.client, lease, &spec.group, &bounds, out_of_range, &trouble);
            let messages = unless_ordered(orders, messages).await?;
            tracing::info!(
                task = %spec.id, queue = %lease.queue(), first = %bounds.first, next = %bounds.next,
                records = messages.len(), "a batch that was under way comes again"
            );
            let batch = prepare.again(lease, messages, bounds).await?;
            deliver(spec, delivery, committer, batch).await?;
        }
    }
    Ok(())
}

/// One batch, until it is acknowledged.
async fn deliver(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    committer: &Committer,
    prepared: Prepared<'_>,
) -> Result<(), Halt> {
    let Prepared { lease, batch, bounds, mark, mut refused, messages, bytes, reservation } = prepared;
    if !batch.records().is_empty() {
        refused.extend(delivery.put(&batch, &messages).await?);
        refused.sort_by_key(|refused| refused.offset);
        fault::point(Point::AfterPut);
    }
    if let Some(first) = refused.first().filter(|_| spec.settings.errors.tolerance == Tolerance::None) {
        // Invariant 5: the others of the batch are done with, and do not come again with the one that stops the task.
        let inside = |offset: &QueueOffset| *offset < bounds.next;
        let offsets: Vec<_> = refused.iter().map(|refused| refused.offset).filter(inside).collect();
        committer.note(lease, |progress| progress.done_but(&bounds, mark, &offsets, now_millis()));
        return Err(Halt::Failed(TaskError::Record {
            queue: Arc::clone(lease.queue()),
            offset: first.offset,
            reason: first.reason.clone(),
        }));
    }
    delivery.give_up(lease.queue(), refused).await?;
    // Invariant 1: every record of the batch was acknowledged by the sink, is a dead letter, or was skipped as the configuration
    // says.
    committer.note(lease, |progress| progress.done(&bounds, mark));
    spec.counters.bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Relaxed);
    drop(reservation);
    Ok(())
}

/// What `work` comes to, unless something else is ordered than to run.
async fn unless_ordered<T, E: Into<TaskError>>(
    orders: &mut watch::Receiver<Order>,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Halt> {
    tokio::select! {
        biased;
        _ = orders.wait_for(|order| *order != Order::Run) => Err(Halt::Ordered),
        done = work => done.map_err(|error| Halt::Failed(error.into())),
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
