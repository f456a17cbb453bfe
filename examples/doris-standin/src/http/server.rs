//! Accepts connections, with or without TLS, and runs requests through a [`Handler`], one after another per connection.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::body::Body;
use super::connection::{Connection, Stream};
use super::request::{Request, Version};
use super::response::Response;

const IDLE: Duration = Duration::from_secs(75);
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Unread body that is swallowed to keep a connection open after an answer.
const DRAIN_BYTES: usize = 8 << 20;
const DRAIN_IDLE: Duration = Duration::from_millis(200);

/// What becomes of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Answered.
    Reply(Response),
    /// The connection goes away without an answer.
    Drop,
    /// These bytes, as they are, and then the connection goes away.
    Raw(Vec<u8>),
}

impl From<Response> for Outcome {
    fn from(response: Response) -> Self {
        Self::Reply(response)
    }
}

/// One request in progress.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) request: &'a Request,
    pub(crate) body: Body<'a>,
    pub(crate) peer: IpAddr,
    pub(crate) scheme: Scheme,
    /// The `Host` header, else the address that was connected to, without its port.
    pub(crate) host: String,
}

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Decides what becomes of requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The answer to a request that is not handled for what its head says; the connection closes after it.
    fn refuse(&self, request: &Request) -> Option<Response> {
        let _ = request;
        None
    }

    /// Handles one request. Dropped when the server stops.
    fn handle(&self, exchange: &mut Exchange<'_>) -> impl Future<Output = Outcome> + Send;
}

/// Serves until `stop` is cancelled; connections are tracked in `tasks`.
pub(crate) async fn serve<H: Handler>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    handler: Arc<H>,
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
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (handler, tls, stop) = (Arc::clone(&handler), tls.clone(), stop.clone());
        tasks.spawn(async move {
            let conversation = async {
                match secured(stream, tls).await {
                    Ok((stream, scheme)) => converse(stream, peer, scheme, handler.as_ref()).await,
                    Err(error) => tracing::debug!(%error, %peer, "no connection came about"),
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = conversation => {}
            }
        });
    }
}

/// Shakes hands, where the port speaks TLS.
async fn secured(stream: TcpStream, tls: Option<TlsAcceptor>) -> io::Result<(Stream, Scheme)> {
    stream.set_nodelay(true)?;
    match tls {
        None => Ok((Either::Left(stream), Scheme::Http)),
        Some(tls) => {
            let stream = timeout(HANDSHAKE, tls.accept(stream)).await??;
            Ok((Either::Right(stream), Scheme::Https))
        }
    }
}

async fn converse<H: Handler>(stream: Stream, peer: SocketAddr, scheme: Scheme, handler: &H) {
    let local = match &stream {
        Either::Left(stream) => stream.local_addr(),
        Either::Right(stream) => stream.get_ref().0.local_addr(),
    };
    // Clients of IPv4 that come in over a port that speaks both are known by their own address.
    let peer = peer.ip().to_canonical();
    let mut connection = Connection::new(stream);
    while let Some(request) = next_request(&mut connection).await {
        let host = host(&request, local.as_ref().ok());
        let body = Body::of(&request, &mut connection);
        let mut exchange = Exchange { request: &request, body, peer, scheme, host };
        let refusal = handler.refuse(&request);
        let refused = refusal.is_some();
        let outcome = match refusal {
            Some(response) => Outcome::Reply(response),
            None => handler.handle(&mut exchange).await,
        };
        let response = match outcome {
            Outcome::Reply(response) => response,
            Outcome::Drop => return,
            Outcome::Raw(bytes) => {
                if connection.write_all(&bytes).await.is_ok() {
                    connection.linger().await;
                }
                return;
            }
        };
        let persistent = !refused && stays_open(&mut exchange).await;
        let bytes = response.to_bytes(request.version, persistent, request.method == "HEAD");
        if connection.write_all(&bytes).await.is_err() {
            return;
        }
        if !persistent {
            connection.linger().await;
            return;
        }
    }
}

/// What the client calls this server.
fn host(request: &Request, local: Option<&SocketAddr>) -> String {
    let named = request.headers.get("Host").map(|host| {
        let end = if host.ends_with(']') { None } else { host.rfind(':') };
        host[..end.unwrap_or(host.len())].to_owned()
    });
    named.unwrap_or_else(|| match local.map(SocketAddr::ip) {
        Some(IpAddr::V6(ip)) => format!("[{ip}]"),
        Some(ip) => ip.to_string(),
        None => "localhost".to_owned(),
    })
}

async fn next_request(connection: &mut Connection) -> Option<Request> {
    loop {
        match Request::parse(connection.buffered()) {
            Ok(Some((request, length))) => {
                connection.take(length);
                return Some(request);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "refused a request");
                let answer = Response::counted(400, "text/plain", format!("{error}\n"));
                let bytes = answer.to_bytes(Version::Http11, false, false);
                // Whoever sent this may be gone; there is nobody else to tell.
                connection.write_all(&bytes).await.unwrap_or_default();
                return None;
            }
        }
        match timeout(IDLE, connection.fill()).await {
            Ok(Ok(length)) if length > 0 => {}
            _ => return None,
        }
    }
}

/// Whether the connection can carry another request: the client wants it, and the body has been read or is quickly swallowed.
async fn stays_open(exchange: &mut Exchange<'_>) -> bool {
    let request = exchange.request;
    let closes = request.headers.get("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    if request.version == Version::Http10 || closes || exchange.body.awaits_continue() {
        return false;
    }
    let mut swallowed = 0;
    while !exchange.body.is_done() && swallowed < DRAIN_BYTES {
        match timeout(DRAIN_IDLE, exchange.body.next()).await {
            Ok(Ok(Some(piece))) => swallowed += piece.len(),
            Ok(Ok(None)) => break,
            Ok(Err(_)) | Err(_) => return false,
        }
    }
    exchange.body.is_done()
}
