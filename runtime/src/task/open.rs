//! Opening the queues of a task: where each begins, and telling the sink.

use super::{Report, batch::retry_delay, commit::Committer, error::TaskError, thread::TaskSpec};
use crate::{
    causes,
    fetch::{Start, start_position},
};
use connector_api::{QueueId, QueueOffset, SinkTask};
use std::sync::Arc;

/// Finds out where each queue begins, and tells the sink.
pub(super) async fn open_queues(
    spec: &TaskSpec,
    sink: &mut dyn SinkTask,
    report: &dyn Fn(Report),
    committer: &Committer,
) -> Result<Vec<(Arc<QueueId>, QueueOffset)>, TaskError> {
    let mut positions = Vec::with_capacity(spec.queues.len());
    for queue in &*spec.queues {
        let start = find_start(spec, queue, report).await?;
        let own = sink
            .open(queue, start.committed.then_some(start.at))
            .await
            .map_err(|source| TaskError::Open { queue: Arc::clone(queue), source })?;
        let at = own.unwrap_or(start.at);
        let (committed, from_sink) = (start.committed, own.is_some());
        tracing::info!(task = %spec.id, %queue, offset = %at, committed, from_sink, "queue opened");
        committer.acknowledge(queue, at);
        positions.push((Arc::clone(queue), at));
    }
    Ok(positions)
}

/// Where a queue begins, once the broker answers. It is stored, so that a restart begins there too.
async fn find_start(
    spec: &TaskSpec,
    queue: &Arc<QueueId>,
    report: &dyn Fn(Report),
) -> Result<Start, TaskError> {
    let (connector, settings) = (&spec.id.connector, &spec.settings);
    let mut attempt = 0;
    loop {
        let found =
            start_position(&spec.client, &spec.offsets, connector, queue, &settings.group, settings.begin)
                .await;
        let found = match found {
            Ok(start) if start.stored => return Ok(start),
            Ok(start) => {
                spec.offsets.commit(connector, queue, start.at).await.map(|()| start).map_err(TaskError::from)
            }
            Err(error) => Err(TaskError::from(error)),
        };
        match found {
            Err(error) if error.is_transient() => {
                attempt += 1;
                report(Report::Trouble(causes(&error)));
                tokio::time::sleep(retry_delay(attempt, settings.errors.max_delay)).await;
            }
            found => return found,
        }
    }
}
