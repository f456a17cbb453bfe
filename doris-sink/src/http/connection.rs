//! One connection to one server.

use super::{
    Answer, Busy, Endpoint, HttpError, Progress, Request, Sending, Tls,
    dial::{Stream, dial},
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
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinHandle,
    time,
};

/// The longest answer that is read. What Doris answers is below 2 KiB, an error log below 100 KiB.
pub(super) const ANSWER_LIMIT: usize = 1024 * 1024;

/// How long is waited for the end of a connection on which nothing can be sent any more.
const ENDING: Duration = Duration::from_millis(100);

/// An open connection; dropped, it is closed.
#[derive(Debug)]
pub(super) struct Connection {
    sender: http1::SendRequest<GatedBody>,
    driver: JoinHandle<Result<(), hyper::Error>>,
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
        tls: Option<&Tls>,
        connect_timeout: Duration,
        read_timeout: Duration,
    ) -> Result<Self, HttpError> {
        match dial(endpoint, tls, connect_timeout).await? {
            Stream::Plain(stream) => Self::on(stream, read_timeout).await,
            Stream::Secure(stream) => Self::on(stream, read_timeout).await,
        }
    }

    async fn on(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        read_timeout: Duration,
    ) -> Result<Self, HttpError> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|cause| HttpError::Lost { progress: Progress::Held, cause })?;
        let driver = tokio::spawn(connection);
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
            .map_err(|after| HttpError::ReadTimeout { progress: progress(&sent), after })?;
        let answer = match answer {
            Ok(answer) => self.read(answer, progress(&sent)).await?,
            Err(cause) => {
                let cause = self.ended().await.unwrap_or(cause);
                return Err(HttpError::Lost { progress: progress(&sent), cause });
            }
        };
        match Busy::of(&answer) {
            Some(busy) => Err(HttpError::Busy { busy, progress: progress(&sent) }),
            None => Ok(answer),
        }
    }

    /// How the connection ended, if it did so for itself: a server that does not let us in says so once TLS is agreed on.
    async fn ended(&mut self) -> Option<hyper::Error> {
        time::timeout(ENDING, &mut self.driver).await.ok()?.ok()?.err()
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
    use bytes::Bytes;
    use hyper::{HeaderMap, Method};
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    #[tokio::test]
    async fn why_a_server_ended_the_connection_before_it_was_asked_anything_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::parse(&listener.local_addr().unwrap().to_string(), 1).unwrap();
        let second = Duration::from_secs(5);
        let (opened, accepted) =
            tokio::join!(Connection::open(&endpoint, None, second, second), listener.accept());
        let (mut connection, (mut server, _)) = (opened.unwrap(), accepted.unwrap());
        server.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let deadline = Instant::now() + second;
        while !connection.driver.is_finished() {
            assert!(Instant::now() < deadline);
            tokio::task::yield_now().await;
        }
        let (method, path, headers) = (Method::GET, "/".to_owned(), HeaderMap::new());
        let request = Request { method, path, headers, body: Bytes::new(), sending: Sending::AtOnce };
        let lost = connection.exchange(&endpoint, &request).await.unwrap_err().to_string();
        assert!(lost.contains("unexpected message"), "{lost}");
    }
}
