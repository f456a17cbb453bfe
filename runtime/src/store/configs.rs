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
use crate::{host::TargetState, now_millis};
use connector_api::{ConnectorConfig, ConnectorName};
use remoting::{Client, ReadError};
use std::{
    collections::{BTreeMap, BTreeSet},
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
    log: InternalLog,
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
        let replayed = log.replay(|record| known.take(record).map(|(read, _)| read)).await?;
        if known.all().is_empty() && replayed.iter().any(|queue| queue.first > 0) {
            tracing::warn!(
                topic,
                "no connector is left in the configuration topic, and its brokers have dropped older records: connectors that ran before \
                 are lost if no worker ran for as long as brokers keep messages; post them again"
            );
        }
        let state = Mutex::new(State { known, changed: BTreeSet::new(), in_doubt: BTreeMap::new() });
        let shared = Arc::new(Shared { log, state, changed: Notify::new() });
        let mut tasks = JoinSet::new();
        for (index, Replayed { end, .. }) in replayed.into_iter().enumerate() {
            let shared = Arc::clone(&shared);
            tasks.spawn(async move { shared.log.follow(index, &watch::channel(end).0, &*shared).await });
        }
        let keeper = Arc::clone(&shared);
        tasks.spawn(async move {
            let due = |horizon: &_| keeper.state().known.due(horizon, |record| keeper.log.index_of(record));
            match publish_again(&keeper.log, snapshot_interval, due).await {}
        });
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
        let log = &self.shared.log;
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

impl State {
    /// The epoch of the next change, later than that of each before, also of one that may come yet.
    fn next_epoch(&self, name: &ConnectorName) -> i64 {
        let newest = self.in_doubt.get(name).copied().unwrap_or_default().max(self.known.epoch(name));
        newest.saturating_add(1).max(now_millis())
    }
}

impl Follower for Shared {
    fn take(&self, record: LogRecord) -> Read {
        let mut state = self.state();
        let State { known, changed, .. } = &mut *state;
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

    fn missed(&self, index: usize, _: ReadError) {
        self.state().known.missed(index);
    }
}
