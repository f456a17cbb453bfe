//! The way of a record: fetch → convert → batch → put → acknowledged → commit.

use super::{
    Order, Report,
    batch::{Gather, Gathered, Next},
    commit::Committer,
    counters::Counters,
    dead_letter::DeadLetters,
    deliver::{Delivered, Delivery},
    error::TaskError,
    open::open_queues,
    record::convert,
    settings::Tolerance,
    thread::TaskSpec,
};
use crate::{causes, fetch::Fetch};
use connector_api::{Batch, BatchId, QueueId, QueueOffset, SinkError, SinkTask, TaskContext};
use std::sync::{Arc, atomic::Ordering::Relaxed};
use tokio::sync::watch;

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
    let committer = spec.committer();
    let mut ended = Ok(());
    match unless(&orders, is_end, open_queues(spec, sink, report, &committer)).await {
        None => {}
        Some(Err(error)) => ended = Err(error),
        Some(Ok(mut positions)) => {
            ended = obey(spec, sink, &mut orders, report, &committer, &mut positions).await;
        }
    }
    if let Err(error) = &ended {
        // At once: what follows may take its time.
        report(Report::Failing(causes(error)));
    }
    if *orders.borrow() != Order::Abandon {
        // Also when it has failed: what the sink has should not come again.
        let finished = unless(&orders, |order| order == Order::Abandon, async {
            committer.flush().await;
            for queue in &*spec.queues {
                log_failure(spec, "close", sink.close(queue).await);
            }
            log_failure(spec, "stop", sink.stop().await);
        });
        finished.await;
    }
    ended
}

/// Does as ordered until the end.
async fn obey(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    orders: &mut watch::Receiver<Order>,
    report: &dyn Fn(Report),
    committer: &Committer,
    positions: &mut [(Arc<QueueId>, QueueOffset)],
) -> Result<(), TaskError> {
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
                take_records(spec, &mut delivery, orders, committer, positions).await?;
                // Nobody is left who could order anything else.
                if orders.has_changed().is_err() {
                    return Ok(());
                }
            }
            Order::Pause => {
                committer.flush().await;
                report(Report::Paused);
                if orders.changed().await.is_err() {
                    return Ok(());
                }
            }
            Order::Stop | Order::Abandon => return Ok(()),
        }
    }
}

/// Takes records from the queues to the sink until something else is ordered.
async fn take_records(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    orders: &mut watch::Receiver<Order>,
    committer: &Committer,
    positions: &mut [(Arc<QueueId>, QueueOffset)],
) -> Result<(), TaskError> {
    let mut fetch = Fetch::start(&spec.runtime, &spec.client, positions, &spec.group, &spec.budget);
    let mut gather = Gather::new(spec.settings.batch, Arc::clone(&spec.budget), positions.len());
    loop {
        let next = tokio::select! {
            biased;
            _ = orders.wait_for(|order| *order != Order::Run) => return Ok(()),
            next = gather.next(&mut fetch) => next?,
        };
        let gathered = match next {
            Next::Batch(gathered) => gathered,
            Next::Trouble(cause) => {
                (delivery.report)(Report::Trouble(cause));
                continue;
            }
            Next::Recovered => {
                (delivery.report)(Report::Recovered);
                continue;
            }
        };
        let position = &mut positions[gathered.queue];
        let queue = Arc::clone(&position.0);
        let Some(next) = deliver(spec, delivery, committer, &queue, gathered).await? else { return Ok(()) };
        position.1 = next;
    }
}

/// One batch, from messages to the acknowledgement. Answers where the queue goes on; `None` when something else was ordered.
async fn deliver(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    committer: &Committer,
    queue: &Arc<QueueId>,
    gathered: Gathered,
) -> Result<Option<QueueOffset>, TaskError> {
    let Gathered { messages, bytes, reservation, .. } = gathered;
    let Some(first) = messages.first().and_then(|m| QueueOffset::new(m.offset)) else { return Ok(None) };
    Counters::add(&spec.counters.read, messages.len());
    let (records, refused) = convert(&spec.settings, &messages);
    let next = match refused.first() {
        // What stands before it is delivered and committed, then the task fails.
        Some(refused) if spec.settings.errors.tolerance == Tolerance::None => refused.offset,
        _ => messages.last().and_then(|m| QueueOffset::new(m.offset)).map_or(first, QueueOffset::next),
    };
    if !records.is_empty() {
        let id = BatchId { connector: spec.id.connector.clone(), queue: Arc::clone(queue), first, next };
        let outcome = delivery.deliver(&Batch::new(id, records), &messages).await;
        if let Err(TaskError::Record { offset, .. }) = &outcome {
            // The sink has all others of the batch, so those before this one are done with.
            committer.acknowledge(queue, *offset);
        }
        if outcome? == Delivered::Interrupted {
            return Ok(None);
        }
        spec.counters.bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Relaxed);
    }
    if let Some(first) = refused.first()
        && spec.settings.errors.tolerance == Tolerance::None
    {
        committer.acknowledge(queue, first.offset);
    }
    if delivery.give_up(queue, refused).await? == Delivered::Interrupted {
        return Ok(None);
    }
    // Invariant 1: every record below `next` was acknowledged by the sink, is a dead letter, or was skipped as the
    // configuration says.
    committer.acknowledge(queue, next);
    drop(reservation);
    Ok(Some(next))
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
