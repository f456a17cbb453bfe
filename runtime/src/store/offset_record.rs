//! Records of the offset topic.
//!
//! Two kinds stand under the key of a connector and a queue: a *claim*, by which a task takes the queue, and *progress*, which
//! says how far the claim's owner is. What they come to is in `owner`.

use super::{
    error::Unreadable,
    progress::{Bounds, Mark, Progress},
    record::NewRecord,
};
use connector_api::{ConnectorName, QueueId, QueueOffset};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const PREFIX: &str = "sink-offset-";

/// Whose queue it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) connector: ConnectorName,
    pub(super) queue: QueueId,
}

/// What one record of the offset topic says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OffsetRecord {
    pub(super) key: Key,
    /// Which claim it is, or is written under. Each claim has a greater one than those before.
    pub(super) epoch: u64,
    /// Whose claim: no two tasks have the same, wherever they run.
    pub(super) instance: String,
    /// The worker that wrote it.
    pub(super) worker: String,
    /// How far the owner is; a claim has none.
    pub(super) progress: Option<Written>,
}

/// Progress as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// Grows with each record under one claim.
    pub(super) version: u64,
    pub(super) progress: Progress,
}

impl OffsetRecord {
    /// The record in `payload` of a message with `key`; `None` when the key is none of a sink's offset.
    pub(super) fn read(
        key: &str,
        payload: impl FnOnce() -> Result<Value, Unreadable>,
    ) -> Option<Result<Self, Unreadable>> {
        key.strip_prefix(PREFIX)?;
        Some(payload().and_then(|payload| {
            let payload: Payload = serde_json::from_value(payload).map_err(|error| torn(&error))?;
            payload.into_record()
        }))
    }

    /// The record as it is appended. One key is one order: all records under it go to one queue.
    pub(super) fn record(&self) -> NewRecord {
        let payload = serde_json::to_value(Payload::of(self)).unwrap_or_default();
        let body = json!({"schema": null, "payload": payload}).to_string().into();
        NewRecord { key: self.key.text(), body, is_snapshot: false }
    }
}

impl Key {
    /// The key of the message.
    pub(super) fn text(&self) -> String {
        let Self { connector, queue: QueueId { topic, broker, queue } } = self;
        format!("{PREFIX}{connector}/{topic}/{broker}/{queue}")
    }
}

/// The record as JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    connector: String,
    topic: String,
    broker: String,
    queue: u32,
    epoch: u64,
    instance: String,
    worker: String,
    progress: Option<ProgressJson>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ProgressJson {
    version: u64,
    generation: i64,
    /// For people: where `batches` and `resume` say the same to the program.
    committed: i64,
    batches: Vec<[i64; 3]>,
    resume: i64,
    mark: Option<[i64; 2]>,
}

impl Payload {
    fn of(record: &OffsetRecord) -> Self {
        let Key { connector, queue: QueueId { topic, broker, queue } } = &record.key;
        Self {
            connector: connector.to_string(),
            topic: topic.to_string(),
            broker: broker.to_string(),
            queue: *queue,
            epoch: record.epoch,
            instance: record.instance.clone(),
            worker: record.worker.clone(),
            progress: record.progress.as_ref().map(ProgressJson::of),
        }
    }

    fn into_record(self) -> Result<OffsetRecord, Unreadable> {
        let connector = self.connector.parse().map_err(|error| torn(&format!("connector: {error}")))?;
        let queue = QueueId { topic: self.topic.into(), broker: self.broker.into(), queue: self.queue };
        Ok(OffsetRecord {
            key: Key { connector, queue },
            epoch: self.epoch,
            instance: self.instance,
            worker: self.worker,
            progress: self.progress.map(ProgressJson::into_written).transpose()?,
        })
    }
}

impl ProgressJson {
    fn of(Written { version, progress }: &Written) -> Self {
        let batches = progress.batches.iter();
        Self {
            version: *version,
            generation: progress.generation,
            committed: progress.committed().get(),
            batches: batches.map(|batch| [batch.first.get(), batch.next.get(), batch.since]).collect(),
            resume: progress.resume.get(),
            mark: progress.mark.map(|mark| [mark.offset.get(), mark.stored]),
        }
    }

    fn into_written(self) -> Result<Written, Unreadable> {
        let offset = |value: i64| QueueOffset::new(value).ok_or_else(|| torn(&format!("offset {value}")));
        let mut batches = Vec::with_capacity(self.batches.len());
        let mut end = QueueOffset::default();
        for [first, next, since] in self.batches {
            let batch = Bounds { first: offset(first)?, next: offset(next)?, since };
            if batch.first < end || batch.next <= batch.first {
                return Err(torn(&format!("batch [{first}, {next}) is empty or not in order")));
            }
            end = batch.next;
            batches.push(batch);
        }
        let resume = offset(self.resume)?;
        if resume < end {
            return Err(torn(&format!("it goes on at {resume}, before the end of its batches, {end}")));
        }
        let mark = match self.mark {
            Some([at, stored]) => Some(Mark { offset: offset(at)?, stored }),
            None => None,
        };
        let progress = Progress { generation: self.generation, batches, resume, mark };
        if progress.committed().get() != self.committed {
            return Err(torn(&format!("committed is {}, not {}", self.committed, progress.committed())));
        }
        Ok(Written { version: self.version, progress })
    }
}

fn torn(why: &dyn std::fmt::Display) -> Unreadable {
    Unreadable::Torn(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64) -> QueueOffset {
        QueueOffset::new(offset).unwrap()
    }

    fn record(progress: Option<Written>) -> OffsetRecord {
        OffsetRecord {
            key: Key {
                connector: "a/b".parse().unwrap(),
                queue: QueueId { topic: "t".into(), broker: "br-0".into(), queue: 2 },
            },
            epoch: 3,
            instance: "i".to_owned(),
            worker: "w".to_owned(),
            progress,
        }
    }

    fn under_way() -> Written {
        let mut progress = Progress::begin(at(77), 5);
        progress.bound(
            Bounds { first: at(77), next: at(99), since: 1_700_000_000_000 },
            Some(Mark { offset: at(98), stored: 1_600_000_000_000 }),
        );
        Written { version: 4, progress }
    }

    fn payload_of(record: &OffsetRecord) -> (String, Value) {
        let NewRecord { key, body, .. } = record.record();
        let mut body: Value = serde_json::from_slice(&body).unwrap();
        (key, body["payload"].take())
    }

    #[test]
    fn what_is_written_is_read() {
        for written in [record(None), record(Some(under_way()))] {
            let (key, payload) = payload_of(&written);
            assert_eq!(key, "sink-offset-a/b/t/br-0/2");
            assert_eq!(OffsetRecord::read(&key, || Ok(payload)).unwrap().unwrap(), written);
        }
    }

    #[test]
    fn a_record_that_is_not_whole_is_not_nothing() {
        #[track_caller]
        fn check(payload: &Value) {
            let read = OffsetRecord::read("sink-offset-x", || Ok(payload.clone())).unwrap();
            assert!(read.is_err(), "{payload}");
        }
        let (_, whole) = payload_of(&record(Some(under_way())));
        check(&json!({}));
        for field in ["connector", "topic", "broker", "queue", "epoch", "instance"] {
            let mut torn = whole.clone();
            torn.as_object_mut().unwrap().remove(field);
            check(&torn);
        }
        for field in ["version", "generation", "committed", "batches", "resume"] {
            let mut torn = whole.clone();
            torn["progress"].as_object_mut().unwrap().remove(field);
            check(&torn);
        }
        for (field, value) in [
            ("committed", json!(-1)),
            ("committed", json!(78)),
            ("resume", json!(98)),
            ("batches", json!([[99, 77, 0]])),
            ("batches", json!([[77, 88, 0], [87, 99, 0]])),
            ("mark", json!([-1, 0])),
        ] {
            let mut wrong = whole.clone();
            wrong["progress"][field] = value;
            check(&wrong);
        }
        assert!(OffsetRecord::read("status-task-x-0", || Ok(json!({}))).is_none(), "another's key");
    }
}
