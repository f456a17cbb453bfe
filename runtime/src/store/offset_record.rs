//! Records of the offset topic.
//!
//! One record is a commit: everything below `committed` is done with. The fields are named so that a claim of the queue
//! (`epoch`) and the bounds of the batch that comes next (`intent`) can stand in the same record.

use super::{error::Unreadable, record::NewRecord};
use connector_api::{ConnectorName, QueueId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const PREFIX: &str = "sink-offset-";

/// What one record of the offset topic says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OffsetRecord {
    /// Grows by one with each record of this connector and queue.
    pub(super) version: u64,
    pub(super) connector: String,
    pub(super) topic: String,
    pub(super) broker: String,
    pub(super) queue: u32,
    /// The first offset that is not done with.
    pub(super) committed: i64,
    /// Who wrote it.
    pub(super) worker: String,
}

impl OffsetRecord {
    /// The record in `payload` of a message with `key`; `None` when the key is none of a sink's offset.
    pub(super) fn read(
        key: &str,
        payload: impl FnOnce() -> Result<Value, Unreadable>,
    ) -> Option<Result<Self, Unreadable>> {
        key.strip_prefix(PREFIX)?;
        Some(payload().and_then(|payload| {
            let record: Self =
                serde_json::from_value(payload).map_err(|error| Unreadable::Torn(error.to_string()))?;
            if record.committed < 0 {
                return Err(Unreadable::Torn(format!("committed is {}, less than 0", record.committed)));
            }
            Ok(record)
        }))
    }

    /// The record as it is appended. One key is one order: all records under it go to one queue.
    pub(super) fn record(&self) -> NewRecord {
        let Self { connector, topic, broker, queue, .. } = self;
        let payload = serde_json::to_value(self).unwrap_or_default();
        let body = json!({"schema": null, "payload": payload}).to_string().into();
        NewRecord { key: format!("{PREFIX}{connector}/{topic}/{broker}/{queue}"), body }
    }

    /// Whose offset it is.
    pub(super) fn of(&self) -> Result<(ConnectorName, QueueId), Unreadable> {
        let connector =
            self.connector.parse().map_err(|error| Unreadable::Torn(format!("connector: {error}")))?;
        let queue = QueueId { topic: (*self.topic).into(), broker: (*self.broker).into(), queue: self.queue };
        Ok((connector, queue))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let written = OffsetRecord {
            version: 3,
            connector: "a/b".to_owned(),
            topic: "t".to_owned(),
            broker: "br-0".to_owned(),
            queue: 2,
            committed: 77,
            worker: "w".to_owned(),
        };
        let record = written.record();
        let body: Value = serde_json::from_slice(&record.body).unwrap();
        let read = OffsetRecord::read(&record.key, || Ok(body["payload"].clone())).unwrap().unwrap();
        assert_eq!(read, written);
    }

    #[test]
    fn a_record_that_is_not_whole_is_not_nothing() {
        #[track_caller]
        fn check(payload: &Value) {
            assert!(
                OffsetRecord::read("sink-offset-x", || Ok(payload.clone())).unwrap().is_err(),
                "{payload}"
            );
        }
        check(&json!({}));
        let whole = json!({"version": 1, "connector": "c", "topic": "t", "broker": "b", "queue": 0, "committed": 1, "worker": "w"});
        for field in ["version", "connector", "topic", "broker", "queue", "committed"] {
            let mut torn = whole.clone();
            torn.as_object_mut().unwrap().remove(field);
            check(&torn);
        }
        let mut negative = whole;
        negative["committed"] = json!(-1);
        check(&negative);
        assert!(OffsetRecord::read("status-task-x-0", || Ok(json!({}))).is_none(), "another's key");
    }
}
