//! Connections: accepted, bounded in number and time, ended in good order.

use super::{
    RestOptions, access::Peer, answer::Answer, dispatch::Dispatcher, guard, http10::SaysHttp11,
    patience::Impatient,
};
use hyper::{
    Request,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// A pause after the system had no socket for a connection.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Connections beyond the most there may be that are told so at a time; others wait to be accepted.
const TURNED_AWAY: usize = 16;

/// How long a connection that is turned away may take to ask.
const TURNED_AWAY_PATIENCE: Duration = Duration::from_secs(2);

/// The REST interface while it runs.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) options: RestOptions,
    pub(super) shutdown: CancellationToken,
}

/// A connection that came in.
struct Accepted {
    stream: TcpStream,
    peer: SocketAddr,
    /// Whether there is room for it.
    is_served: bool,
}

impl Server {
    /// Serves until shutdown, then lets requests finish.
    pub(super) async fn run(self, listener: TcpListener) {
        let mut served = JoinSet::new();
        let mut turned_away = JoinSet::new();
        while let Some(accepted) = self.accept(&listener, &mut served, &mut turned_away).await {
            let connections = if accepted.is_served { &mut served } else { &mut turned_away };
            connections.spawn(self.clone().serve(accepted));
        }
        drop(listener);
        let finished = async { while served.join_next().await.is_some() {} };
        if tokio::time::timeout(self.options.drain_timeout, finished).await.is_err() {
            tracing::warn!("requests were given up because the worker ends");
        }
    }

    /// The next connection; `None` at shutdown.
    async fn accept(
        &self,
        listener: &TcpListener,
        served: &mut JoinSet<()>,
        turned_away: &mut JoinSet<()>,
    ) -> Option<Accepted> {
        loop {
            let is_served = served.len() < self.options.max_connections;
            tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                Some(_) = served.join_next() => {}
                Some(_) = turned_away.join_next() => {}
                accepted = listener.accept(), if is_served || turned_away.len() < TURNED_AWAY => match accepted {
                    Ok((stream, peer)) => return Some(Accepted { stream, peer, is_served }),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(ACCEPT_BACKOFF).await;
                    }
                },
            }
        }
    }

    async fn serve(self, accepted: Accepted) {
        let Accepted { stream, peer, is_served } = accepted;
        let patience = if is_served {
            self.options.read_timeout
        } else {
            self.options.read_timeout.min(TURNED_AWAY_PATIENCE)
        };
        let service = service_fn(|mut request: Request<Incoming>| async {
            request.extensions_mut().insert(Peer(peer));
            let answer = if is_served { self.dispatcher.answer(request).await } else { self.turn_away() };
            Ok::<_, Infallible>(answer)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(patience)
            .max_headers(100)
            .max_buf_size(self.options.max_head_bytes)
            .half_close(true)
            .title_case_headers(true)
            .serve_connection(Impatient::new(SaysHttp11::new(TokioIo::new(stream)), patience), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, %peer, "a connection ended early");
        }
    }

    fn turn_away(&self) -> Answer {
        let mut answer = guard::too_many_connections(&self.options).answer();
        answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        answer
    }
}
