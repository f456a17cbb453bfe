//! Connections: accepted, bounded in number and time, ended in good order.

use super::{RestOptions, dispatch::Dispatcher, http10::SaysHttp11};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// A pause after the system had no socket for a connection.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// The REST interface while it runs.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) options: RestOptions,
    pub(super) shutdown: CancellationToken,
}

impl Server {
    /// Serves until shutdown, then lets requests finish.
    pub(super) async fn run(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        while let Some(stream) = self.accept(&listener, &mut connections).await {
            connections.spawn(self.clone().serve_connection(stream));
        }
        drop(listener);
        let finished = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(self.options.drain_timeout, finished).await.is_err() {
            tracing::warn!("requests were given up because the worker ends");
        }
    }

    /// The next connection once there is room for it; `None` at shutdown.
    async fn accept(&self, listener: &TcpListener, connections: &mut JoinSet<()>) -> Option<TcpStream> {
        loop {
            let has_room = connections.len() < self.options.max_connections;
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept(), if has_room => match accepted {
                    Ok((stream, _)) => return Some(stream),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(ACCEPT_BACKOFF).await;
                    }
                },
            }
        }
    }

    async fn serve_connection(self, stream: TcpStream) {
        let service =
            service_fn(|request| async { Ok::<_, Infallible>(self.dispatcher.answer(request).await) });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.options.read_timeout)
            .max_headers(100)
            .max_buf_size(self.options.max_head_bytes)
            .half_close(true)
            .title_case_headers(true)
            .serve_connection(SaysHttp11::new(TokioIo::new(stream)), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
