//! HTTP as far as a scripted server needs it.

use super::{State, Step, locked, next};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
};

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header; `None` when it is absent.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// Serves one connection until either side closes it.
pub(super) async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut stream = BufStream::new(stream);
    while let Some(request) = head(&mut stream).await {
        let step = match request.method.as_str() {
            "GET" | "POST" => call(&state, &request.path),
            _ => next(&mut locked(&state).steps).expect("no step left"),
        };
        if answer(&mut stream, &state, request, step).await.is_none() {
            return;
        }
    }
}

fn call(state: &Mutex<State>, path: &str) -> Step {
    let mut state = locked(state);
    let found = state.calls.iter_mut().find(|(part, _)| path.contains(part));
    found.and_then(|(_, steps)| next(steps)).unwrap_or_else(|| {
        Step::Early(200, r#"{"msg":"success","code":0,"data":{"status":200},"count":0}"#.to_owned())
    })
}

async fn head(stream: &mut BufStream<TcpStream>) -> Option<Request> {
    let mut request = Request::default();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let text = line.trim_end();
        if text.is_empty() {
            return Some(request);
        }
        if request.method.is_empty() {
            let mut words = text.split(' ').map(str::to_owned);
            (request.method, request.path) = (words.next()?, words.next()?);
        } else {
            let (name, value) = text.split_once(':')?;
            request.headers.push((name.to_owned(), value.trim().to_owned()));
        }
    }
}

/// Takes `step`; `None` when the connection is at its end.
async fn answer(
    stream: &mut BufStream<TcpStream>,
    state: &Mutex<State>,
    mut request: Request,
    step: Step,
) -> Option<()> {
    let takes = matches!(step, Step::Load(_) | Step::LoadAndVanish | Step::LoadAndTrickle(_));
    if takes || matches!(step, Step::AskAndHang) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await.ok()?;
        stream.flush().await.ok()?;
    }
    if takes || matches!(step, Step::LoadUnasked(_)) {
        request.body = vec![0; request.header("content-length")?.parse().ok()?];
        stream.read_exact(&mut request.body).await.ok()?;
    }
    locked(state).requests.push(request);
    match step {
        Step::Redirect(location) => {
            let text = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nContent-Language: en\r\nLocation: {location}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(text.as_bytes()).await.ok()?;
            stream.flush().await.ok()?;
            // What is sent although it was not asked for would show as the body of the next request.
            let mut pushed = Vec::new();
            stream.read_to_end(&mut pushed).await.ok()?;
            if let Some(last) = locked(state).requests.last_mut() {
                last.body = pushed;
            }
            None
        }
        Step::Early(status, body) => reply(stream, status, &body).await,
        Step::Load(body) | Step::LoadUnasked(body) => reply(stream, 200, &body).await,
        Step::LoadAndVanish | Step::Vanish => None,
        Step::LoadAndTrickle(body) => trickle(stream, &body).await,
        Step::Hang | Step::AskAndHang => std::future::pending().await,
    }
}

async fn trickle(stream: &mut BufStream<TcpStream>, body: &str) -> Option<()> {
    let head = format!("HTTP/1.1 200 X\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    for byte in body.bytes() {
        stream.write_all(&[byte]).await.ok()?;
        stream.flush().await.ok()?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(())
}

async fn reply(stream: &mut BufStream<TcpStream>, status: u16, body: &str) -> Option<()> {
    let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(text.as_bytes()).await.ok()?;
    stream.flush().await.ok()
}
