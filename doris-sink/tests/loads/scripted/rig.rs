//! A sink task before scripted servers.

use super::{Server, Step};
use connector_api::{
    Batch, BatchId, ConnectRecord, ConnectorConfig, QueueId, QueueOffset, SinkConnector, SinkError, SinkTask,
    TaskContext, TaskId, Value,
};
use doris_sink::DorisSinkConnector;
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

/// A frontend that redirects every load to a backend.
#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) frontend: Server,
    pub(crate) backend: Server,
}

impl Rig {
    /// The backend takes these steps.
    pub(crate) async fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let backend = Server::start(steps).await;
        let frontend = Server::start([Step::Redirect(location(&backend.address))]).await;
        Self { frontend, backend }
    }

    /// A started task before this frontend, its configuration changed by `more`.
    pub(crate) async fn task(&self, more: &[(&str, &str)]) -> Result<Box<dyn SinkTask>, SinkError> {
        task(&self.frontend.address, more).await
    }

    /// How often the frontend was asked for the state of a label.
    pub(crate) fn asked_for_label(&self) -> usize {
        self.frontend.gets().iter().filter(|asked| asked.path.contains("get_load_state")).count()
    }

    /// Starts a task and puts [`batch`] into it.
    pub(crate) async fn load(&self, records: &[&str]) -> Result<(), SinkError> {
        self.task(&[]).await?.put(&batch(records)).await
    }
}

/// Where a frontend says a load is to go, as Doris writes it.
pub(crate) fn location(backend: &str) -> String {
    format!("http://loader:s3cret@{backend}/api/shop/orders/_stream_load?")
}

/// Puts records into a task.
pub(crate) async fn put(task: &mut Box<dyn SinkTask>, records: &[&str]) -> Result<(), SinkError> {
    task.put(&batch(records)).await
}

/// A started task before these frontends.
pub(crate) async fn task(frontends: &str, more: &[(&str, &str)]) -> Result<Box<dyn SinkTask>, SinkError> {
    let mut config: ConnectorConfig = [
        ("doris.urls", frontends),
        ("doris.user", "loader"),
        ("doris.password", "s3cret"),
        ("doris.database", "shop"),
        ("connect.topicnames", "orders"),
        ("request.connect.timeout.ms", "2000"),
        ("request.read.timeout.ms", "2000"),
        ("retry.interval.ms", "10"),
        ("max.retries", "3"),
    ]
    .into_iter()
    .collect();
    for (key, value) in more {
        config.set(*key, *value);
    }
    let mut task = DorisSinkConnector.task();
    let id = TaskId { connector: "to-doris".parse().unwrap(), task: 0 };
    task.start(&TaskContext::new(id, 1), &config).await?;
    Ok(task)
}

/// The same batch as [`batch`] makes, so many seconds after it got its identity.
pub(crate) fn old(records: &[&str], seconds: u64) -> Batch {
    batch(records).bounded_at(SystemTime::now() - Duration::from_secs(seconds))
}

/// The records as a batch of topic `orders`, from offset 10 on.
pub(crate) fn batch(records: &[&str]) -> Batch {
    let offset = |n: usize| QueueOffset::new(10 + i64::try_from(n).unwrap()).unwrap();
    let queue = QueueId { topic: "orders".into(), broker: "broker-a".into(), queue: 3 };
    let id = BatchId {
        connector: "to-doris".parse().unwrap(),
        queue: Arc::new(queue),
        generation: 0,
        first: offset(0),
        next: offset(records.len()),
    };
    let records = records
        .iter()
        .enumerate()
        .map(|(n, text)| ConnectRecord::new(offset(n), Value::String((*text).into())));
    Batch::new(id, records.collect())
}
