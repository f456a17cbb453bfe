//! Statuses of connectors and tasks in the status topic, for others to read.
//!
//! Nothing here depends on them: what a worker answers about itself it knows itself, and nothing in the topic is ever read. They
//! are sent when there is a broker, the newest of each key, and again before brokers drop them.

use super::{
    error::StoreError,
    log::InternalLog,
    record::{NewRecord, plain},
};
use crate::{host::State, now_millis};
use connector_api::{ConnectorName, TaskId};
use remoting::Client;
use serde_json::json;
use std::{collections::BTreeMap, fmt, time::Duration};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

const RETRY_AFTER: Duration = Duration::from_secs(5);
/// From one status that is published again to the next, so that others are not held up.
const PAUSE: Duration = Duration::from_millis(10);

/// The longest cause that is published, in bytes.
const MAX_TRACE: usize = 16 * 1024;

/// Whose status it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusKey {
    /// A connector's.
    Connector(ConnectorName),
    /// A task's.
    Task(TaskId),
}

impl fmt::Display for StatusKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connector(name) => write!(f, "status-connector-{name}"),
            Self::Task(task) => write!(f, "status-task-{task}"),
        }
    }
}

/// A status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRecord {
    /// What it is.
    pub state: State,
    /// Why it failed.
    pub trace: Option<String>,
}

/// Publishes statuses. Dropped, it stops.
#[derive(Debug)]
pub struct StatusStore {
    wanted: watch::Sender<Wanted>,
    published: watch::Receiver<u64>,
    publisher: JoinHandle<()>,
}

/// What the statuses are, and how often that has changed.
#[derive(Debug, Clone, Default)]
struct Wanted {
    change: u64,
    statuses: BTreeMap<StatusKey, StatusRecord>,
}

impl StatusStore {
    /// Begins to publish to `topic`, which is created when missing. What has not changed is published again after
    /// `snapshot_interval`.
    pub fn start(client: Client, topic: String, worker_id: String, snapshot_interval: Duration) -> Self {
        let (wanted, changes) = watch::channel(Wanted::default());
        let (done, published) = watch::channel(0);
        let publisher =
            Publisher { client, topic, worker_id, log: None, generation: 0, published: BTreeMap::new() };
        let publisher = tokio::spawn(publisher.run(changes, done, snapshot_interval));
        Self { wanted, published, publisher }
    }

    /// Says what all statuses are now. Returns at once.
    pub fn set(&self, statuses: BTreeMap<StatusKey, StatusRecord>) {
        self.wanted.send_if_modified(|now| {
            let changed = now.statuses != statuses;
            if changed {
                *now = Wanted { change: now.change + 1, statuses };
            }
            changed
        });
    }

    /// Returns once the topic has everything that was said until now.
    pub async fn published(&self) {
        let change = self.wanted.borrow().change;
        // It ends only with this store.
        drop(self.published.clone().wait_for(|published| *published >= change).await);
    }
}

impl Drop for StatusStore {
    fn drop(&mut self) {
        self.publisher.abort();
    }
}

struct Publisher {
    client: Client,
    topic: String,
    worker_id: String,
    log: Option<InternalLog>,
    generation: i64,
    /// What the topic has, and since when.
    published: BTreeMap<StatusKey, (StatusRecord, Instant)>,
}

impl Publisher {
    async fn run(
        mut self,
        mut changes: watch::Receiver<Wanted>,
        done: watch::Sender<u64>,
        snapshot_interval: Duration,
    ) {
        loop {
            let Wanted { change, statuses: wanted } = changes.borrow_and_update().clone();
            if let Some((key, status)) = due(&self.published, &wanted) {
                match self.publish(&key, &status).await {
                    Ok(()) if wanted.contains_key(&key) => {
                        self.published.insert(key, (status, Instant::now()));
                    }
                    Ok(()) => drop(self.published.remove(&key)),
                    Err(error) => {
                        tracing::warn!(%key, error = crate::causes(&error), "a status could not be published");
                        tokio::time::sleep(RETRY_AFTER).await;
                    }
                }
                continue;
            }
            done.send_replace(change);
            let oldest = self.published.iter().map(|(key, (_, since))| (*since, key.clone())).min();
            let old = async {
                match oldest {
                    Some((since, key)) => {
                        tokio::time::sleep_until(since + snapshot_interval).await;
                        tokio::time::sleep(PAUSE).await;
                        key
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = changes.changed() => match changed {
                    Ok(()) => {}
                    Err(_) => return,
                },
                // Whoever reads the topic from now on may not find it any more.
                key = old => drop(self.published.remove(&key)),
            }
        }
    }

    async fn publish(&mut self, key: &StatusKey, status: &StatusRecord) -> Result<(), StoreError> {
        let log = match &self.log {
            Some(log) => log,
            None => self.log.insert(InternalLog::open(self.client.clone(), &self.topic).await?),
        };
        let generation = next_generation(&mut self.generation);
        log.append(&record(key, status, &self.worker_id, generation)).await.map(drop)
    }
}

/// The next that has to be published so that readers know what is wanted: what is gone is unassigned.
fn due(
    published: &BTreeMap<StatusKey, (StatusRecord, Instant)>,
    wanted: &BTreeMap<StatusKey, StatusRecord>,
) -> Option<(StatusKey, StatusRecord)> {
    let is_new = |key: &StatusKey, status| published.get(key).is_none_or(|(there, _)| there != status);
    let new = wanted.iter().find(|(key, status)| is_new(key, *status));
    if let Some((key, status)) = new {
        return Some((key.clone(), status.clone()));
    }
    let gone = published.keys().find(|key| !wanted.contains_key(*key))?;
    Some((gone.clone(), StatusRecord { state: State::Unassigned, trace: None }))
}

/// Readers keep a status only if its generation is greater than the last, so two within a millisecond differ too.
fn next_generation(last: &mut i64) -> i64 {
    *last = now_millis().max(last.saturating_add(1));
    *last
}

fn record(key: &StatusKey, status: &StatusRecord, worker_id: &str, generation: i64) -> NewRecord {
    let state = match status.state {
        // A Java worker knows no STOPPED.
        State::Unassigned | State::Stopped => "UNASSIGNED",
        State::Running => "RUNNING",
        State::Paused => "PAUSED",
        State::Failed => "FAILED",
    };
    let trace = status.trace.as_deref().map(|trace| &trace[..trace.floor_char_boundary(MAX_TRACE)]);
    NewRecord::of_struct(
        key.to_string(),
        &[
            ("state", plain("string")),
            ("trace", plain("string")),
            ("worker_id", plain("string")),
            ("generation", plain("int64")),
        ],
        json!({"state": state, "trace": trace, "worker_id": worker_id, "generation": generation}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_published_as_unassigned_once() {
        let key = StatusKey::Connector("c".parse().unwrap());
        let running = StatusRecord { state: State::Running, trace: None };
        let one = BTreeMap::from([(key.clone(), running.clone())]);
        let there = BTreeMap::from([(key.clone(), (running.clone(), Instant::now()))]);
        assert_eq!(due(&BTreeMap::new(), &one), Some((key.clone(), running)));
        assert_eq!(due(&there, &one), None);
        let gone = due(&there, &BTreeMap::new()).unwrap();
        assert_eq!((gone.0, gone.1.state), (key, State::Unassigned));
        assert_eq!(due(&BTreeMap::new(), &BTreeMap::new()), None);
    }

    #[test]
    fn generations_grow() {
        let mut last = 0;
        let first = next_generation(&mut last);
        assert!(next_generation(&mut last) > first);
    }
}
