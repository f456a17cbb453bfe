//! The way of a record: fetch → convert → batch → put → acknowledged → commit.

use super::{
    Order, Report,
    batch::{Gather, Gathered, Next},
    commit::{Committer, now_millis},
    counters::Counters,
    dead_letter::DeadLetters,
    deliver::{Delivery, Done, Put},
    error::TaskError,
    open::open_queues,
    record::{AtRefused, convert},
    settings::Tolerance,
    thread::TaskSpec,
};
use crate::{
    causes,
    fault::{self, Point},
    fetch::{Fetch, read_again},
    store::{Bounds, Lease, Mark},
};
use connector_api::{self as sink, Batch, BatchId, QueueOffset, SinkError, SinkTask, TaskContext};
use remoting::message::Message;
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, UNIX_EPOCH},
};
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
    let opened = unless(&orders, is_end, open_queues(spec, sink, report)).await;
    let mut ended = Ok(());
    let mut committer = None;
    match opened {
        None => {}
        Some(Err(error)) => ended = Err(error),
        Some(Ok((leases, lost))) => {
            let committer = committer.insert(spec.committer(leases));
            ended = obey(spec, sink, &mut orders, report, committer, lost).await;
        }
    }
    if let Err(error) = &ended {
        // At once: what follows may take its time.
        report(Report::Failing(causes(error)));
    }
    if *orders.borrow() != Order::Abandon {
        // Also when it has failed: what the sink has should not come again.
        let finished = unless(&orders, |order| order == Order::Abandon, async {
            if let Some(committer) = &committer {
                committer.flush().await;
            }
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
    mut lost: Option<String>,
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
                if let Some(lost) = lost.take() {
                    report(Report::Trouble(lost));
                }
                tokio::select! {
                    biased;
                    // Invariant 3: whoever has lost a queue stops.
                    lost = committer.lost() => return Err(lost.into()),
                    done = take_records(spec, &mut delivery, orders, committer) => done?,
                }
                // Nobody is left who could order anything else.
                if orders.has_changed().is_err() {
                    return Ok(());
                }
            }
            Order::Pause => {
                committer.flush().await;
                report(Report::Paused);
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

/// Takes records from the queues to the sink until something else is ordered.
async fn take_records(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    orders: &mut watch::Receiver<Order>,
    committer: &Committer,
) -> Result<(), TaskError> {
    if repeat(spec, delivery, orders, committer).await? == Done::Interrupted {
        return Ok(());
    }
    let positions: Vec<_> =
        committer.leases().iter().map(|lease| (Arc::clone(lease.queue()), lease.progress().resume)).collect();
    let mut fetch = Fetch::start(&spec.runtime, &spec.client, &positions, &spec.group, &spec.budget);
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
        fault::point(Point::AfterFetch);
        let Some(lease) = committer.leases().get(gathered.queue) else { continue };
        let Gathered { messages, bytes, reservation, .. } = gathered;
        if deliver(spec, delivery, committer, lease, &messages, None).await? == Done::Interrupted {
            return Ok(());
        }
        spec.counters.bytes.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Relaxed);
        drop(reservation);
    }
}

/// Delivers again what was under way when this task, or one before it, left off: the same records in the same batches.
async fn repeat(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    orders: &mut watch::Receiver<Order>,
    committer: &Committer,
) -> Result<Done, TaskError> {
    for lease in committer.leases() {
        for bounds in lease.progress().batches {
            let trouble = |cause| (delivery.report)(Report::Trouble(cause));
            let messages = tokio::select! {
                biased;
                _ = orders.wait_for(|order| *order != Order::Run) => return Ok(Done::Interrupted),
                messages = read_again(&spec.client, lease.queue(), &spec.group, &bounds, &trouble) => messages?,
            };
            tracing::info!(
                task = %spec.id, queue = %lease.queue(), first = %bounds.first, next = %bounds.next,
                records = messages.len(), "a batch that was under way comes again"
            );
            let done = deliver(spec, delivery, committer, lease, &messages, Some(bounds)).await?;
            if done == Done::Interrupted {
                return Ok(done);
            }
        }
    }
    Ok(Done::All)
}

/// One batch, from messages to the acknowledgement. `again` has the bounds of one that was under way before.
async fn deliver(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    committer: &Committer,
    lease: &Lease,
    messages: &[Message],
    again: Option<Bounds>,
) -> Result<Done, TaskError> {
    Counters::add(&spec.counters.read, messages.len());
    let may_skip = spec.settings.errors.tolerance == Tolerance::All;
    // A new batch ends before a record that stops the task, one that comes again has its bounds.
    let at_refused = if may_skip || again.is_some() { AtRefused::GoOn } else { AtRefused::End };
    let (records, mut refused) = convert(&spec.settings, messages, at_refused);
    let bounds = again.unwrap_or_else(|| {
        let first = lease.progress().resume;
        let ends_before =
            refused.first().filter(|_| at_refused == AtRefused::End).map(|refused| refused.offset);
        let end = messages.last().and_then(|message| QueueOffset::new(message.offset)).map(QueueOffset::next);
        Bounds { first, next: ends_before.or(end).unwrap_or(first), since: now_millis() }
    });
    let mark = mark(messages, bounds.next);
    if !records.is_empty() {
        // Invariant 2: the bounds are durable before the sink sees the batch.
        let new = again.is_none().then_some((bounds, mark));
        if spec.class.delivery() == sink::Delivery::Idempotent
            && delivery.bound(lease, new).await? == Done::Interrupted
        {
            return Ok(Done::Interrupted);
        }
        fault::point(Point::AfterIntent);
        let id = BatchId {
            connector: spec.id.connector.clone(),
            queue: Arc::clone(lease.queue()),
            generation: lease.progress().generation,
            first: bounds.first,
            next: bounds.next,
        };
        let since = UNIX_EPOCH + Duration::from_millis(u64::try_from(bounds.since).unwrap_or_default());
        match delivery.put(&Batch::new(id, records).bounded_at(since), messages).await? {
            Put::Taken(by_sink) => refused.extend(by_sink),
            Put::Interrupted => return Ok(Done::Interrupted),
        }
        fault::point(Point::AfterPut);
    }
    refused.sort_by_key(|refused| refused.offset);
    if let Some(first) = refused.first().filter(|_| !may_skip) {
        // Invariant 5: the others of the batch are done with, and do not come again with the one that stops the task.
        let inside = |offset: &QueueOffset| *offset < bounds.next;
        let offsets: Vec<_> = refused.iter().map(|refused| refused.offset).filter(inside).collect();
        committer.note(lease, |progress| progress.done_but(&bounds, mark, &offsets, now_millis()));
        return Err(TaskError::Record {
            queue: Arc::clone(lease.queue()),
            offset: first.offset,
            reason: first.reason.clone(),
        });
    }
    if delivery.give_up(lease.queue(), refused).await? == Done::Interrupted {
        return Ok(Done::Interrupted);
    }
    // Invariant 1: every record of the batch was acknowledged by the sink, is a dead letter, or was skipped as the configuration
    // says.
    committer.note(lease, |progress| progress.done(&bounds, mark));
    Ok(Done::All)
}

/// The last of the messages before `next`, by which the queue is recognised later.
fn mark(messages: &[Message], next: QueueOffset) -> Option<Mark> {
    let last = messages.iter().rfind(|message| message.offset < next.get())?;
    Some(Mark { offset: QueueOffset::new(last.offset)?, stored: last.store_timestamp })
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
