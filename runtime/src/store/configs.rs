//! The configurations of all connectors and what operators want of them, as the configuration topic has them.

use super::{
    config_record::ConfigChange,
    error::StoreError,
    follow::Follower,
    known::{Known, StoredConnector},
    log::InternalLog,
    record::{LogRecord, Place},
    replay::{Read, Replayed},
    snapshot::publish_again,
};
use crate::{causes, host::TargetState, now_millis};
use connector_api::{ConnectorConfig, ConnectorName};
use remoting::{Client, Queue, ReadError};
use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

/// Configurations and target states. Every change is in the topic before it is here.
///
/// The topic is read on as long as this lives, and what is live in it is published again before its brokers drop it.
#[derive(Debug)]
pub struct ConfigStore {
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    log: Mutex<InternalLog>,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    known: Known,
    /// Connectors that others have changed.
    changed: BTreeSet<ConnectorName>,
    /// Connectors of which nobody knows whether the topic has, or gets yet, a change with this epoch.
    in_doubt: BTreeMap<ConnectorName, i64>,
}

/// Knows which connectors there are at the moment.
#[derive(Debug, Clone)]
pub struct ConnectorNames(Arc<Shared>);

impl ConfigStore {
    /// The topic, created when missing, read to its end, and read on from there. What is in it is published again after
    /// `snapshot_interval`.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or holds a record of ours that cannot be.
    pub async fn open(client: Client, topic: &str, snapshot_interval: Duration) -> Result<Self, StoreError> {
        let log = InternalLog::open(client, topic).await?;
        let mut known = Known::default();
        let replayed =
            log.replay(0..log.queue_count(), |record| known.take(record).map(|(read, _)| read)).await?;
        if known.all().is_empty() && replayed.iter().any(|queue| queue.first > 0) {
            tracing::warn!(
                topic,
                "no connector is left in the configuration topic, and its brokers have dropped older records: connectors that ran before \
                 are lost if no worker ran for as long as brokers keep messages; post them again"
            );
        }
        let state = Mutex::new(State { known, changed: BTreeSet::new(), in_doubt: BTreeMap::new() });
        let shared = Arc::new(Shared { log: Mutex::new(log), state, changed: Notify::new() });
        let mut followers = JoinSet::new();
        for (index, Replayed { end, .. }) in replayed.into_iter().enumerate() {
            followers.spawn(Arc::clone(&shared).follow(index, end));
        }
        let mut tasks = JoinSet::new();
        let keeper = Arc::clone(&shared);
        tasks.spawn(async move { match keeper.keep(followers, snapshot_interval).await {} });
        Ok(Self { shared, _tasks: tasks })
    }

    /// The connector of that name.
    pub fn get(&self, name: &ConnectorName) -> Option<StoredConnector> {
        self.shared.state().known.get(name)
    }

    /// All connectors.
    pub fn all(&self) -> BTreeMap<ConnectorName, StoredConnector> {
        self.shared.state().known.all()
    }

    /// Whether a change that was not acknowledged may yet come to count. Until then what is known of the connector says nothing about
    /// what will be, and only another change does.
    pub fn is_in_doubt(&self, name: &ConnectorName) -> bool {
        self.shared.is_in_doubt(name)
    }

    /// Which connectors there are, for those who look from time to time.
    pub fn names(&self) -> ConnectorNames {
        ConnectorNames(Arc::clone(&self.shared))
    }

    /// Waits until another worker has changed a connector. Cancel-safe.
    pub async fn changed(&self) -> ConnectorName {
        loop {
            let next = self.shared.state().changed.pop_first();
            match next {
                Some(name) => return name,
                None => self.shared.changed.notified().await,
            }
        }
    }

    /// Creates a connector or replaces its configuration; what the operator wants of it stays.
    ///
    /// # Errors
    /// [`StoreError`] when the broker did not acknowledge it. After [`StoreError::InDoubt`] it may count all the same, unless a later
    /// change is acknowledged.
    pub async fn put(&mut self, name: &ConnectorName, config: ConnectorConfig) -> Result<(), StoreError> {
        let target = self.get(name).map_or(TargetState::Started, |stored| stored.target);
        self.append(name, ConfigChange::Config { config, target }, BTreeSet::new()).await
    }

    /// Says what the operator wants of a connector.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub async fn set_target(&mut self, name: &ConnectorName, target: TargetState) -> Result<(), StoreError> {
        self.append(name, ConfigChange::Target(target), BTreeSet::new()).await
    }

    /// Deletes a connector.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub async fn delete(&mut self, name: &ConnectorName) -> Result<(), StoreError> {
        // Behind each configuration, so that no broker drops the deletion before what it hides.
        let queues = self.shared.state().known.configured_in(name);
        self.append(name, ConfigChange::Deleted, queues).await
    }

    /// Appends a record to the queue of its key, after it has been appended to `others`.
    async fn append(
        &mut self,
        name: &ConnectorName,
        change: ConfigChange,
        others: BTreeSet<usize>,
    ) -> Result<(), StoreError> {
        let log = self.shared.log();
        let epoch = self.shared.state().next_epoch(name);
        let record = change.record(name, epoch);
        let own = log.index_of(&record);
        let mut places = Vec::new();
        for index in others.into_iter().filter(|index| *index != own).chain([own]) {
            // Invariant 4: known here, and answered to REST, only once the broker has it.
            let appended = log.append_to(index, &record).await;
            let appended = appended.map_err(|error| if places.is_empty() { error } else { error.in_doubt() });
            if matches!(appended, Err(StoreError::InDoubt { .. })) {
                self.shared.state().in_doubt.insert(name.clone(), epoch);
            }
            places.push(Place { index, offset: appended?.offset, stored: now_millis() });
        }
        let mut state = self.shared.state();
        for place in places {
            state.known.apply(name, epoch, change.clone(), place);
        }
        state.in_doubt.remove(name);
        // Whoever asked for it looks at it now.
        state.changed.remove(name);
        Ok(())
    }
}

impl ConnectorNames {
    /// Whether there is a connector of that name.
    pub(super) fn contains(&self, name: &ConnectorName) -> bool {
        self.0.state().known.contains(name)
    }

    /// As [`ConfigStore::is_in_doubt`].
    pub(crate) fn is_in_doubt(&self, name: &ConnectorName) -> bool {
        self.0.is_in_doubt(name)
    }
}

impl Shared {
    fn is_in_doubt(&self, name: &ConnectorName) -> bool {
        self.state().in_doubt.contains_key(name)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Reads the queue with this index on, for ever.
    async fn follow(self: Arc<Self>, index: usize, end: i64) {
        self.log().follow(index, &watch::channel(end).0, &*self).await;
    }

    /// Publishes what is live again before its brokers drop it, and reads queues that come later, for ever.
    async fn keep(self: Arc<Self>, mut followers: JoinSet<()>, interval: Duration) -> Infallible {
        loop {
            let log = self.log();
            let due = |horizon: &_| self.state().known.due(horizon, |record| log.index_of(record));
            let more = tokio::select! {
                never = publish_again(&log, interval, due) => match never {},
                more = log.more_queues() => more,
            };
            let topic = log.topic();
            match self.read_also(&log, more).await {
                Ok(ends) => {
                    tracing::info!(%topic, queues = ends.len(), "more queues of the configuration topic are read");
                    for (index, end) in ends {
                        followers.spawn(Arc::clone(&self).follow(index, end));
                    }
                }
                Err(error) => {
                    tracing::warn!(%topic, error = causes(&error), "more queues of the configuration topic cannot be read yet");
                }
            }
        }
    }

    /// Reads more queues to their ends, and then takes note of all that they have at once.
    async fn read_also(&self, log: &InternalLog, more: Vec<Queue>) -> Result<Vec<(usize, i64)>, StoreError> {
        let first = log.queue_count();
        let log = log.with(more);
        let mut records = Vec::new();
        let indices = first..log.queue_count();
        let replayed = log
            .replay(indices.clone(), |record| {
                records.push(record.clone());
                Ok(Read::Taken)
            })
            .await?;
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = log;
        let mut state = self.state();
        for record in records {
            self.note(&mut state, record);
        }
        Ok(indices.zip(replayed.into_iter().map(|queue| queue.end)).collect())
    }

    fn log(&self) -> InternalLog {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, state: &mut State, record: LogRecord) -> Read {
        let State { known, changed, .. } = state;
        match known.take(&record) {
            Ok((read, another)) => {
                if let Some(name) = another {
                    changed.insert(name);
                    self.changed.notify_one();
                }
                read
            }
            Err(why) => {
                let (location, key) = (&record.location, &record.key);
                tracing::error!(
                    %location, key, error = %why,
                    "a record of the configuration topic cannot be read; this worker goes on without it, and cannot start again before a \
                     whole one with that key is published"
                );
                known.cannot_read(record);
                Read::Taken
            }
        }
    }
}

impl State {
    /// The epoch of the next change, later than that of each before, also of one that may come yet.
    fn next_epoch(&self, name: &ConnectorName) -> i64 {
        let newest = self.in_doubt.get(name).copied().unwrap_or_default().max(self.known.epoch(name));
        newest.saturating_add(1).max(now_millis())
    }
}

impl Follower for Shared {
    fn take(&self, record: LogRecord) -> Read {
        self.note(&mut self.state(), record)
    }

    fn missed(&self, index: usize, _: ReadError) {
        self.state().known.missed(index);
    }
}
