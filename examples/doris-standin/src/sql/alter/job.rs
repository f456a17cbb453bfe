//! Runs the jobs of schema changes.

use std::sync::Arc;
use std::time::Duration;

use super::convert;
use crate::cluster::Cluster;
use crate::store::{AlterJob, Database, JobState, StoreError};

/// How often a job looks whether the loads it waits for have ended.
const LOOK: Duration = Duration::from_millis(10);

/// Takes up the jobs that the last stop interrupted.
pub(crate) fn resume(cluster: &Arc<Cluster>) {
    for name in cluster.store.names() {
        let Some(database) = cluster.store.database(&name) else { continue };
        for job in database.alter_jobs().into_iter().filter(|job| !job.state.is_final()) {
            start(cluster, Arc::clone(&database), job);
        }
    }
}

/// Lets a job run in the background, on the current tokio runtime.
pub(super) fn start(cluster: &Arc<Cluster>, database: Arc<Database>, job: AlterJob) {
    let (stop, time) = (cluster.stop.clone(), cluster.alter_time);
    cluster.tasks.spawn(async move {
        tokio::select! {
            // What has not ended is taken up at the next start.
            () = stop.cancelled() => {}
            ended = run(&database, &job, time) => if let Err(error) = ended {
                tracing::error!(%error, job = job.id, table = job.table, "a schema change broke down");
                if let Err(error) = database.cancel_alter(&job.table, &error.to_string()) {
                    tracing::error!(%error, job = job.id, "cannot cancel a schema change");
                }
            },
        }
    });
}

/// PENDING for half of the time, then waiting for the loads that began before, then RUNNING for the other half.
async fn run(database: &Arc<Database>, job: &AlterJob, time: Duration) -> Result<(), StoreError> {
    tokio::time::sleep(time / 2).await;
    if !advance(database, job.id, JobState::WaitingTxn).await? {
        return Ok(());
    }
    while database.alter_waits(job) {
        tokio::time::sleep(LOOK).await;
    }
    if !advance(database, job.id, JobState::Running).await? {
        return Ok(());
    }
    tokio::time::sleep(time / 2).await;
    let (database, job) = (Arc::clone(database), job.clone());
    blocking(move || {
        // Without the table there is nothing left to change.
        let Some(table) = database.table(&job.table) else {
            return database.cancel_alter(&job.table, "table was dropped").map(drop);
        };
        match convert::converter(&table, &job.change) {
            Ok(convert) => database.finish_alter(job.id, &convert),
            Err(refusal) => database.cancel_alter(&job.table, &refusal.message).map(drop),
        }
    })
    .await
}

async fn advance(database: &Arc<Database>, id: i64, state: JobState) -> Result<bool, StoreError> {
    let database = Arc::clone(database);
    blocking(move || database.advance_alter(id, state)).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|broken| Err(StoreError::Broken(broken.to_string())))
}
