//! The REST interface of a worker, on a free port.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use runtime::config::RestAddress;
use runtime::rest::{self, RestOptions};
use runtime::worker::WorkerHandle;
use serde_json::Value;
use test_support::http;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A reading request takes less, whatever sinks do. A busy machine has its share in it.
const AT_ONCE: Duration = Duration::from_secs(1);

pub(crate) struct Rest {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

impl Rest {
    pub(crate) async fn serve(worker: &WorkerHandle) -> anyhow::Result<Self> {
        let listener = rest::bind(RestAddress { host: [127, 0, 0, 1].into(), port: 0 }).await?;
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let serving = rest::serve(listener, Arc::new(worker.clone()), RestOptions::default(), stop.clone());
        Ok(Self { address, stop, server: tokio::spawn(serving) })
    }

    /// What a question is answered with, which has to come at once.
    pub(crate) async fn ask(&self, path: &str) -> anyhow::Result<Value> {
        let asked = Instant::now();
        let answer = http::get(self.address, path).await?.json()?;
        anyhow::ensure!(asked.elapsed() < AT_ONCE, "GET {path} took {:?}", asked.elapsed());
        body(path, answer)
    }

    /// The value of a series of `/metrics`, such as `name{label="value"}`; nothing when there is none.
    pub(crate) async fn metric(&self, series: &str) -> anyhow::Result<Option<i64>> {
        let text = http::get(self.address, "/metrics").await?.text();
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        Ok(value.map(str::parse).transpose()?)
    }

    /// What an operator's word is answered with, however long that takes.
    pub(crate) async fn tell(&self, path: &str) -> anyhow::Result<Value> {
        body(path, http::get(self.address, path).await?.json()?)
    }

    /// Creates or updates a connector.
    pub(crate) async fn put(&self, name: &str, config: &Value) -> anyhow::Result<Value> {
        body(&format!("/connectors/{name}"), self.answer_to_put(name, config).await?)
    }

    /// The same, with the whole answer.
    pub(crate) async fn answer_to_put(&self, name: &str, config: &Value) -> anyhow::Result<Value> {
        let path = format!("/connectors/{name}");
        http::post(self.address, &path, config.to_string()).await?.json()
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        Ok(self.server.await?)
    }
}

fn body(path: &str, mut answer: Value) -> anyhow::Result<Value> {
    match answer.get_mut("body") {
        Some(body) => Ok(body.take()),
        None => anyhow::bail!("{path}: {}", answer["message"].as_str().unwrap_or("no message")),
    }
}
