//! Statuses of connectors and tasks in the status topic, for others to read.
//!
//! Nothing here depends on them: what a worker answers about itself it knows itself. They are sent when there is a broker, the
//! newest of each key.

use super::{
    log::InternalLog,
    record::{NewRecord, plain},
};
use crate::host::State;
use connector_api::{ConnectorName, TaskId};
use remoting::Client;
use serde_json::json;
use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::{sync::watch, task::JoinHandle};

const RETRY_AFTER: Duration = Duration::from_secs(5);

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
    /// Begins to publish to `topic`, which is created when missing.
    pub fn start(client: Client, topic: String, worker_id: String) -> Self {
        let (wanted, changes) = watch::channel(Wanted::default());
        let (done, published) = watch::channel(0);
        let publisher = tokio::spawn(publish(client, topic, worker_id, changes, done));
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

async fn publish(
    client: Client,
    topic: String,
    worker_id: String,
    mut changes: watch::Receiver<Wanted>,
    done: watch::Sender<u64>,
) {
    let mut published: BTreeMap<StatusKey, StatusRecord> = BTreeMap::new();
    let mut log: Option<InternalLog> = None;
    let mut generation = 0;
    while changes.changed().await.is_ok() {
        loop {
            let Wanted { change, statuses: wanted } = changes.borrow_and_update().clone();
            let due = due(&published, &wanted);
            let Some((key, status)) = due.into_iter().next() else {
                done.send_replace(change);
                break;
            };
            let record = record(&key, &status, &worker_id, next_generation(&mut generation));
            let sent = match &log {
                Some(log) => log.append(&record).await.map(drop),
                None => match InternalLog::open(client.clone(), &topic).await {
                    Ok(opened) => {
                        log = Some(opened);
                        continue;
                    }
                    Err(error) => Err(error),
                },
            };
            match sent {
                Ok(()) if wanted.contains_key(&key) => drop(published.insert(key, status)),
                Ok(()) => drop(published.remove(&key)),
                Err(error) => {
                    tracing::warn!(%key, error = crate::causes(&error), "a status could not be published");
                    tokio::time::sleep(RETRY_AFTER).await;
                }
            }
        }
    }
}

/// What has to be published so that readers know what is wanted: what is gone is unassigned.
fn due(
    published: &BTreeMap<StatusKey, StatusRecord>,
    wanted: &BTreeMap<StatusKey, StatusRecord>,
) -> Vec<(StatusKey, StatusRecord)> {
    let new = wanted.iter().filter(|(key, status)| published.get(key) != Some(status));
    let gone = published.keys().filter(|key| !wanted.contains_key(key));
    let unassigned = StatusRecord { state: State::Unassigned, trace: None };
    new.map(|(key, status)| (key.clone(), status.clone()))
        .chain(gone.map(|key| (key.clone(), unassigned.clone())))
        .collect()
}

/// Readers keep a status only if its generation is greater than the last, so two within a millisecond differ too.
fn next_generation(last: &mut i64) -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    *last = i64::try_from(since.as_millis()).unwrap_or(i64::MAX).max(last.saturating_add(1));
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
        assert_eq!(due(&BTreeMap::new(), &one), [(key.clone(), running)]);
        assert_eq!(due(&one, &one), []);
        let gone = due(&one, &BTreeMap::new());
        assert_eq!((&gone[0].0, gone[0].1.state), (&key, State::Unassigned));
    }

    #[test]
    fn generations_grow() {
        let mut last = 0;
        let first = next_generation(&mut last);
        assert!(next_generation(&mut last) > first);
    }
}
