//! Queues of a task that cannot be opened yet, because their brokers do not answer or an operator has to do something first, while
//! others are read.

use super::{error::TaskError, thread::TaskSpec};
use crate::{
    causes,
    fetch::{FetchError, is_there},
};
use connector_api::QueueId;
use futures_util::future::select_all;
use std::{fmt, sync::Arc, time::Duration};

/// How often a queue is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So many queues are named in a status; the log names all.
const SHOWN: usize = 3;

/// A queue that cannot be opened yet.
#[derive(Debug)]
pub(super) struct Away {
    pub(super) queue: Arc<QueueId>,
    /// What stood in the way.
    pub(super) error: TaskError,
}

impl fmt::Display for Away {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be read at the moment: {}", self.queue, causes(&self.error))
    }
}

/// Returns once one of these queues can be opened, with what to do about it; never when there are none.
pub(super) async fn until_back(spec: &TaskSpec, away: &[Away]) -> FetchError {
    if away.is_empty() {
        return std::future::pending().await;
    }
    let (queue, ..) = select_all(away.iter().map(|away| Box::pin(until_there(spec, away)))).await;
    FetchError::CameBack { queue }
}

async fn until_there(spec: &TaskSpec, Away { queue, error }: &Away) -> Arc<QueueId> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if !is_there(&spec.client, queue, &spec.group).await {
            continue;
        }
        match spec.offsets.claim(&spec.id.connector, queue).await.map_err(TaskError::from) {
            Err(now) if now.is_transient() || causes(&now) == causes(error) => {}
            // Also with another cause, which is shown when the queues are opened again.
            _ => return Arc::clone(queue),
        }
    }
}

/// What a status says about several queues.
pub(super) fn notice(texts: impl Iterator<Item = String>) -> Option<String> {
    let texts: Vec<_> = texts.collect();
    let mut notice = texts[..texts.len().min(SHOWN)].join("; ");
    if texts.len() > SHOWN {
        notice.push_str(&format!("; and {} more queues, which the log names", texts.len() - SHOWN));
    }
    (!notice.is_empty()).then_some(notice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_names_some_queues_and_counts_the_others() {
        let of = |count: usize| notice((0..count).map(|n| format!("q{n}")));
        assert_eq!(of(0), None);
        assert_eq!(of(3).as_deref(), Some("q0; q1; q2"));
        assert_eq!(of(5).as_deref(), Some("q0; q1; q2; and 2 more queues, which the log names"));
    }
}
