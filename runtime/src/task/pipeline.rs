//! The way of a record: fetch → convert and transform → bounds → put → acknowledged → commit.

use super::{
    Order, Report,
    batch::{Gather, When},
    commit::Committer,
    counters::Counters,
    deliver::Delivery,
    error::{Halt, TaskError},
    lost::passed_over,
    prepare::{Prepare, Prepared},
    settings::Tolerance,
    thread::TaskSpec,
};
use crate::{
    fault::{self, Point},
    fetch::{Fetch, Position, read_again},
    now_millis,
};
use connector_api::QueueOffset;
use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    sync::Arc,
};
use transforms::Chain;

/// Takes records from the queues to the sink until something stands against it.
pub(super) async fn take_records(
    spec: &TaskSpec,
    delivery: &mut Delivery<'_>,
    committer: &Committer,
) -> Result<Infallible, Halt> {
    let (orders, report) = (delivery.orders, delivery.report);
    let chain = Chain::from_config(&spec.settings.transforms).map_err(TaskError::Transforms)?;
    let prepare = Prepare { spec, orders, report, chain: RefCell::new(chain) };
    repeat(&prepare, delivery, committer).await?;
    let leases = committer.leases();
    let positions: Vec<_> = leases.iter().map(Position::behind).collect();
    let mut fetch = Fetch::start(&spec.runtime, &spec.client, &positions, &spec.group, &spec.budget);
    let mut gather = Gather::new(spec.settings.batch, Arc::clone(&spec.budget), positions.len());
    let mut ready = None;
    loop {
        let batch = match ready.take() {
            Some(batch) => batch,
            None => {
                let gathered = orders.while_running(gather.next(&mut fetch, When::Due, report)).await??;
                prepare.new_batch(leases, gathered).await?
            }
        };
        let put = deliver(spec, delivery, committer, batch);
        if !prepare.is_idempotent() {
            put.await?;
            continue;
        }
        // While a batch is put, the bounds of the next one become durable, if it is full already. Once something else is ordered
        // none is begun any more.
        tokio::pin!(put);
        tokio::select! {
            biased;
            done = &mut put => done?,
            gathered = gather.next(&mut fetch, When::Full, report), if orders.now() == Order::Run => match gathered {
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
    prepare: &Prepare<'_>,
    delivery: &mut Delivery<'_>,
    committer: &Committer,
) -> Result<(), Halt> {
    let (spec, report) = (prepare.spec, prepare.report);
    let out_of_range = spec.settings.out_of_range;
    for lease in committer.leases() {
        for bounds in lease.progress().batches {
            let in_trouble = Cell::new(false);
            let trouble = |cause| {
                in_trouble.set(true);
                report(Report::Trouble(cause));
            };
            let again = read_again(&spec.client, lease, &spec.group, &bounds, out_of_range, &trouble);
            let again = prepare.orders.while_running(again).await??;
            if in_trouble.get() {
                report(Report::Recovered);
            }
            tracing::info!(
                task = %spec.id, queue = %lease.queue(), first = %bounds.first, next = %bounds.next,
                records = again.messages.len(), "a batch that was under way comes again"
            );
            let batch = prepare.again(lease, again, bounds).await?;
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
    let report = delivery.report;
    let Prepared { lease, batch, bounds, mark, mut refused, messages, reservation, mut loss } = prepared;
    // Not before: the batch may come again, and then with less.
    let mut gone = |queue| {
        if let Some(loss) = loss.take() {
            spec.counters.found_out_of_range(queue);
            passed_over(spec, report, queue, loss);
        }
    };
    if !batch.records().is_empty() {
        refused.extend(delivery.put(&batch, &messages).await?);
        refused.sort_by_key(|refused| refused.offset);
        let bytes = messages.iter().map(|message| message.body.len() + message.properties.as_bytes().len());
        Counters::add(&spec.counters.bytes, bytes.sum());
        fault::point(Point::AfterPut);
    }
    if refused.is_empty() {
        delivery.none_refused(&messages);
    } else {
        // Invariant 5: the others of the batch are done with, and do not come again with those that stop the task, or that the
        // dead-letter topic does not take.
        let inside = |offset: &QueueOffset| *offset < bounds.next;
        let offsets: Vec<_> = refused.iter().map(|refused| refused.offset).filter(inside).collect();
        committer.note(lease, |progress| progress.done_but(&bounds, mark, &offsets, now_millis()));
        if !lease.progress().batches.contains(&bounds) {
            gone(lease.queue());
        }
        if let (Tolerance::None, Some(first)) = (spec.settings.errors.tolerance, refused.first()) {
            return Err(Halt::Failed(TaskError::Record {
                queue: Arc::clone(lease.queue()),
                offset: first.offset,
                reason: first.reason.clone(),
            }));
        }
        delivery.give_up(lease.queue(), refused, &messages).await?;
    }
    // Invariant 1: every record of the batch was acknowledged by the sink, is a dead letter, or was skipped as the configuration
    // says.
    committer.note(lease, |progress| progress.done(&bounds, mark));
    gone(lease.queue());
    drop(reservation);
    Ok(())
}
