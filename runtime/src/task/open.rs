//! Opening the queues of a task: taking them, finding out where each begins, and telling the sink.

use super::{Report, batch::retry_delay, error::TaskError, thread::TaskSpec};
use crate::{
    causes,
    fetch::{Rules, Start, start},
    store::{Claim, Lease},
};
use connector_api::{QueueId, SinkTask};
use futures_util::future::try_join_all;
use std::sync::{Arc, atomic::Ordering::Relaxed};

/// So many queues that have lost something are named in a status; the log names all.
const SHOWN: usize = 3;

/// Takes the task's queues, finds out where each begins, and tells the sink. Answers with what was lost on the way, too.
pub(super) async fn open_queues(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    report: &dyn Fn(Report),
) -> Result<(Vec<Lease>, Option<String>), TaskError> {
    let claimed = try_join_all(spec.queues.iter().map(|queue| claim(spec, queue, report))).await?;
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
            start = insist(spec, report, || start.at_own(&spec.client, &queue, rules, own)).await?;
        }
        let (at, under_way, committed) =
            (start.progress.committed(), start.progress.batches.len(), start.committed);
        tracing::info!(task = %spec.id, %queue, offset = %at, under_way, committed, from_sink = own.is_some(), "queue opened");
        opened.push((claim, start));
    }
    let losses = losses(spec, &opened);
    // Before the leases say so: a group that is left ahead would be followed after the next start.
    for (claim, start) in &opened {
        let group = &*spec.group;
        insist(spec, report, || start.take_group_along(&spec.client, claim.queue(), group)).await?;
    }
    let leases: Vec<_> = opened.into_iter().map(|(claim, start)| claim.begin(start.progress)).collect();
    // So that a restart begins there too.
    try_join_all(leases.iter().map(|lease| insist(spec, report, || lease.store()))).await?;
    Ok((leases, losses))
}

/// What was lost on the way: counted, logged, and said in short.
fn losses(spec: &TaskSpec, opened: &[(Claim, Start)]) -> Option<String> {
    let losses: Vec<_> = opened.iter().filter_map(|(_, start)| start.loss.as_ref()).collect();
    for loss in &losses {
        tracing::error!(task = %spec.id, messages = loss.messages, loss = loss.text, "messages were passed over");
        spec.counters.lost.fetch_add(loss.messages, Relaxed);
    }
    let mut text =
        losses.iter().take(SHOWN).map(|loss| loss.text.as_str()).collect::<Vec<_>>().join("; ");
    if losses.len() > SHOWN {
        text.push_str(&format!("; and {} more queues, which the log names", losses.len() - SHOWN));
    }
    (!losses.is_empty()).then_some(text)
}

/// Takes a queue, and finds out where it begins.
async fn claim(
    spec: &TaskSpec,
    queue: &Arc<QueueId>,
    report: &dyn Fn(Report),
) -> Result<(Claim, Start), TaskError> {
    let claim = insist(spec, report, || spec.offsets.claim(&spec.id.connector, queue)).await?;
    let rules = rules(spec, queue);
    let start = insist(spec, report, || start(&spec.client, &claim, rules)).await?;
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
