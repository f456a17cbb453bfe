//! Loads that are published some time after they were answered.

use std::sync::Arc;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::store::Database;

/// Publishes a committed load after a while, or without one when what hangs is released.
pub(super) fn publish(cluster: &Arc<Cluster>, database: Arc<Database>, id: i64, after: Option<Duration>) {
    let tasks = cluster.tasks.clone();
    let cluster = Arc::clone(cluster);
    tasks.spawn(async move {
        let due = async {
            match after {
                Some(delay) => tokio::time::sleep(delay).await,
                None => cluster.faults.wait_for_release().await,
            }
        };
        tokio::select! {
            // What is committed is published at the next start.
            () = cluster.stop.cancelled() => return,
            () = due => {}
        }
        match tokio::task::spawn_blocking(move || database.publish(id)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, transaction = id, "cannot publish"),
            Err(error) => tracing::error!(%error, transaction = id, "publishing broke down"),
        }
    });
}
