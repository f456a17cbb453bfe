//! A RocketMQ, a Doris stand-in and a worker, wired together.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use test_support::doris::Doris;
use test_support::source::{Kind, Source};
use test_support::worker::{Launch, Worker};
use test_support::{Scratch, wait};

use crate::producer::Producer;

/// How long a record may take from the topic to the table on a busy machine.
pub(crate) const ARRIVAL: Duration = Duration::from_secs(60);

pub(crate) struct Rig {
    pub(crate) source: Source,
    pub(crate) doris: Doris,
    pub(crate) worker: Worker,
    pub(crate) scratch: Scratch,
}

impl Rig {
    /// `None` when what `kind` needs is not installed.
    pub(crate) async fn start(kind: Kind) -> anyhow::Result<Option<Self>> {
        let scratch = Scratch::new()?;
        let Some(source) = Source::start(kind, &scratch, binary()).await? else { return Ok(None) };
        let doris = Doris::start(&scratch).await?;
        doris.create_orders("orders").await?;
        let worker = Worker::start(&scratch, launch(&scratch, &source.name_server())?).await?;
        Ok(Some(Self { source, doris, worker, scratch }))
    }

    pub(crate) async fn producer(&self, topic: &str, queues: i32) -> anyhow::Result<Producer> {
        Producer::new(&self.source.name_server(), topic, queues).await
    }

    /// Creates connector `name` from `topic` into the table `orders`, with further settings.
    pub(crate) async fn load_into_doris(&self, name: &str, topic: &str, more: Value) -> anyhow::Result<()> {
        let mut config = self.doris.connector(topic, "orders");
        merge(&mut config, more);
        self.create(name, &config).await
    }

    /// Creates a connector and insists on success.
    pub(crate) async fn create(&self, name: &str, config: &Value) -> anyhow::Result<()> {
        let answer = self.worker.post(&format!("/connectors/{name}"), config.to_string()).await?;
        anyhow::ensure!(answer.json()?["status"] == 200, "create {name}: {}", answer.text());
        Ok(())
    }

    /// Waits until the table holds exactly the orders that the broker acknowledged, each at least once.
    pub(crate) async fn wait_for_all(&self, producer: &Producer) -> anyhow::Result<()> {
        let expected: Vec<u64> = producer.acknowledged.iter().copied().collect();
        wait::until(ARRIVAL, "all acknowledged orders to be in the table", async || {
            let there = self.doris.ids("orders").await.map_err(|e| e.to_string())?;
            if there == expected { Ok(()) } else { Err(format!("{} of {}", there.len(), expected.len())) }
        })
        .await
    }

    /// How many rows the table `orders` has.
    pub(crate) async fn rows(&self) -> anyhow::Result<u64> {
        self.doris.rows("orders").await
    }

    /// Waits until the table `copies` has `count` rows.
    pub(crate) async fn wait_for_copies(&self, count: u64) -> anyhow::Result<()> {
        wait::until(ARRIVAL, "the copies to arrive", async || {
            let there = self.doris.rows("copies").await.map_err(|e| e.to_string())?;
            if there == count { Ok(()) } else { Err(format!("{there} rows")) }
        })
        .await
    }

    /// Waits until more than `count` rows are there: records flow, and not all have arrived.
    pub(crate) async fn wait_for_rows_above(&self, count: u64) -> anyhow::Result<()> {
        wait::until(ARRIVAL, "records to flow", async || {
            let there = self.rows().await.map_err(|e| e.to_string())?;
            if there > count { Ok(()) } else { Err(format!("{there} rows")) }
        })
        .await
    }

    /// Waits until the status of `name` is what `accept` wants, and returns it.
    pub(crate) async fn wait_for_status(
        &self,
        name: &str,
        what: &str,
        accept: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        wait::until(ARRIVAL, what, async || {
            let answer =
                self.worker.get(&format!("/connectors/{name}/status")).await.map_err(|e| e.to_string())?;
            let status = answer.json().map_err(|e| e.to_string())?;
            if accept(&status["body"]) { Ok(status["body"].clone()) } else { Err(answer.text()) }
        })
        .await
    }
}

/// Configuration and command of a standalone worker.
pub(crate) fn launch(scratch: &Scratch, name_server: &str) -> anyhow::Result<Launch> {
    Launch::standalone(scratch, binary(), "worker-1", name_server)
}

pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rocketmq-connect"))
}

pub(crate) fn merge(config: &mut Value, more: Value) {
    if let (Value::Object(config), Value::Object(more)) = (config, more) {
        config.extend(more);
    }
}
