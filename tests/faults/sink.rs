//! Where records go, and what it made durable: SQL for Doris, lines for a file.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::PathBuf;

use anyhow::Context;
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};
use test_support::Scratch;
use test_support::doris::Doris;
use test_support::ledger::Copies;

use crate::mode::Mode;
use crate::producer::number_of;

/// The table that orders go to.
const TABLE: &str = "orders";
/// What is read of the end of a file to see what is new there.
const TAIL: u64 = 64 * 1024;

/// Which sink a scenario writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SinkKind {
    Doris,
    File,
}

/// A sink, looked at from outside.
#[derive(Debug)]
pub(crate) enum Sink {
    Doris { doris: Box<Doris>, session: Box<mysql_async::Conn>, mode: Mode },
    File { path: PathBuf },
}

impl Sink {
    /// An empty one; Doris is loaded in `mode`.
    ///
    /// # Errors
    /// When the stand-in does not start.
    pub(crate) async fn start(kind: SinkKind, mode: Mode, scratch: &Scratch) -> anyhow::Result<Self> {
        match kind {
            SinkKind::Doris => {
                let doris = Doris::start(scratch).await?;
                doris.create_orders(TABLE).await?;
                let session = Box::new(doris.session().await?);
                Ok(Self::Doris { doris: Box::new(doris), session, mode })
            }
            SinkKind::File => Ok(Self::File { path: scratch.path().join("orders.txt") }),
        }
    }

    /// The configuration of a connector that writes `topic` to it.
    pub(crate) fn connector(&self, topic: &str) -> Value {
        match self {
            Self::Doris { doris, mode, .. } => {
                let mut config = doris.connector(topic, TABLE);
                mode.configure(&mut config);
                config
            }
            Self::File { path } => json!({
                "connector.class": "org.apache.rocketmq.connect.file.FileSinkConnector",
                "connect.topicnames": topic,
                "consume.from.where": "CONSUME_FROM_FIRST_OFFSET",
                "filename": path,
                "batch.linger.ms": "50",
            }),
        }
    }

    /// The stand-in, where there is one.
    pub(crate) fn doris(&self) -> Option<&Doris> {
        match self {
            Self::Doris { doris, .. } => Some(doris),
            Self::File { .. } => None,
        }
    }

    /// The highest number among the orders that are there, as far as a quick look tells; `None` when there is none.
    ///
    /// # Errors
    /// When the sink cannot be looked at, or has what nobody sent.
    pub(crate) async fn newest(&mut self) -> anyhow::Result<Option<u64>> {
        match self {
            Self::Doris { session, .. } => {
                let newest: Option<Option<u64>> =
                    session.query_first(format!("SELECT max(id) FROM shop.{TABLE}")).await?;
                Ok(newest.flatten())
            }
            Self::File { path } => {
                let tail = read_from_end(path, TAIL)?;
                // A line that is cut off at either end counts as soon as it is whole.
                let lines = tail.lines().filter(|line| line.starts_with('{') && line.ends_with('}'));
                lines.map(number_of).try_fold(None, |newest, number| Ok(newest.max(Some(number?))))
            }
        }
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// As [`Sink::newest`].
    pub(crate) async fn rows(&mut self) -> anyhow::Result<u64> {
        match self {
            Self::Doris { doris, .. } => doris.rows(TABLE).await,
            Self::File { path } => Ok(read_from_end(path, u64::MAX)?.lines().count() as u64),
        }
    }

    /// Everything that is there.
    ///
    /// # Errors
    /// As [`Sink::newest`]; a file that ends within a line is one.
    pub(crate) async fn copies(&mut self) -> anyhow::Result<Copies> {
        match self {
            Self::Doris { session, .. } => {
                let rows: Vec<(u64, u64)> =
                    session.query(format!("SELECT id, count(*) FROM shop.{TABLE} GROUP BY id")).await?;
                Ok(rows.into_iter().collect())
            }
            Self::File { path } => {
                let mut copies = Copies::new();
                for line in read_from_end(path, u64::MAX)?.lines() {
                    *copies.entry(number_of(line)?).or_default() += 1;
                }
                Ok(copies)
            }
        }
    }
}

/// The last `most` bytes of a file as text; empty while there is no file.
fn read_from_end(path: &PathBuf, most: u64) -> anyhow::Result<String> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
