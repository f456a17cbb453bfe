//! A file sink with a temporary directory, driven as the host drives it.

mod crash;
mod healed;
mod model;
mod recorded;
mod resume;

use crate::FileSinkConnector;
use connector_api::{
    Batch, BatchId, ConnectRecord, ConnectorConfig, QueueId, QueueOffset, SinkConnector, SinkError, SinkTask,
    TaskContext, TaskId, Text, Value,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// A directory with a file `out` that a sink writes.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    pub(crate) fn directory(&self) -> &Path {
        self.0.path()
    }
    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("out")
    }
    pub(crate) fn position(&self) -> PathBuf {
        self.0.path().join("out.position")
    }
    pub(crate) fn temporary_position(&self) -> PathBuf {
        self.0.path().join("out.position.tmp")
    }
    pub(crate) fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    /// A started task of connector `c`, or why it did not start.
    pub(crate) async fn start(&self) -> Result<Box<dyn SinkTask>, SinkError> {
        self.start_as("c").await
    }
    pub(crate) async fn start_as(&self, connector: &str) -> Result<Box<dyn SinkTask>, SinkError> {
        let config: ConnectorConfig = [("filename", self.file().to_str().unwrap())].into_iter().collect();
        let mut task = FileSinkConnector.task();
        let id = TaskId { connector: connector.parse().unwrap(), task: 0 };
        task.start(&TaskContext::new(id, 1), &config).await?;
        Ok(task)
    }
}

pub(crate) fn offset(value: i64) -> QueueOffset {
    QueueOffset::new(value).unwrap()
}

pub(crate) fn queue(number: u32) -> QueueId {
    QueueId { topic: "t".into(), broker: "b".into(), queue: number }
}

/// A batch of queue `number` that starts at offset `first` and holds these bodies.
pub(crate) fn batch(number: u32, first: i64, bodies: &[&str]) -> Batch {
    let id = BatchId {
        connector: "c".parse().unwrap(),
        queue: Arc::new(queue(number)),
        generation: 0,
        first: offset(first),
        next: offset(first + bodies.len() as i64),
    };
    let record = |(at, body): (i64, &&str)| ConnectRecord::new(offset(at), Value::String(Text::from(*body)));
    Batch::new(id, (first..).zip(bodies).map(record).collect())
}

/// What the host makes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    /// A record with a body that can be a line.
    Line(&'a str),
    /// A record that the sink refuses.
    Refused,
    /// Nothing: the converter left it out.
    Nothing,
}

/// A batch of queue 0 that starts at offset `first` and spans these messages.
pub(crate) fn shown(first: i64, messages: &[Shown<'_>]) -> Batch {
    let bodies: Vec<_> = messages
        .iter()
        .map(|shown| match shown {
            Shown::Line(body) => body,
            Shown::Refused => "two\nlines",
            Shown::Nothing => "",
        })
        .collect();
    let whole = batch(0, first, &bodies);
    let id = whole.id().clone();
    let there = whole.into_records().into_iter().zip(messages).filter(|(_, shown)| **shown != Shown::Nothing);
    Batch::new(id, there.map(|(record, _)| record).collect())
}

/// Puts a batch and returns the offsets that the sink refused.
pub(crate) async fn refused(task: &mut dyn SinkTask, batch: &Batch) -> Vec<i64> {
    match task.put(batch).await {
        Ok(()) => Vec::new(),
        Err(SinkError::Records(refused)) => refused.iter().map(|record| record.offset.get()).collect(),
        Err(error) => panic!("{} was not written: {}", batch.id(), chain(&error)),
    }
}

/// The whole chain of causes, as an operator sees it.
pub(crate) fn chain(error: &SinkError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
