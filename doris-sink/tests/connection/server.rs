//! A server that answers as a test tells it to, in the open or over TLS.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream},
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

/// What a server does with a load.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// 307 to this place; the body is not read.
    Redirect(String),
    /// `100 Continue`, the body, and success.
    Take,
    /// This answer, without the body being asked for: status, more head lines, body.
    Early(u16, &'static str, String),
    /// `100 Continue`, the body, then such an answer.
    Late(u16, &'static str, String),
}

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
    length: usize,
}

/// A server; it stops with the value, and its connections with it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    loads: Arc<Mutex<Vec<Request>>>,
    listening: JoinHandle<()>,
}

type Replies = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Server {
    /// A server on a free port of 127.0.0.1.
    pub(crate) async fn start(
        tls: Option<TlsAcceptor>,
        reply: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), tls, reply).await
    }

    pub(crate) async fn start_at(
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        reply: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (loads, reply): (Arc<Mutex<Vec<Request>>>, Replies) = (Arc::default(), Arc::new(reply));
        let seen = Arc::clone(&loads);
        let listening = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (tls, seen, reply) = (tls.clone(), Arc::clone(&seen), Arc::clone(&reply));
                connections.spawn(async move {
                    match tls {
                        None => serve(stream, &seen, &reply).await,
                        Some(tls) => serve(tls.accept(stream).await.ok()?, &seen, &reply).await,
                    }
                });
            }
        });
        Self { address, loads, listening }
    }

    /// The loads it was sent, with their bodies where it asked for them.
    pub(crate) fn loads(&self) -> Vec<Request> {
        self.loads.lock().unwrap().clone()
    }

    /// Stops, and waits until its port is free.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.listening.abort();
        (&mut self.listening).await.unwrap_err();
        self.address
    }
}

/// Serves one connection until either side closes it.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Mutex<Vec<Request>>,
    reply: &Replies,
) -> Option<()> {
    let mut stream = BufStream::new(stream);
    loop {
        let mut request = head(&mut stream).await?;
        if !request.line.starts_with("PUT ") {
            let table = r#"{"msg":"success","code":0,"data":{"status":200},"count":0}"#;
            answer(&mut stream, 200, "", table).await?;
            continue;
        }
        let reply = reply(&request);
        if let Reply::Take | Reply::Late(..) = reply {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
            stream.flush().await.ok()?;
            let mut body = vec![0; request.length];
            stream.read_exact(&mut body).await.ok()?;
            request.body = String::from_utf8(body).unwrap();
        }
        let rows = request.body.lines().count();
        seen.lock().unwrap().push(request);
        match reply {
            Reply::Redirect(to) => {
                let head =
                    format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nConnection: close\r\n\r\n");
                stream.write_all(head.as_bytes()).await.ok()?;
                return stream.shutdown().await.ok();
            }
            Reply::Take => answer(&mut stream, 200, "", &success(rows)).await?,
            Reply::Early(status, more, body) | Reply::Late(status, more, body) => {
                answer(&mut stream, status, more, &body).await?;
            }
        }
    }
}

async fn head(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Request> {
    let mut request = Request::default();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            None if line.trim().is_empty() => return Some(request),
            None => request.line = line.trim_end().to_owned(),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                request.length = value.parse().unwrap();
            }
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                request.authorization = value.to_owned();
            }
            Some(_) => {}
        }
    }
}

async fn answer(stream: &mut (impl AsyncWrite + Unpin), status: u16, more: &str, body: &str) -> Option<()> {
    let text = format!("HTTP/1.1 {status} X\r\n{more}Content-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

fn success(rows: usize) -> String {
    format!(
        "{{\"TxnId\": 7, \"Label\": \"l\", \"Status\": \"Success\", \"Message\": \"OK\", \"NumberTotalRows\": {rows}, \
         \"NumberLoadedRows\": {rows}, \"NumberFilteredRows\": 0, \"NumberUnselectedRows\": 0}}"
    )
}
