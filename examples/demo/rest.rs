//! What an operator does with curl.

use anyhow::{Context, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// A worker's REST interface.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest(pub(crate) SocketAddr);

impl Rest {
    /// The URL of `path`.
    pub(crate) fn url(self, path: &str) -> String {
        format!("http://{}{path}", self.0)
    }

    pub(crate) async fn get(self, path: &str) -> anyhow::Result<Value> {
        self.request(Method::GET, path, Bytes::new()).await
    }

    pub(crate) async fn post(self, path: &str, json: &Value) -> anyhow::Result<Value> {
        self.request(Method::POST, path, json.to_string().into()).await
    }

    /// The `body` of an answer; a handled failure has HTTP status 200 and is told by its `errorCode`.
    async fn request(self, method: Method, path: &str, body: Bytes) -> anyhow::Result<Value> {
        let what = format!("{method} {}", self.url(path));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.0.to_string())
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let (status, body) = exchange(self.0, request).await.with_context(|| what.clone())?;
        let text = String::from_utf8_lossy(&body);
        ensure!(status == StatusCode::OK, "{what}: {status}: {text}");
        let mut answer: Value = serde_json::from_str(&text).with_context(|| format!("{what}: {text}"))?;
        ensure!(answer["status"] == 200, "{what}: {text}");
        Ok(answer["body"].take())
    }
}

async fn exchange(server: SocketAddr, request: Request<Full<Bytes>>) -> anyhow::Result<(StatusCode, Bytes)> {
    let stream = TokioIo::new(TcpStream::connect(server).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        let status = response.status();
        anyhow::Ok((status, response.into_body().collect().await?.to_bytes()))
    };
    // The connection moves bytes while the answer is waited for, and ends with it.
    tokio::select! {
        answered = exchange => answered,
        ended = connection => Err(ended.err().map_or_else(|| anyhow::anyhow!("no answer"), Into::into)),
    }
}
