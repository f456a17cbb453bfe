//! Accepts connections and runs requests through a [`Handler`], one after another per connection.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::body::Body;
use super::connection::Connection;
use super::request::{Request, Version};
use super::response::Response;

const IDLE: Duration = Duration::from_secs(75);
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
}

/// Decides what becomes of requests.
pub(crate) trait Handler: Send + Sync + 'static {
    /// The answer to a request that expects something other than `100-continue`.
    fn refuse_expectation(&self) -> Option<Response>;

    /// Handles one request. Dropped when the server stops.
    fn handle(&self, exchange: &mut Exchange<'_>) -> impl Future<Output = Outcome> + Send;
}

/// Serves until `stop` is cancelled; connections are tracked in `tasks`.
pub(crate) async fn serve<H: Handler>(
    listener: TcpListener,
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
        let handler = Arc::clone(&handler);
        let stop = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = converse(stream, peer.ip(), handler.as_ref()) => {}
            }
        });
    }
}

async fn converse<H: Handler>(stream: TcpStream, peer: IpAddr, handler: &H) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot switch off Nagle's algorithm");
    }
    let mut connection = Connection::new(stream);
    while let Some(request) = next_request(&mut connection).await {
        let mut exchange = Exchange { request: &request, body: Body::of(&request, &mut connection), peer };
        let outcome = match refused(&request, handler) {
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
        let persistent = stays_open(&mut exchange).await;
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

fn refused<H: Handler>(request: &Request, handler: &H) -> Option<Response> {
    let expect = request.headers.get("Expect")?;
    if request.version == Version::Http10 || expect.eq_ignore_ascii_case("100-continue") {
        return None;
    }
    handler.refuse_expectation()
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
