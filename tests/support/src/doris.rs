//! The Doris stand-in and what its tables hold, asked over SQL.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};

use crate::proxy::Proxy;
use crate::{Scratch, http, ports};

/// What the stand-in and every connector here are given.
const PASSWORD: &str = "secret";

/// A stand-in that can go away and come back on the same ports with the same data. It knows the user `root`, and the
/// password `secret`.
#[derive(Debug)]
pub struct Doris {
    /// Where the front end's HTTP port listens.
    pub fe: SocketAddr,
    /// Where the back end's HTTP port listens.
    pub be: SocketAddr,
    /// Where the MySQL port listens.
    pub mysql: SocketAddr,
    /// Where redirects lead to, if not straight to the back end.
    advertised: Option<SocketAddr>,
    running: Option<Running>,
}

impl Doris {
    /// Starts one with its data below the scratch directory.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(scratch: &Scratch) -> anyhow::Result<Self> {
        Self::start_on(scratch, SocketAddr::from(([127, 0, 0, 1], ports::free()?)), None).await
    }

    /// Starts one whose back end is the target of `backend`, with its data below the scratch directory; redirects lead to the
    /// proxy.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_behind(scratch: &Scratch, backend: &Proxy) -> anyhow::Result<Self> {
        Self::start_on(scratch, backend.target(), Some(backend.address())).await
    }

    async fn start_on(
        scratch: &Scratch,
        be: SocketAddr,
        advertised: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let free = || anyhow::Ok(SocketAddr::from(([127, 0, 0, 1], ports::free()?)));
        let mut doris = Self { fe: free()?, be, mysql: free()?, advertised, running: None };
        doris.start_again(scratch).await?;
        Ok(doris)
    }

    /// Starts it on the same ports with the same data.
    ///
    /// # Errors
    /// When it does not start, for instance because it runs.
    pub async fn start_again(&mut self, scratch: &Scratch) -> anyhow::Result<()> {
        let options = Options {
            fe_http: self.fe,
            be_http: self.be,
            be_advertised: self.advertised,
            mysql: self.mysql,
            password: PASSWORD.into(),
            data: Some(scratch.directory("doris")?),
            ..Options::default()
        };
        self.running = Some(Standin::start(options).await?);
        Ok(())
    }

    /// Stops it; its data stays.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
    }

    /// The configuration of a connector from `topic` into `shop.<table>`, from the topic's start, with two tasks.
    #[must_use]
    pub fn connector(&self, topic: &str, table: &str) -> Value {
        json!({
            "connector.class": "org.apache.rocketmq.connect.doris.DorisSinkConnector",
            "connect.topicnames": topic,
            "consume.from.where": "CONSUME_FROM_FIRST_OFFSET",
            "max.tasks": "2",
            "doris.urls": "127.0.0.1",
            "doris.http.port": self.fe.port().to_string(),
            "doris.query.port": self.mysql.port().to_string(),
            "doris.user": "root",
            "doris.password": PASSWORD,
            "doris.database": "shop",
            "doris.topic2table.map": format!("{topic}:{table}"),
            "batch.linger.ms": "50",
        })
    }

    /// Creates `shop.<table>` for orders: `id`, `customer`, `note`. Rows loaded twice are there twice.
    ///
    /// # Errors
    /// As SQL has them.
    pub async fn create_orders(&self, table: &str) -> anyhow::Result<()> {
        let mut session = self.session().await?;
        session.query_drop("CREATE DATABASE IF NOT EXISTS shop").await?;
        session
            .query_drop(format!(
                "CREATE TABLE shop.{table} (id BIGINT NOT NULL, customer VARCHAR(64), note STRING) DUPLICATE KEY(id) \
                 DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES (\"replication_num\" = \"1\")"
            ))
            .await?;
        Ok(())
    }

    /// How many rows `shop.<table>` has.
    ///
    /// # Errors
    /// As SQL has them.
    pub async fn rows(&self, table: &str) -> anyhow::Result<u64> {
        let mut session = self.session().await?;
        session.query_first(format!("SELECT count(*) FROM shop.{table}")).await?.context("count(*) has a row")
    }

    /// Which orders `shop.<table>` has, each once, in order.
    ///
    /// # Errors
    /// As SQL has them.
    pub async fn ids(&self, table: &str) -> anyhow::Result<Vec<u64>> {
        let mut session = self.session().await?;
        Ok(session.query(format!("SELECT DISTINCT id FROM shop.{table} ORDER BY id")).await?)
    }

    /// A connection over MySQL.
    ///
    /// # Errors
    /// When it is refused or not there within ten seconds.
    pub async fn session(&self) -> anyhow::Result<mysql_async::Conn> {
        let options = mysql_async::OptsBuilder::default()
            .ip_or_hostname(self.mysql.ip().to_string())
            .tcp_port(self.mysql.port())
            .user(Some("root"))
            .pass(Some(PASSWORD))
            .prefer_socket(false);
        let connect = mysql_async::Conn::new(options);
        Ok(tokio::time::timeout(Duration::from_secs(10), connect).await.context("connect over MySQL")??)
    }

    /// Puts these faults, a list as the stand-in's documentation has them, in place of all others.
    ///
    /// # Errors
    /// When the stand-in refuses them.
    pub async fn set_faults(&self, faults: &Value) -> anyhow::Result<()> {
        self.admin("PUT", "faults", faults.to_string().as_bytes()).await.map(drop)
    }

    /// How many strikes of faults are still to come.
    ///
    /// # Errors
    /// When the stand-in does not answer.
    pub async fn faults_left(&self) -> anyhow::Result<u64> {
        let left = self.admin("GET", "faults", b"").await?;
        let faults = left["faults"].as_array().context("a list of faults")?;
        Ok(faults.iter().filter_map(|fault| fault["count"].as_u64()).sum())
    }

    /// Lets go on what hangs.
    ///
    /// # Errors
    /// When the stand-in does not answer.
    pub async fn release(&self) -> anyhow::Result<()> {
        self.admin("POST", "release", b"").await.map(drop)
    }

    /// Clears all faults and lets go on what hangs.
    ///
    /// # Errors
    /// When the stand-in does not answer.
    pub async fn heal(&self) -> anyhow::Result<()> {
        self.admin("DELETE", "faults", b"").await.map(drop)
    }

    async fn admin(&self, method: &str, name: &str, body: &[u8]) -> anyhow::Result<Value> {
        let answer = http::request(self.fe, method, &format!("/_standin/{name}"), &[], body).await?;
        anyhow::ensure!(answer.status == 200, "{method} {name}: {}", answer.text());
        answer.json()
    }
}
