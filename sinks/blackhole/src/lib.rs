//! A sink that counts records and throws them away: what a pipeline costs without a target.
//!
//! Its one promise is the count, which it logs when it stops.
#![forbid(unsafe_code)]

use connector_api::{
    Batch, ConfigDef, ConnectorConfig, SinkConnector, SinkError, SinkTask, TaskContext, TaskId, async_trait,
};

/// The class `org.apache.rocketmq.connect.blackhole.BlackholeSinkConnector`, also called `blackhole`. It has no keys.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlackholeSinkConnector;

impl SinkConnector for BlackholeSinkConnector {
    fn class_name(&self) -> &str {
        "org.apache.rocketmq.connect.blackhole.BlackholeSinkConnector"
    }

    fn aliases(&self) -> &[&str] {
        &["blackhole"]
    }

    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn config_def(&self) -> ConfigDef {
        ConfigDef::new()
    }

    fn task(&self) -> Box<dyn SinkTask> {
        Box::new(BlackholeSinkTask::default())
    }
}

/// What one task has thrown away since it was started.
#[derive(Debug, Default)]
struct BlackholeSinkTask {
    id: Option<TaskId>,
    records: u64,
    bytes: u64,
}

#[async_trait(?Send)]
impl SinkTask for BlackholeSinkTask {
    async fn start(&mut self, context: &TaskContext, _: &ConnectorConfig) -> Result<(), SinkError> {
        *self = Self { id: Some(context.id().clone()), records: 0, bytes: 0 };
        Ok(())
    }

    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
        for record in batch.records() {
            self.records += 1;
            self.bytes += record.value().as_raw().map_or(0, |raw| raw.len() as u64);
        }
        Ok(())
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        if let Some(id) = &self.id {
            tracing::info!(task = %id, records = self.records, bytes = self.bytes, "threw away all records taken");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_api::{BatchId, ConnectRecord, QueueId, QueueOffset, Text, Value};
    use std::sync::Arc;

    fn batch(bodies: &[&str]) -> Batch {
        let offset = |n: usize| QueueOffset::new(n as i64).unwrap();
        let queue = QueueId { topic: "t".into(), broker: "b".into(), queue: 0 };
        let id = BatchId {
            connector: "c".parse().unwrap(),
            queue: Arc::new(queue),
            generation: 0,
            first: offset(0),
            next: offset(bodies.len()),
        };
        let record =
            |(n, body): (usize, &&str)| ConnectRecord::new(offset(n), Value::String(Text::from(*body)));
        Batch::new(id, bodies.iter().enumerate().map(record).collect())
    }

    #[tokio::test]
    async fn records_and_bytes_are_counted_from_each_start() {
        let context = TaskContext::new(TaskId { connector: "c".parse().unwrap(), task: 0 }, 1);
        let mut task = BlackholeSinkTask::default();
        for _ in 0..2 {
            task.start(&context, &ConnectorConfig::default()).await.unwrap();
            task.put(&batch(&["one", "", "three"])).await.unwrap();
            task.put(&batch(&["ä"])).await.unwrap();
            assert_eq!((task.records, task.bytes), (4, 10));
            task.stop().await.unwrap();
        }
    }
}
