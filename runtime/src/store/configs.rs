//! The configurations of all connectors and what operators want of them, as the configuration topic has them.

use super::{
    config_record::{ConfigChange, ConfigKey},
    config_topic::ConfigTopic,
    error::StoreError,
    known::StoredConnector,
    record::Place,
};
use crate::{host::TargetState, now_millis};
use connector_api::{ConnectorConfig, ConnectorName};
use remoting::Client;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::task::JoinSet;

/// Configurations and target states. Every change is in the topic before it is here.
///
/// The topic is read on as long as this lives, and what is live in it is published again before its brokers drop it.
#[derive(Debug)]
pub struct ConfigStore {
    topic: Arc<ConfigTopic>,
    _tasks: JoinSet<()>,
}

/// Knows which connectors there are at the moment.
#[derive(Debug, Clone)]
pub struct ConnectorNames(Arc<ConfigTopic>);

/// Records of the configuration topic that cannot be read.
#[derive(Debug)]
pub(crate) struct Unread(BTreeMap<String, Arc<StoreError>>);

impl Unread {
    /// All of them.
    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = &StoreError> {
        self.0.values().map(|error| &**error)
    }

    /// One that is about the connector.
    pub(crate) fn of(&self, name: &ConnectorName) -> Option<&StoreError> {
        ConfigKey::texts(name).iter().find_map(|key| self.0.get(key)).map(|error| &**error)
    }
}

impl ConfigStore {
    /// The topic, created when missing, read to its end, and read on from there. What is in it is published again after
    /// `snapshot_interval`.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or holds a record of ours that cannot be.
    pub async fn open(client: Client, topic: &str, snapshot_interval: Duration) -> Result<Self, StoreError> {
        let (topic, tasks) = ConfigTopic::open(client, topic, snapshot_interval).await?;
        Ok(Self { topic, _tasks: tasks })
    }

    /// The connector of that name.
    pub fn get(&self, name: &ConnectorName) -> Option<StoredConnector> {
        self.topic.state().known.get(name)
    }

    /// All connectors.
    pub fn all(&self) -> BTreeMap<ConnectorName, StoredConnector> {
        self.topic.state().known.all()
    }

    /// Whether a change may count that is not known: one that was not acknowledged, or that cannot be read. Until then what is known of the
    /// connector says nothing about what will be, and only another change does.
    pub fn is_in_doubt(&self, name: &ConnectorName) -> bool {
        self.topic.state().is_in_doubt(name)
    }

    /// Which connectors there are, for those who look from time to time.
    pub fn names(&self) -> ConnectorNames {
        ConnectorNames(Arc::clone(&self.topic))
    }

    /// Waits until another worker has changed a connector. Cancel-safe.
    pub async fn changed(&self) -> ConnectorName {
        loop {
            let next = self.topic.state().changed.pop_first();
            match next {
                Some(name) => return name,
                None => self.topic.changed.notified().await,
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

    /// Creates a connector of which that is wanted.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub async fn create(
        &mut self,
        name: &ConnectorName,
        config: ConnectorConfig,
        target: TargetState,
    ) -> Result<(), StoreError> {
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
        let queues = self.topic.state().known.configured_in(name);
        self.append(name, ConfigChange::Deleted, queues).await
    }

    /// Appends a record to the queue of its key, after it has been appended to `others`.
    async fn append(
        &mut self,
        name: &ConnectorName,
        change: ConfigChange,
        others: BTreeSet<usize>,
    ) -> Result<(), StoreError> {
        let log = self.topic.log();
        let epoch = self.topic.state().next_epoch(name);
        let record = change.record(name, epoch);
        let own = log.index_of(&record);
        let mut places = Vec::new();
        for index in others.into_iter().filter(|index| *index != own).chain([own]) {
            // Invariant 4: known here, and answered to REST, only once the broker has it.
            let appended = log.append_to(index, &record).await;
            let appended = appended.map_err(|error| if places.is_empty() { error } else { error.in_doubt() });
            if matches!(appended, Err(StoreError::InDoubt { .. })) {
                self.topic.state().in_doubt.insert(name.clone(), epoch);
            }
            places.push(Place { index, offset: appended?.offset, stored: now_millis() });
        }
        let mut state = self.topic.state();
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
    /// Whether there is none.
    pub(super) fn are_none(&self) -> bool {
        self.0.state().known.all().is_empty()
    }

    /// Whether there is a connector of that name.
    pub(super) fn contains(&self, name: &ConnectorName) -> bool {
        self.0.state().known.contains(name)
    }

    /// The records of the topic that cannot be read, as long as that is so: what they were to say is not known.
    pub(crate) fn unreadable(&self) -> Unread {
        Unread(self.0.state().known.unreadable().clone())
    }

    /// As [`ConfigStore::is_in_doubt`].
    pub(crate) fn is_in_doubt(&self, name: &ConnectorName) -> bool {
        self.0.state().is_in_doubt(name)
    }
}
