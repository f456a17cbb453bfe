//! Opening the queues of a task: taking them, finding out where each begins, and telling the sink.

use super::{
    Report,
    away::Away,
    error::TaskError,
    lost::passed_over,
    retry::insist,
    take::{Taken, rules, take_queues},
    thread::TaskSpec,
};
use crate::{
    fetch::Start,
    store::{Claim, Lease},
};
use connector_api::SinkTask;
use futures_util::future::join_all;
use std::sync::Arc;

/// A task's queues, ready to be read.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) leases: Vec<Lease>,
    /// Those that have to wait, for their brokers or for an operator.
    pub(super) away: Vec<Away>,
}

/// Takes the task's queues, finds out where each begins, and tells the sink.
///
/// Queues that cannot be opened keep the others waiting only for a while.
pub(super) async fn open_queues(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    report: &dyn Fn(Report),
) -> Result<Opened, TaskError> {
    let Taken { claimed, away } = take_queues(spec, report).await?;
    let started = ask_sink(spec, sink, report, claimed).await?;
    // Before the leases say so: a group that is left ahead would be followed after the next start.
    for (claim, start) in &started {
        let group = &*spec.group;
        insist(spec, report, || start.take_group_along(&spec.client, claim.queue(), group)).await?;
    }
    // To their ends: where one says that reading goes on elsewhere this is told, whatever becomes of the others.
    let begun = join_all(started.into_iter().map(|(claim, start)| begin(spec, report, claim, start))).await;
    let leases = begun.into_iter().collect::<Result<_, _>>()?;
    report(Report::Away(Away::told(&away)));
    Ok(Opened { leases, away })
}

/// Tells the sink of its queues, and begins where it is itself if it knows.
///
/// # Errors
/// All queues that an operator has to decide about, at once.
async fn ask_sink(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    report: &dyn Fn(Report),
    claimed: Vec<(Claim, Start)>,
) -> Result<Vec<(Claim, Start)>, TaskError> {
    let (mut started, mut wrong) = (Vec::with_capacity(claimed.len()), Vec::new());
    for (claim, start) in claimed {
        let (queue, host) = (claim.queue(), start.progress.committed());
        let own = sink
            .open(queue, start.committed.then_some(host))
            .await
            .map_err(|source| TaskError::Open { queue: Arc::clone(queue), source })?;
        let (client, rules) = (&spec.client, rules(spec, queue));
        let start = match own.filter(|own| *own != host) {
            Some(own) => insist(spec, report, || start.at_own(client, queue, rules, own)).await,
            None => Ok(start),
        };
        match start.and_then(|start| Ok(start.decided()?)) {
            Ok(start) => {
                let (at, under_way, committed) =
                    (start.progress.committed(), start.progress.batches.len(), start.committed);
                tracing::info!(task = %spec.id, %queue, offset = %at, under_way, committed, from_sink = own.is_some(), "queue opened");
                started.push((claim, start));
            }
            Err(TaskError::Position(error)) => {
                // It is seen from outside also where nothing is passed over.
                spec.counters.found_out_of_range(queue);
                wrong.push(error);
            }
            Err(error) => return Err(error),
        }
    }
    if wrong.len() > 1 {
        for error in &wrong {
            tracing::error!(task = %spec.id, queue = %error.queue(), %error, "the queue cannot be read");
        }
    }
    TaskError::of_positions(wrong).map_or(Ok(started), Err)
}

/// Begins to keep a queue, so that a restart begins there too.
async fn begin(
    spec: &TaskSpec,
    report: &dyn Fn(Report),
    claim: Claim,
    start: Start,
) -> Result<Lease, TaskError> {
    let (is_out_of_range, loss) = (start.is_out_of_range(), start.loss().cloned());
    let lease = claim.begin(start.progress);
    insist(spec, report, || lease.store()).await?;
    // Not before: a start that does not get here is followed by one that finds the same.
    if is_out_of_range {
        spec.counters.found_out_of_range(lease.queue());
    }
    if let Some(loss) = loss {
        passed_over(spec, report, lease.queue(), loss);
    }
    Ok(lease)
}
