//! The MySQL protocol, server side, as far as Doris speaks it: text and prepared queries, no TLS, no compression.
//!
//! Greeting, errors and result layouts follow the recorded front end, down to the capability bits, because drivers decide by them.

mod connection;
mod handshake;
mod packet;
mod prepared;
mod resultset;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cluster::Cluster;

/// Accepts connections until `stop` is cancelled.
pub(crate) async fn serve(
    listener: TcpListener,
    cluster: Arc<Cluster>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let next_id = AtomicU32::new(1);
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    // Out of descriptors: without a pause this loop would spin.
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let id = next_id.fetch_add(1, Ordering::Relaxed);
        let cluster = Arc::clone(&cluster);
        let stop = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                ended = connection::converse(stream, peer.ip(), cluster, id) => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, connection = id, "an SQL connection broke");
                    }
                }
            }
        });
    }
}
