//! One connection to one server.

use super::{
    Answer, Endpoint, HttpError, Progress, Request, Sending,
    gate::{Gate, GatedBody, Sent},
};
use bytes::BytesMut;
use http_body_util::BodyExt;
use hyper::{
    Response, StatusCode,
    body::Incoming,
    client::conn::http1,
    header::{CONTENT_LENGTH, EXPECT, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};
use tokio::{net::TcpStream, task::JoinHandle, time};

/// The longest answer that is read. What Doris answers is below 2 KiB, an error log below 100 KiB.
pub(super) const ANSWER_LIMIT: usize = 1024 * 1024;

/// An open connection; dropped, it is closed.
#[derive(Debug)]
pub(super) struct Connection {
    sender: http1::SendRequest<GatedBody>,
    driver: JoinHandle<()>,
    read_timeout: Duration,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Connects to `endpoint`.
    ///
    /// `read_timeout` is the longest time without any progress: without a byte of the body taken, from the last one until the
    /// answer begins, and from there to its end.
    pub(super) async fn open(
        endpoint: &Endpoint,
        connect_timeout: Duration,
        read_timeout: Duration,
    ) -> Result<Self, HttpError> {
        let stream = time::timeout(connect_timeout, TcpStream::connect((endpoint.host(), endpoint.port())))
            .await
            .map_err(|_| HttpError::ConnectTimeout(connect_timeout))?
            .map_err(HttpError::Connect)?;
        stream.set_nodelay(true).and_then(|()| watch_over(&stream)).map_err(HttpError::Connect)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|cause| HttpError::Lost { progress: Progress::Held, cause })?;
        // How a connection ends is told to whoever waits for an answer on it.
        let driver = tokio::spawn(async { connection.await.unwrap_or_default() });
        Ok(Self { sender, driver, read_timeout })
    }

    /// Whether the server has not closed it.
    pub(super) fn is_usable(&self) -> bool {
        self.sender.is_ready() && !self.driver.is_finished()
    }

    /// Sends `request` and reads the whole answer.
    pub(super) async fn exchange(
        &mut self,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Result<Answer, HttpError> {
        let length = request.body.len() as u64;
        let (request, sent, fallback) = prepare(endpoint, request).map_err(HttpError::Request)?;
        let progress = |sent: &Sent| match sent.bytes() {
            0 => Progress::Held,
            bytes if bytes < length => Progress::Cut,
            _ => Progress::Sent,
        };
        let answer = self.sender.send_request(request);
        let answer = Waiting { sent: &sent, read_timeout: self.read_timeout, fallback }
            .wait(answer)
            .await
            .map_err(|after| HttpError::ReadTimeout { progress: progress(&sent), after })?
            .map_err(|cause| HttpError::Lost { progress: progress(&sent), cause })?;
        self.read(answer, progress(&sent)).await
    }

    async fn read(&self, answer: Response<Incoming>, progress: Progress) -> Result<Answer, HttpError> {
        let (head, mut body) = answer.into_parts();
        let mut read = BytesMut::new();
        let deadline = time::Instant::now() + self.read_timeout;
        // A redirect of a frontend has no length and ends with the connection: nothing in it is worth waiting for.
        while !head.status.is_redirection() {
            let frame = time::timeout_at(deadline, body.frame())
                .await
                .map_err(|_| HttpError::ReadTimeout { progress, after: self.read_timeout })?;
            let Some(frame) = frame else { break };
            let frame = frame.map_err(|cause| HttpError::Lost { progress, cause })?;
            let Ok(bytes) = frame.into_data() else { continue };
            if read.len() + bytes.len() > ANSWER_LIMIT {
                return Err(HttpError::AnswerTooLong { limit: ANSWER_LIMIT });
            }
            read.extend_from_slice(&bytes);
        }
        Ok(Answer { status: head.status, headers: head.headers, body: read.freeze() })
    }
}

/// Lets a server that is gone without a word be noticed within 9 s, although nothing is being said: while it loads, above all.
///
/// `TCP_USER_TIMEOUT` would notice it during an upload as well, but would also end the connection to a backend that merely stops
/// reading for so long, and how long that may be is what `read_timeout` says.
fn watch_over(stream: &TcpStream) -> std::io::Result<()> {
    let probes = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(2))
        .with_retries(2);
    SockRef::from(stream).set_tcp_keepalive(&probes)
}

type Fallback = Option<(Duration, std::sync::Arc<Mutex<Option<Gate>>>)>;

fn prepare(
    endpoint: &Endpoint,
    request: &Request,
) -> Result<(hyper::Request<GatedBody>, Sent, Fallback), hyper::http::Error> {
    let mut head = hyper::Request::builder().method(&request.method).uri(&request.path);
    if let Some(headers) = head.headers_mut() {
        *headers = request.headers.clone();
        if let Ok(host) = HeaderValue::from_str(&endpoint.to_string()) {
            headers.insert(HOST, host);
        }
        headers.insert(CONTENT_LENGTH, request.body.len().into());
    }
    if request.sending == Sending::AtOnce {
        let (body, sent) = GatedBody::open(request.body.clone());
        return Ok((head.body(body)?, sent, None));
    }
    let (body, sent, gate) = GatedBody::gated(request.body.clone());
    let gate = std::sync::Arc::new(Mutex::new(Some(gate)));
    let mut built = head.header(EXPECT, "100-continue").body(body)?;
    let asked = gate.clone();
    hyper::ext::on_informational(&mut built, move |answer| {
        if answer.status() == StatusCode::CONTINUE {
            open(&asked);
        }
    });
    let fallback = match request.sending {
        Sending::WhenAskedOrAfter(after) => Some((after, gate)),
        _ => None,
    };
    Ok((built, sent, fallback))
}

fn open(gate: &Mutex<Option<Gate>>) {
    // A gate opens once; the second `100 Continue`, or the one that comes after the fallback, finds none.
    let gate = gate.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
    if let Some(gate) = gate {
        gate.open();
    }
}

/// Waits for an answer as long as something moves.
struct Waiting<'a> {
    sent: &'a Sent,
    read_timeout: Duration,
    fallback: Fallback,
}

impl Waiting<'_> {
    /// The answer, or how long nothing moved.
    async fn wait<T>(mut self, answer: impl Future<Output = T>) -> Result<T, Duration> {
        let mut answer = std::pin::pin!(answer);
        let mut sent = self.sent.bytes();
        let mut quiet_since = Instant::now();
        loop {
            let quiet_until = quiet_since + self.read_timeout;
            let unasked_at = self.fallback.as_ref().map(|(after, _)| quiet_since + *after);
            let wake = unasked_at.map_or(quiet_until, |at| at.min(quiet_until));
            match time::timeout_at(wake.into(), &mut answer).await {
                Ok(answer) => return Ok(answer),
                Err(_) if self.sent.bytes() != sent => {
                    sent = self.sent.bytes();
                    quiet_since = Instant::now();
                    self.fallback = None;
                }
                Err(_) => match self.fallback.take() {
                    Some((_, gate)) if Instant::now() < quiet_until => open(&gate),
                    _ => return Err(self.read_timeout),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_watched_over_while_nothing_is_said() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(server.local_addr().unwrap()).await.unwrap();
        watch_over(&stream).unwrap();
        let socket = SockRef::from(&stream);
        let (idle, interval) =
            (socket.tcp_keepalive_time().unwrap(), socket.tcp_keepalive_interval().unwrap());
        assert!(socket.keepalive().unwrap());
        assert!(idle + interval * socket.tcp_keepalive_retries().unwrap() <= Duration::from_secs(10));
    }
}
