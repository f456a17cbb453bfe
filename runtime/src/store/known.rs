//! What is known of all connectors, whatever the order in which it was learned.

use super::{
    config_record::{ConfigChange, ConfigKey},
    error::{StoreError, Unreadable},
    record::{LogRecord, NewRecord, Place},
    replay::Read,
    snapshot::{AT_ONCE, Again, Horizon},
};
use crate::host::TargetState;
use connector_api::{ConnectorConfig, ConnectorName};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A connector as it stands in the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConnector {
    /// Its configuration.
    pub config: ConnectorConfig,
    /// What the operator wants of it.
    pub target: TargetState,
}

/// All connectors, also those that were deleted.
#[derive(Debug, Default)]
pub(super) struct Known {
    connectors: BTreeMap<ConnectorName, History>,
    /// By key the record that cannot be read, as long as no healing one stands behind it.
    unreadable: BTreeMap<String, Arc<StoreError>>,
}

/// The newest record of each kind.
#[derive(Debug, Default)]
struct History {
    config: Option<Newest<StoredConnector>>,
    target: Option<Newest<TargetState>>,
    deleted: Option<i64>,
    /// By the topic's queues: where the last configuration of this connector stands, and where the newest deletion does.
    traces: BTreeMap<usize, Trace>,
}

/// The newest record of one kind.
#[derive(Debug)]
struct Newest<T> {
    epoch: i64,
    says: T,
    /// Where it stands; not known after records may have been missed.
    place: Option<Place>,
}

#[derive(Debug, Default)]
struct Trace {
    config: Option<i64>,
    deleted: Option<i64>,
}

impl Known {
    /// Takes note of the next record. Answers with the connector that is another one now, too.
    ///
    /// # Errors
    /// What is wrong with it; [`cannot_read`](Self::cannot_read) when it came behind the replay.
    pub(super) fn take(&mut self, record: &LogRecord) -> Result<(Read, Option<ConnectorName>), Unreadable> {
        let Some(key) = ConfigKey::of(&record.key) else { return Ok((Read::Foreign, None)) };
        if matches!(key, ConfigKey::Ignored) {
            return Ok((Read::Taken, None));
        }
        let Some((name, epoch, change)) = key.read(&record.payload()?)? else {
            return Ok((Read::Taken, None));
        };
        let before = self.get(&name);
        self.apply(&name, epoch, change, record.place);
        let is_another = self.get(&name) != before;
        let another = is_another.then_some(name);
        // What is only published again says nothing of a record that came between.
        if record.is_snapshot {
            return Ok((Read::Taken, another));
        }
        self.unreadable.remove(&record.key);
        Ok((Read::Healing, another))
    }

    /// Takes note of a record of ours that says nobody knows what.
    pub(super) fn cannot_read(&mut self, LogRecord { key, location, .. }: LogRecord, why: Unreadable) {
        self.unreadable.insert(key.clone(), Arc::new(StoreError::Unreadable { location, key, why }));
    }

    /// The records that cannot be read, by key, as long as no healing one stands behind them.
    pub(super) fn unreadable(&self) -> &BTreeMap<String, Arc<StoreError>> {
        &self.unreadable
    }

    /// Whether a record about the connector cannot be read, so that what is known of it may be out of date.
    pub(super) fn is_unreadable(&self, name: &ConnectorName) -> bool {
        ConfigKey::texts(name).iter().any(|key| self.unreadable.contains_key(key))
    }

    /// Takes note that records of this queue of the topic may have been missed: nobody knows which of them are still there.
    pub(super) fn missed(&mut self, index: usize) {
        let is_there = |place: &Place| place.index != index;
        for history in self.connectors.values_mut() {
            if let Some(config) = &mut history.config {
                config.place = config.place.filter(is_there);
            }
            if let Some(target) = &mut history.target {
                target.place = target.place.filter(is_there);
            }
            history.traces.remove(&index);
        }
    }

    /// Takes note of a change that stands at `place`.
    pub(super) fn apply(&mut self, name: &ConnectorName, epoch: i64, change: ConfigChange, place: Place) {
        let history = self.connectors.entry(name.clone()).or_default();
        let trace = history.traces.entry(place.index).or_default();
        match change {
            ConfigChange::Config { config, target } => {
                trace.config = trace.config.max(Some(place.offset));
                let says = StoredConnector { config, target };
                Newest::note(&mut history.config, epoch, says, place);
            }
            ConfigChange::Target(target) => Newest::note(&mut history.target, epoch, target, place),
            ConfigChange::Deleted if history.deleted <= Some(epoch) => {
                trace.deleted = trace.deleted.max(Some(place.offset));
                if history.deleted < Some(epoch) {
                    history.deleted = Some(epoch);
                    // The others were about an earlier life of the connector.
                    history
                        .traces
                        .iter_mut()
                        .filter(|(index, _)| **index != place.index)
                        .for_each(|(_, trace)| trace.deleted = None);
                }
            }
            ConfigChange::Deleted => {}
        }
    }

    /// The connector of that name.
    pub(super) fn get(&self, name: &ConnectorName) -> Option<StoredConnector> {
        self.connectors.get(name)?.now()
    }

    /// Whether there is a connector of that name.
    pub(super) fn contains(&self, name: &ConnectorName) -> bool {
        self.connectors.get(name).is_some_and(History::is_live)
    }

    /// All connectors.
    pub(super) fn all(&self) -> BTreeMap<ConnectorName, StoredConnector> {
        let all = self.connectors.iter();
        all.filter_map(|(name, history)| Some((name.clone(), history.now()?))).collect()
    }

    /// The epoch of the newest record of a connector; 0 when there is none.
    pub(super) fn epoch(&self, name: &ConnectorName) -> i64 {
        self.connectors.get(name).map_or(0, History::epoch)
    }

    /// The topic's queues that have, or had, configurations of a connector.
    pub(super) fn configured_in(&self, name: &ConnectorName) -> BTreeSet<usize> {
        let traces = self.connectors.get(name).map(|history| &history.traces);
        traces
            .into_iter()
            .flatten()
            .filter(|(_, trace)| trace.config.is_some())
            .map(|(index, _)| *index)
            .collect()
    }

    /// What has to be published again. `index_of` is the queue that a record of its key goes to.
    pub(super) fn due(&self, horizon: &Horizon, index_of: impl Fn(&NewRecord) -> usize) -> Vec<Again> {
        let all = self.connectors.iter();
        // Invariant 7: what stands behind a record that cannot be read may be news of what is known here.
        let known = all.filter(|(name, _)| self.unreadable.is_empty() || !self.is_unreadable(name));
        known.flat_map(|(name, history)| history.due(name, horizon, &index_of)).take(AT_ONCE).collect()
    }
}

impl<T> Newest<T> {
    fn note(newest: &mut Option<Self>, epoch: i64, says: T, place: Place) {
        if newest.as_ref().is_none_or(|newest| newest.epoch <= epoch) {
            *newest = Some(Self { epoch, says, place: Some(place) });
        }
    }
}

impl History {
    /// The connector, unless it was deleted after it was last configured.
    fn now(&self) -> Option<StoredConnector> {
        let config = self.config.as_ref().filter(|_| self.is_live())?;
        Some(StoredConnector { target: self.target_of(config), ..config.says.clone() })
    }

    fn is_live(&self) -> bool {
        self.config.as_ref().is_some_and(|config| self.deleted.is_none_or(|deleted| deleted <= config.epoch))
    }

    fn target_of(&self, config: &Newest<StoredConnector>) -> TargetState {
        let newer = self.target.as_ref().filter(|target| target.epoch > config.epoch);
        newer.map_or(config.says.target, |target| target.says)
    }

    fn epoch(&self) -> i64 {
        let config = self.config.as_ref().map(|config| config.epoch);
        let target = self.target.as_ref().map(|target| target.epoch);
        config.max(target).max(self.deleted).unwrap_or_default()
    }

    fn due(
        &self,
        name: &ConnectorName,
        horizon: &Horizon,
        index_of: impl Fn(&NewRecord) -> usize,
    ) -> Vec<Again> {
        match (&self.config, self.deleted) {
            (Some(config), _) if self.is_live() => {
                let due =
                    self.config_due(config, horizon).into_iter().chain(self.target_due(config, horizon));
                let records = due.map(|(epoch, change)| change.record(name, epoch));
                records.map(|record| Again { index: index_of(&record), record }).collect()
            }
            (Some(_), Some(deleted)) => {
                let record = ConfigChange::Deleted.record(name, deleted);
                self.exposed(horizon).map(|index| Again { index, record: record.clone() }).collect()
            }
            // Nothing that the rest could be about is there.
            _ => Vec::new(),
        }
    }

    fn config_due(&self, config: &Newest<StoredConnector>, horizon: &Horizon) -> Option<(i64, ConfigChange)> {
        // What the operator wants goes along, so that a paused connector does not start should only this record be left.
        let target = self.target_of(config);
        let is_due = horizon.is_due(config.place) || config.says.target != target;
        is_due.then(|| (config.epoch, ConfigChange::Config { config: config.says.config.clone(), target }))
    }

    fn target_due(&self, config: &Newest<StoredConnector>, horizon: &Horizon) -> Option<(i64, ConfigChange)> {
        let target =
            self.target.as_ref().filter(|target| target.epoch > config.epoch && horizon.is_due(target.place));
        target.map(|target| (target.epoch, ConfigChange::Target(target.says)))
    }

    /// The queues that have a configuration of before the deletion, and no deletion behind it. A queue is dropped from its
    /// beginning on, so behind it, and only there, a deletion is sure to be kept longer than what it hides.
    fn exposed(&self, horizon: &Horizon) -> impl Iterator<Item = usize> {
        let exposed = self.traces.iter().filter(|(index, trace)| {
            trace.config > trace.deleted
                && trace.config.is_some_and(|offset| horizon.may_have(**index, offset))
        });
        exposed.map(|(index, _)| *index)
    }
}

#[cfg(test)]
mod tests;
