//! A Doris with tables, and connectors for it.

use connector_api::{CheckError, ConnectorConfig, SinkConnector};
use doris_sink::DorisSinkConnector;
use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;

pub(crate) const PASSWORD: &str = "s3cret";

/// A stand-in with database `shop`.
pub(crate) struct Doris {
    pub(crate) running: Running,
}

impl Doris {
    pub(crate) async fn start(tables: &[&str]) -> Self {
        let running =
            Standin::start(Options { password: PASSWORD.into(), ..Options::default() }).await.unwrap();
        let url = format!("mysql://root:{PASSWORD}@{}?prefer_socket=false", running.mysql);
        let mut sql = mysql_async::Conn::from_url(url).await.unwrap();
        for statement in [&["CREATE DATABASE shop"], tables].concat() {
            sql.query_drop(statement).await.unwrap();
        }
        Self { running }
    }

    /// A configuration for topic `orders`, with `more` in place of what it says.
    pub(crate) fn config(&self, more: &[(&str, &str)]) -> ConnectorConfig {
        let (http, mysql) = (self.running.fe.port().to_string(), self.running.mysql.port().to_string());
        let base = [
            ("connect.topicnames", "orders"),
            ("doris.urls", "127.0.0.1"),
            ("doris.http.port", http.as_str()),
            ("doris.query.port", mysql.as_str()),
            ("doris.user", "root"),
            ("doris.password", PASSWORD),
            ("doris.database", "shop"),
        ];
        base.into_iter().chain(more.iter().copied()).collect()
    }

    /// What the connector says of such a configuration.
    pub(crate) async fn check(&self, more: &[(&str, &str)]) -> Result<(), CheckError> {
        let config = self.config(more);
        DorisSinkConnector.validate(&config).unwrap();
        DorisSinkConnector.check(&config).await
    }
}
