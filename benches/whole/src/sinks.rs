//! Where the records of a run go.

use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};
use test_support::http;

/// The sinks that can be measured.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SinkKind {
    /// Counts and throws away.
    Blackhole,
    /// The Doris stand-in, in this process.
    Doris,
    /// The same, where it counts rows and throws them away: what the worker makes of them is left.
    DorisDiscard,
}

/// A sink, ready to be written to.
pub(crate) enum Sink {
    Blackhole,
    Doris { running: Box<Running>, discards: bool },
}

impl Sink {
    pub(crate) async fn start(kind: SinkKind) -> anyhow::Result<Self> {
        match kind {
            SinkKind::Blackhole => Ok(Self::Blackhole),
            SinkKind::Doris | SinkKind::DorisDiscard => {
                let discards = matches!(kind, SinkKind::DorisDiscard);
                let options = Options { password: "secret".into(), discard: discards, ..Options::default() };
                let sink = Self::Doris { running: Box::new(Standin::start(options).await?), discards };
                let mut session = sink.session().await?;
                session.query_drop("CREATE DATABASE bench").await?;
                session
                    .query_drop(
                        "CREATE TABLE bench.records (id BIGINT NOT NULL, name VARCHAR(64), amount DECIMAL(18, 2), \
                         note STRING) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 \
                         PROPERTIES (\"replication_num\" = \"1\")",
                    )
                    .await?;
                Ok(sink)
            }
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Blackhole => "blackhole",
            Self::Doris { discards: false, .. } => "doris",
            Self::Doris { discards: true, .. } => "doris, discarded",
        }
    }

    /// The configuration of a connector from `topic` to here.
    pub(crate) fn config(&self, topic: &str, tasks: u32) -> Value {
        let mut config = json!({
            "connector.class": match self {
                Self::Blackhole => "blackhole",
                Self::Doris { .. } => "doris",
            },
            "connect.topicnames": topic,
            "consume.from.where": "CONSUME_FROM_FIRST_OFFSET",
            "max.tasks": tasks.to_string(),
        });
        if let (Self::Doris { running, .. }, Value::Object(config)) = (self, &mut config) {
            let doris = json!({
                "doris.urls": "127.0.0.1",
                "doris.http.port": running.fe.port().to_string(),
                "doris.query.port": running.mysql.port().to_string(),
                "doris.user": "root",
                "doris.password": "secret",
                "doris.database": "bench",
                "doris.topic2table.map": format!("{topic}:records"),
            });
            config.extend(doris.as_object().cloned().unwrap_or_default());
        }
        config
    }

    /// Checks in the sink that `records` are there.
    pub(crate) async fn check(&self, records: u64) -> anyhow::Result<()> {
        let Self::Doris { running, discards } = self else { return Ok(()) };
        if *discards {
            return check_counted(running, records).await;
        }
        let mut session = self.session().await?;
        let counts: Option<(u64, u64)> =
            session.query_first("SELECT count(*), count(DISTINCT id) FROM bench.records").await?;
        let (rows, distinct) = counts.context("count(*) has a row")?;
        anyhow::ensure!(
            rows == records && distinct == records,
            "{rows} rows, {distinct} records of {records}"
        );
        Ok(())
    }

    async fn session(&self) -> anyhow::Result<mysql_async::Conn> {
        let Self::Doris { running, .. } = self else { anyhow::bail!("this sink speaks no SQL") };
        let options = mysql_async::OptsBuilder::default()
            .ip_or_hostname(running.mysql.ip().to_string())
            .tcp_port(running.mysql.port())
            .user(Some("root"))
            .pass(Some("secret"))
            .prefer_socket(false);
        let connect = mysql_async::Conn::new(options);
        Ok(tokio::time::timeout(Duration::from_secs(10), connect).await.context("connect over MySQL")??)
    }
}

/// Checks that loads of so many rows are there, which is all that is left where rows are thrown away.
async fn check_counted(running: &Running, records: u64) -> anyhow::Result<()> {
    let loads = http::get(running.fe, "/_standin/loads").await?.json()?;
    let visible = loads.as_array().into_iter().flatten().filter(|load| load["state"] == "VISIBLE");
    let rows: u64 = visible.filter_map(|load| load["rows"].as_u64()).sum();
    anyhow::ensure!(rows == records, "loads of {rows} rows, sent were {records}");
    Ok(())
}
