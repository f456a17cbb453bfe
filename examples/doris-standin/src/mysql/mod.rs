//! The MySQL protocol, server side, as far as Doris speaks it: text and prepared queries, TLS where it is on, no compression.
//!
//! Greeting, errors and result layouts follow the recorded front end, down to the capability bits, because drivers decide by them.

mod connection;
mod handshake;
mod packet;
mod prepared;
mod resultset;

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cluster::Cluster;

/// Accepts connections until `stop` is cancelled.
pub(crate) async fn serve(
    listener: TcpListener,
    cluster: Arc<Cluster>,
    tls: Option<TlsAcceptor>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
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
        let id = cluster.next_connection_id();
        let cluster = Arc::clone(&cluster);
        let (stop, tls) = (stop.clone(), tls.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                ended = connection::converse(stream, peer.ip().to_canonical(), cluster, id, tls.as_ref()) => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, connection = id, "an SQL connection broke");
                    }
                }
            }
        });
    }
}
