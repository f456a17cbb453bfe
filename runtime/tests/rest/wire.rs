//! Requests and answers as bytes on a connection.

use crate::fake_host::FakeHost;
use runtime::rest::{self, RestOptions};
use std::{io::Read, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// Nothing here takes so long; what does, fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// The interface over a fake host, until it is dropped.
pub(crate) struct Running {
    pub(crate) host: Arc<FakeHost>,
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::with(RestOptions::default()).await
    }

    pub(crate) async fn with(options: RestOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (host, shutdown) = (Arc::new(FakeHost::new()), CancellationToken::new());
        let server = tokio::spawn(rest::serve(listener, host.clone(), options, shutdown.clone()));
        Self { host, address, shutdown, server }
    }

    /// The answer to a request that has no body.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.exchange(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        let body = body.as_ref();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.exchange([head.as_bytes(), body].concat()).await
    }

    /// Writes the bytes of one request on a connection of its own and reads until the server closes it.
    pub(crate) async fn exchange(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut answer = Vec::new();
        let exchanged = async {
            stream.write_all(request.as_ref()).await.unwrap();
            stream.read_to_end(&mut answer).await.unwrap();
        };
        tokio::time::timeout(DEADLINE, exchanged).await.expect("no answer in time");
        Answer::parse(&answer)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status_line: String,
    /// Names and values as written, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").expect("a head");
        let head = std::str::from_utf8(&bytes[..end]).expect("heads are UTF-8");
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap().to_owned();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut answer = Self { status_line, headers, body: String::new() };
        let body = &bytes[end + 4..];
        let read = match answer.header("Content-Encoding").or(answer.header("content-encoding")) {
            Some("gzip") => flate2::read::GzDecoder::new(body).read_to_string(&mut answer.body),
            _ => std::io::Read::read_to_string(&mut &*body, &mut answer.body),
        };
        read.expect("answers are UTF-8");
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Status line, headers other than the date, and body, for snapshots.
impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.status_line)?;
        let mut headers: Vec<_> = self.headers.iter().filter(|(name, _)| name != "Date").collect();
        headers.sort();
        for (name, value) in headers {
            writeln!(f, "{name}: {value}")?;
        }
        write!(f, "\n{}", self.body)
    }
}
