//! The Doris stand-in and what its table holds, asked over SQL.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;
use test_support::{Scratch, ports};

/// A stand-in that can go away and come back on the same ports with the same data.
pub(crate) struct Doris {
    pub(crate) fe: SocketAddr,
    pub(crate) mysql: SocketAddr,
    be: SocketAddr,
    running: Option<Running>,
}

impl Doris {
    pub(crate) async fn start(scratch: &Scratch) -> anyhow::Result<Self> {
        let free = || anyhow::Ok(SocketAddr::from(([127, 0, 0, 1], ports::free()?)));
        let mut doris = Self { fe: free()?, be: free()?, mysql: free()?, running: None };
        doris.start_again(scratch).await?;
        Ok(doris)
    }

    pub(crate) async fn start_again(&mut self, scratch: &Scratch) -> anyhow::Result<()> {
        let options = Options {
            fe_http: self.fe,
            be_http: self.be,
            mysql: self.mysql,
            password: "secret".into(),
            data: Some(scratch.directory("doris")?),
            ..Options::default()
        };
        self.running = Some(Standin::start(options).await?);
        Ok(())
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
    }

    /// Creates `shop.<table>` for the producer's orders; rows loaded twice are there twice.
    pub(crate) async fn create_orders(&self, table: &str) -> anyhow::Result<()> {
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

    /// How many rows the table `orders` has.
    pub(crate) async fn rows(&self) -> anyhow::Result<u64> {
        self.rows_of("orders").await
    }

    /// How many rows `shop.<table>` has.
    pub(crate) async fn rows_of(&self, table: &str) -> anyhow::Result<u64> {
        let mut session = self.session().await?;
        session.query_first(format!("SELECT count(*) FROM shop.{table}")).await?.context("count(*) has a row")
    }

    /// Which orders there are, each once, in order.
    pub(crate) async fn ids(&self) -> anyhow::Result<Vec<i64>> {
        let mut session = self.session().await?;
        Ok(session.query("SELECT DISTINCT id FROM shop.orders ORDER BY id").await?)
    }

    async fn session(&self) -> anyhow::Result<mysql_async::Conn> {
        let options = mysql_async::OptsBuilder::default()
            .ip_or_hostname(self.mysql.ip().to_string())
            .tcp_port(self.mysql.port())
            .user(Some("root"))
            .pass(Some("secret"))
            .prefer_socket(false);
        let connect = mysql_async::Conn::new(options);
        Ok(tokio::time::timeout(Duration::from_secs(10), connect).await.context("connect over MySQL")??)
    }
}
