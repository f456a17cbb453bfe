//! Taking the queues of a task, as far as that can be done in time.

use super::{Report, away::Away, error::TaskError, retry::insist_until, thread::TaskSpec};
use crate::{
    causes,
    fetch::{Rules, Start, start},
    store::Claim,
};
use connector_api::QueueId;
use futures_util::future::try_join_all;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// How long a queue that cannot be opened is tried again while others wait.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long they wait at most: the last try may be a slow one.
const LONGEST: Duration = Duration::from_secs(10);

/// Queues that were taken, and where the host would begin in each.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) claimed: Vec<(Claim, Start)>,
    /// Those that have to wait.
    pub(super) away: Vec<Away>,
}

/// Takes the task's queues, at least one of them if there is any.
pub(super) async fn take_queues(spec: &TaskSpec, report: &dyn Fn(Report)) -> Result<Taken, TaskError> {
    loop {
        let claims = try_join_all(spec.queues.iter().map(|queue| claim_in_time(spec, queue, report))).await?;
        let (mut claimed, mut away) = (Vec::with_capacity(claims.len()), Vec::new());
        for claim in claims {
            match claim {
                Ok(claim) => claimed.push(claim),
                Err(queue) => away.push(queue),
            }
        }
        if away.is_empty() || !claimed.is_empty() {
            return Ok(Taken { claimed, away });
        }
        if let Some(index) = away.iter().position(|away| !away.error.is_transient()) {
            return Err(away.swap_remove(index).error);
        }
        if let Some(told) = Away::told(&away) {
            report(Report::Trouble(told));
        }
    }
}

/// What the configuration says about where `queue` begins.
pub(super) fn rules<'a>(spec: &'a TaskSpec, queue: &QueueId) -> Rules<'a> {
    let settings = &spec.settings;
    Rules {
        group: &settings.group,
        begin: settings.begin,
        is_new_queue: spec.begun.contains(&queue.topic),
        out_of_range: settings.out_of_range,
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
        Err(error) => Err(error),
    }
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
