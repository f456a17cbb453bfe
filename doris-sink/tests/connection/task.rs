//! A sink task, and batches for it.

use connector_api::{
    Batch, BatchId, ConnectRecord, ConnectorConfig, QueueId, QueueOffset, SinkConnector, SinkError, SinkTask,
    TaskContext, TaskId, Value,
};
use doris_sink::DorisSinkConnector;
use std::{net::SocketAddr, sync::Arc};

pub(crate) type Setting<'a> = (&'static str, &'a str);

/// A configuration for these frontends, changed by `more`.
pub(crate) fn config(frontends: &str, more: &[Setting<'_>]) -> ConnectorConfig {
    let mut config: ConnectorConfig = [
        ("doris.urls", frontends),
        ("doris.user", "loader"),
        ("doris.password", "s3cret"),
        ("doris.database", "shop"),
        ("connect.topicnames", "orders"),
        ("request.connect.timeout.ms", "5000"),
        ("request.read.timeout.ms", "5000"),
        ("doris.check.tables", "false"),
    ]
    .into_iter()
    .collect();
    for (key, value) in more {
        config.set(*key, *value);
    }
    config
}

/// A started task.
pub(crate) async fn start(config: &ConnectorConfig) -> Result<Box<dyn SinkTask>, SinkError> {
    let mut task = DorisSinkConnector.task();
    let id = TaskId { connector: "to-doris".parse().unwrap(), task: 0 };
    task.start(&TaskContext::new(id, 1), config).await.map(|()| task)
}

/// Starts a task and loads one row by it.
pub(crate) async fn load(frontends: &str, more: &[Setting<'_>]) -> Result<(), SinkError> {
    start(&config(frontends, more)).await?.put(&row(1)).await
}

/// The batch of one row, which it is told apart by.
pub(crate) fn row(number: i64) -> Batch {
    let offset = |n| QueueOffset::new(n).unwrap();
    let queue = QueueId { topic: "orders".into(), broker: "b".into(), queue: 0 };
    let id = BatchId {
        connector: "to-doris".parse().unwrap(),
        queue: Arc::new(queue),
        generation: 0,
        first: offset(number),
        next: offset(number + 1),
    };
    let row = Value::String(format!("{{\"id\":{number}}}").into());
    Batch::new(id, vec![ConnectRecord::new(offset(number), row)])
}

/// Where a frontend says a load is to go, as Doris writes it.
pub(crate) fn location(scheme: &str, backend: SocketAddr) -> String {
    format!("{scheme}://loader:s3cret@{backend}/api/shop/orders/_stream_load?")
}

/// That an error holds these texts and not the password.
#[track_caller]
pub(crate) fn refused<T>(outcome: Result<T, SinkError>, passes: bool, parts: &[&str]) {
    let Err(error) = outcome else { panic!("no error") };
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
    assert_eq!(matches!(error, SinkError::Retriable(_)), passes, "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}
