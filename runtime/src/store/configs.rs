//! The configurations of all connectors and what operators want of them, as the configuration topic has them.

use super::{
    config_record::{ConfigChange, ConfigKey},
    error::StoreError,
    log::{InternalLog, Read},
};
use crate::host::TargetState;
use connector_api::{ConnectorConfig, ConnectorName};
use remoting::Client;
use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

/// Configurations and target states. Every change is in the topic before it is here.
#[derive(Debug)]
pub struct ConfigStore {
    log: InternalLog,
    known: Known,
}

/// A connector as it stands in the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConnector {
    /// Its configuration.
    pub config: ConnectorConfig,
    /// What the operator wants of it.
    pub target: TargetState,
}

impl ConfigStore {
    /// The topic, created when missing, read to its end.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or holds a record of ours that cannot be.
    pub async fn open(client: Client, topic: &str) -> Result<Self, StoreError> {
        let log = InternalLog::open(client, topic).await?;
        let mut known = Known::default();
        log.replay(|record| {
            let Some(key) = ConfigKey::of(&record.key) else { return Ok(Read::Foreign) };
            if matches!(key, ConfigKey::Ignored) {
                return Ok(Read::Taken);
            }
            if let Some((name, epoch, change)) = key.read(&record.payload()?)? {
                known.apply(&name, epoch, change);
            }
            Ok(Read::Taken)
        })
        .await?;
        Ok(Self { log, known })
    }

    /// The connector of that name.
    pub fn get(&self, name: &ConnectorName) -> Option<StoredConnector> {
        self.known.0.get(name)?.now()
    }

    /// All connectors.
    pub fn all(&self) -> BTreeMap<ConnectorName, StoredConnector> {
        self.known.0.iter().filter_map(|(name, history)| Some((name.clone(), history.now()?))).collect()
    }

    /// Creates a connector or replaces its configuration; what the operator wants of it stays.
    ///
    /// # Errors
    /// [`StoreError`] when the broker did not acknowledge it.
    pub async fn put(&mut self, name: &ConnectorName, config: ConnectorConfig) -> Result<(), StoreError> {
        let target = self.get(name).map_or(TargetState::Started, |stored| stored.target);
        self.append(name, ConfigChange::Config { config, target }).await
    }

    /// Says what the operator wants of a connector.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub async fn set_target(&mut self, name: &ConnectorName, target: TargetState) -> Result<(), StoreError> {
        self.append(name, ConfigChange::Target(target)).await
    }

    /// Deletes a connector.
    ///
    /// # Errors
    /// As for [`put`](Self::put).
    pub async fn delete(&mut self, name: &ConnectorName) -> Result<(), StoreError> {
        self.append(name, ConfigChange::Deleted).await
    }

    async fn append(&mut self, name: &ConnectorName, change: ConfigChange) -> Result<(), StoreError> {
        let epoch = self.known.0.get(name).map_or(0, History::newest).saturating_add(1).max(now());
        // Invariant 4: known here, and answered to REST, only once the broker has it.
        self.log.append(&change.record(name, epoch)).await?;
        self.known.apply(name, epoch, change);
        Ok(())
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What is known of each connector, whatever the order in which it was learned.
#[derive(Debug, Default)]
struct Known(BTreeMap<ConnectorName, History>);

/// The newest record of each kind, with its epoch.
#[derive(Debug, Default)]
struct History {
    config: Option<(i64, StoredConnector)>,
    target: Option<(i64, TargetState)>,
    deleted: Option<i64>,
}

impl Known {
    fn apply(&mut self, name: &ConnectorName, epoch: i64, change: ConfigChange) {
        let history = self.0.entry(name.clone()).or_default();
        match change {
            ConfigChange::Config { config, target } => {
                if history.config.as_ref().is_none_or(|(known, _)| *known <= epoch) {
                    history.config = Some((epoch, StoredConnector { config, target }));
                }
            }
            ConfigChange::Target(target) => {
                if history.target.is_none_or(|(known, _)| known <= epoch) {
                    history.target = Some((epoch, target));
                }
            }
            ConfigChange::Deleted => history.deleted = history.deleted.max(Some(epoch)),
        }
    }
}

impl History {
    /// The connector, unless it was deleted after it was last configured.
    fn now(&self) -> Option<StoredConnector> {
        let (epoch, stored) = self.config.as_ref()?;
        if self.deleted.is_some_and(|deleted| deleted > *epoch) {
            return None;
        }
        let mut stored = stored.clone();
        if let Some((_, target)) = self.target.filter(|(since, _)| since > epoch) {
            stored.target = target;
        }
        Some(stored)
    }

    fn newest(&self) -> i64 {
        let config = self.config.as_ref().map(|(epoch, _)| *epoch);
        let target = self.target.map(|(epoch, _)| epoch);
        config.max(target).max(self.deleted).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(value: &str) -> ConfigChange {
        let config = [("k", value)].into_iter().collect();
        ConfigChange::Config { config, target: TargetState::Started }
    }

    /// Whatever the order in which the queues are read, `changes` lead to the same.
    #[track_caller]
    fn check(changes: &[(i64, ConfigChange)], expected: Option<(&str, TargetState)>) {
        let name: ConnectorName = "c".parse().unwrap();
        for rotation in 0..changes.len() {
            for reversed in [false, true] {
                let mut order: Vec<_> = changes.to_vec();
                order.rotate_left(rotation);
                if reversed {
                    order.reverse();
                }
                let mut known = Known::default();
                for (epoch, change) in order {
                    known.apply(&name, epoch, change);
                }
                let now = known.0[&name].now();
                let found = now.as_ref().map(|now| (now.config.get("k").unwrap(), now.target));
                assert_eq!(found, expected, "rotated by {rotation}, reversed: {reversed}");
            }
        }
    }

    #[test]
    fn the_order_in_which_queues_are_read_does_not_matter() {
        let paused = || ConfigChange::Target(TargetState::Paused);
        let started = || ConfigChange::Target(TargetState::Started);
        check(&[(1, config("a")), (2, config("b"))], Some(("b", TargetState::Started)));
        check(&[(1, config("a")), (2, paused())], Some(("a", TargetState::Paused)));
        check(&[(1, config("a")), (2, paused()), (3, started())], Some(("a", TargetState::Started)));
        check(&[(1, config("a")), (2, ConfigChange::Deleted)], None);
        check(
            &[(1, config("a")), (2, ConfigChange::Deleted), (3, config("b"))],
            Some(("b", TargetState::Started)),
        );
        check(&[(1, paused()), (2, config("a"))], Some(("a", TargetState::Started)));
        check(&[(1, paused())], None);
    }

    #[test]
    fn a_connector_keeps_its_name_whatever_is_in_it() {
        for name in ["a", "a-b", "connector-x", "task-1", "中文"] {
            let name: ConnectorName = name.parse().unwrap();
            for change in [config("v"), ConfigChange::Target(TargetState::Paused), ConfigChange::Deleted] {
                let record = change.record(&name, 7);
                let payload: serde_json::Value = serde_json::from_slice(&record.body).unwrap();
                let read = ConfigKey::of(&record.key).unwrap().read(&payload["payload"]).unwrap().unwrap();
                assert_eq!((&read.0, read.1), (&name, 7));
            }
        }
    }
}
