//! Opening the queues of a task: taking them, finding out where each begins, and telling the sink.

use super::{
    Report,
    away::{Away, notice},
    error::TaskError,
    retry::retry_delay,
    thread::TaskSpec,
};
use crate::{
    causes,
    fetch::{Loss, PositionError, Rules, Start, start},
    store::{Claim, Lease},
};
use connector_api::{QueueId, SinkTask};
use futures_util::future::try_join_all;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// How long a queue that cannot be opened is tried again while others wait.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long they wait at most: the last try may be a slow one.
const LONGEST: Duration = Duration::from_secs(10);

/// A task's queues, ready to be read.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) leases: Vec<Lease>,
    /// Those that have to wait, for their brokers or for an operator.
    pub(super) away: Vec<Away>,
    /// What the operator should know as long as it is so.
    pub(super) notice: Option<String>,
}

/// Takes the task's queues, finds out where each begins, and tells the sink.
///
/// Queues that cannot be opened keep the others waiting only for a while.
pub(super) async fn open_queues(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    report: &dyn Fn(Report),
) -> Result<Opened, TaskError> {
    let (claimed, away) = loop {
        let claims = try_join_all(spec.queues.iter().map(|queue| claim_in_time(spec, queue, report))).await?;
        let (mut claimed, mut away) = (Vec::with_capacity(claims.len()), Vec::new());
        for claim in claims {
            match claim {
                Ok(claim) => claimed.push(claim),
                Err(queue) => away.push(queue),
            }
        }
        if away.is_empty() || !claimed.is_empty() {
            break (claimed, away);
        }
        if let Some(index) = away.iter().position(|away| !away.error.is_transient()) {
            return Err(away.swap_remove(index).error);
        }
        if let Some(notice) = notice(away.iter().map(ToString::to_string)) {
            report(Report::Trouble(notice));
        }
    };
    let mut opened = Vec::with_capacity(claimed.len());
    for (claim, mut start) in claimed {
        let queue = Arc::clone(claim.queue());
        let host = start.progress.committed();
        let own = sink
            .open(&queue, start.committed.then_some(host))
            .await
            .map_err(|source| TaskError::Open { queue: Arc::clone(&queue), source })?;
        if let Some(own) = own.filter(|own| *own != host) {
            let rules = rules(spec, &queue);
            let found = insist(spec, report, || start.at_own(&spec.client, &queue, rules, own)).await;
            start = found.map_err(|error| counted(spec, error))?;
        }
        let (at, under_way, committed) =
            (start.progress.committed(), start.progress.batches.len(), start.committed);
        tracing::info!(task = %spec.id, %queue, offset = %at, under_way, committed, from_sink = own.is_some(), "queue opened");
        opened.push((claim, start));
    }
    let losses: Vec<_> = opened
        .iter()
        .filter_map(|(claim, start)| Some((Arc::clone(claim.queue()), start.loss.clone()?)))
        .collect();
    let texts = losses.iter().map(|(_, loss)| loss.text.clone());
    let notice = notice(texts.chain(away.iter().map(ToString::to_string)));
    // Before the leases say so: a group that is left ahead would be followed after the next start.
    for (claim, start) in &opened {
        let group = &*spec.group;
        insist(spec, report, || start.take_group_along(&spec.client, claim.queue(), group)).await?;
    }
    let leases: Vec<_> = opened.into_iter().map(|(claim, start)| claim.begin(start.progress)).collect();
    // So that a restart begins there too.
    try_join_all(leases.iter().map(|lease| insist(spec, report, || lease.store()))).await?;
    // Not before: a start that does not get here is followed by one that finds the same.
    count_losses(spec, &losses);
    Ok(Opened { leases, away, notice })
}

fn count_losses(spec: &TaskSpec, losses: &[(Arc<QueueId>, Loss)]) {
    for (queue, loss) in losses {
        tracing::error!(task = %spec.id, messages = loss.messages, loss = loss.text, "messages were passed over");
        spec.counters.found_out_of_range(queue);
        // What is gone of batches counts once these are done with.
        spec.counters.lost(queue, loss.messages - loss.of_batches);
    }
}

/// Takes a queue, and finds out where it begins, if that can be done in time.
async fn claim_in_time(
    spec: &TaskSpec,
    queue: &Arc<QueueId>,
    report: &dyn Fn(Report),
) -> Result<Result<(Claim, Start), Away>, TaskError> {
    let until = Instant::now() + PATIENCE;
    // What is left of a claim that is given up ends with the next one.
    let claimed = timeout(LONGEST, claim(spec, queue, report, Some(until))).await;
    match claimed.unwrap_or(Err(TaskError::Slow { after: LONGEST })) {
        Ok(claimed) => Ok(Ok(claimed)),
        Err(error) if error.is_about_one_queue() => {
            tracing::warn!(task = %spec.id, %queue, error = causes(&error), "the queue cannot be opened yet");
            Ok(Err(Away { queue: Arc::clone(queue), error }))
        }
        Err(error) => Err(counted(spec, error)),
    }
}

/// The same error. What is out of range is seen from outside also where nothing is passed over.
fn counted(spec: &TaskSpec, error: TaskError) -> TaskError {
    if let TaskError::Position(
        PositionError::OutOfRange { queue, .. } | PositionError::OfAnother { queue, .. },
    ) = &error
    {
        spec.counters.found_out_of_range(queue);
    }
    error
}

/// Takes a queue, and finds out where it begins.
async fn claim(
    spec: &TaskSpec,
    queue: &Arc<QueueId>,
    report: &dyn Fn(Report),
    until: Option<Instant>,
) -> Result<(Claim, Start), TaskError> {
    let claim = insist_until(spec, report, until, || spec.offsets.claim(&spec.id.connector, queue)).await?;
    let rules = rules(spec, queue);
    let start = insist_until(spec, report, until, || start(&spec.client, &claim, rules)).await?;
    Ok((claim, start))
}

fn rules<'a>(spec: &'a TaskSpec, queue: &QueueId) -> Rules<'a> {
    let settings = &spec.settings;
    Rules {
        group: &settings.group,
        begin: settings.begin,
        is_new_queue: spec.begun.contains(&queue.topic),
        out_of_range: settings.out_of_range,
    }
}

/// Tries until it succeeds, or fails in a way that does not pass.
async fn insist<T, E: Into<TaskError>>(
    spec: &TaskSpec,
    report: &dyn Fn(Report),
    attempt: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, TaskError> {
    insist_until(spec, report, None, attempt).await
}

/// The same, but not beyond some time.
async fn insist_until<T, E: Into<TaskError>>(
    spec: &TaskSpec,
    report: &dyn Fn(Report),
    until: Option<Instant>,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, TaskError> {
    let mut failures = 0;
    loop {
        match attempt().await.map_err(Into::into) {
            Err(error) if error.is_transient() && until.is_none_or(|until| Instant::now() < until) => {
                failures += 1;
                report(Report::Trouble(causes(&error)));
                tokio::time::sleep(retry_delay(failures, spec.settings.errors.max_delay)).await;
            }
            outcome => return outcome,
        }
    }
}
