//! Queues of a task that cannot be opened yet, because their brokers do not answer or an operator has to do something first, while
//! others are read.

use super::{error::TaskError, several, thread::TaskSpec};
use crate::{
    causes,
    fetch::{FetchError, is_there},
};
use connector_api::QueueId;
use futures_util::future::select_all;
use std::{fmt, sync::Arc, time::Duration};

/// How often a queue is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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

impl Away {
    /// What a status says of these queues.
    pub(super) fn told(away: &[Self]) -> Option<String> {
        several::told(away.iter().map(|away| (&*away.queue, away.to_string())))
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
