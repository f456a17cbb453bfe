//! The table in Doris, over its MySQL port.

use crate::quakes::{self, Checksum};
use anyhow::Context;
use mysql_async::{Conn, OptsBuilder, prelude::Queryable};
use std::net::SocketAddr;

pub(crate) const USER: &str = "root";
pub(crate) const PASSWORD: &str = "secret";
pub(crate) const DATABASE: &str = "demo";
pub(crate) const TABLE: &str = "earthquakes";

/// A session with the table's server.
pub(crate) struct Table(Conn);

/// One line of the list of the strongest.
pub(crate) struct Strong {
    pub(crate) magnitude: f64,
    pub(crate) depth_km: f64,
    /// Milliseconds since 1970 UTC.
    pub(crate) time: i64,
    pub(crate) place: String,
}

/// The statements that create database and table; a record that is loaded twice is there twice.
pub(crate) fn create_statements() -> impl Iterator<Item = &'static str> {
    let comment = |line: &&str| line.starts_with("--");
    let text = include_str!("../connectors/earthquakes.sql");
    let start = text.lines().take_while(comment).map(|line| line.len() + 1).sum();
    text[start..].split(';').map(str::trim).filter(|statement| !statement.is_empty())
}

impl Table {
    /// Connects, and creates database and table.
    pub(crate) async fn create(server: SocketAddr) -> anyhow::Result<Self> {
        let options = OptsBuilder::default()
            .ip_or_hostname(server.ip().to_string())
            .tcp_port(server.port())
            .user(Some(USER))
            .pass(Some(PASSWORD))
            .prefer_socket(false);
        let mut session = Conn::new(options).await.context("cannot connect over MySQL")?;
        for statement in create_statements() {
            session.query_drop(statement).await.context("cannot create the table")?;
        }
        Ok(Self(session))
    }

    pub(crate) async fn count(&mut self) -> anyhow::Result<u64> {
        let count = self.0.query_first(format!("SELECT COUNT(*) FROM {DATABASE}.{TABLE}")).await?;
        count.context("COUNT(*) gave no row")
    }

    /// The five strongest earthquakes, of equal ones the earlier.
    pub(crate) async fn strongest(&mut self) -> anyhow::Result<Vec<Strong>> {
        let select = format!(
            "SELECT magnitude, depth_km, `time`, place FROM {DATABASE}.{TABLE} ORDER BY magnitude DESC, `time` LIMIT 5"
        );
        let strong = |(magnitude, depth_km, time, place)| Strong { magnitude, depth_km, time, place };
        Ok(self.0.query_map(select, strong).await?)
    }

    pub(crate) async fn checksum(&mut self) -> anyhow::Result<Checksum> {
        quakes::of_rows(
            self.0.query(format!("SELECT {} FROM {DATABASE}.{TABLE}", quakes::column_list())).await?,
        )
    }
}
