//! Opening the queues of a task: taking them, finding out where each begins, and telling the sink.

use super::{Report, batch::retry_delay, error::TaskError, thread::TaskSpec};
use crate::{
    causes,
    fetch::{Rules, Start, start},
    store::{Claim, Lease, Progress},
};
use connector_api::{QueueId, SinkTask};
use futures_util::future::try_join_all;
use std::sync::{Arc, atomic::Ordering::Relaxed};

/// Takes the task's queues, finds out where each begins, and tells the sink. Answers with what was lost on the way, too.
pub(super) async fn open_queues(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    report: &dyn Fn(Report),
) -> Result<(Vec<Lease>, Option<String>), TaskError> {
    let claimed = try_join_all(spec.queues.iter().map(|queue| claim(spec, queue, report))).await?;
    let mut leases = Vec::with_capacity(claimed.len());
    let mut lost_all: Option<String> = None;
    for (claim, start) in claimed {
        let queue = Arc::clone(claim.queue());
        let Start { progress, committed, lost } = start;
        let own = sink
            .open(&queue, committed.then_some(progress.committed()))
            .await
            .map_err(|source| TaskError::Open { queue: Arc::clone(&queue), source })?;
        let progress = match own {
            Some(own) if own != progress.committed() => Progress::begin(own, progress.generation),
            _ => progress,
        };
        let (at, under_way, from_sink) = (progress.committed(), progress.batches.len(), own.is_some());
        tracing::info!(task = %spec.id, %queue, offset = %at, under_way, committed, from_sink, "queue opened");
        if let Some(lost) = lost {
            tracing::error!(task = %spec.id, lost, "records are lost");
            spec.counters.lost.fetch_add(1, Relaxed);
            lost_all.get_or_insert(lost);
        }
        leases.push(claim.begin(progress));
    }
    // So that a restart begins there too.
    try_join_all(leases.iter().map(|lease| insist(spec, report, || lease.store()))).await?;
    Ok((leases, lost_all))
}

/// Takes a queue, and finds out where it begins.
async fn claim(
    spec: &TaskSpec,
    queue: &Arc<QueueId>,
    report: &dyn Fn(Report),
) -> Result<(Claim, Start), TaskError> {
    let claim = insist(spec, report, || spec.offsets.claim(&spec.id.connector, queue)).await?;
    let settings = &spec.settings;
    let rules = Rules {
        group: &settings.group,
        begin: settings.begin,
        is_new_queue: spec.begun.contains(&queue.topic),
        out_of_range: settings.out_of_range,
    };
    let start = insist(spec, report, || start(&spec.client, &claim, rules)).await?;
    Ok((claim, start))
}

/// Tries until it succeeds, or fails in a way that does not pass.
pub(super) async fn insist<T, E: Into<TaskError>>(
    spec: &TaskSpec,
    report: &dyn Fn(Report),
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, TaskError> {
    let mut failures = 0;
    loop {
        match attempt().await.map_err(Into::into) {
            Err(error) if error.is_transient() => {
                failures += 1;
                report(Report::Trouble(causes(&error)));
                tokio::time::sleep(retry_delay(failures, spec.settings.errors.max_delay)).await;
            }
            outcome => return outcome,
        }
    }
}
