//! The configuration topic: what is known of it, what others write to it, and queues of it that come later.

use super::{
    error::StoreError,
    follow::Follower,
    known::Known,
    log::InternalLog,
    record::LogRecord,
    replay::{Read, Replayed},
    snapshot::publish_again,
};
use crate::{causes, now_millis};
use connector_api::ConnectorName;
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

/// The topic, and what is known of it.
#[derive(Debug)]
pub(super) struct ConfigTopic {
    log: Mutex<InternalLog>,
    state: Mutex<State>,
    /// Told when others have changed a connector.
    pub(super) changed: Notify,
}

/// What is known.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) known: Known,
    /// Connectors that others have changed.
    pub(super) changed: BTreeSet<ConnectorName>,
    /// Connectors of which nobody knows whether the topic has, or gets yet, a change with this epoch.
    pub(super) in_doubt: BTreeMap<ConnectorName, i64>,
}

impl ConfigTopic {
    /// The topic, created when missing, read to its end. What is to be kept running for that to stay so comes with it.
    pub(super) async fn open(
        client: Client,
        topic: &str,
        snapshot_interval: Duration,
    ) -> Result<(Arc<Self>, JoinSet<()>), StoreError> {
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
        let state = State { known, ..State::default() };
        let opened =
            Arc::new(Self { log: Mutex::new(log), state: Mutex::new(state), changed: Notify::new() });
        let mut followers = JoinSet::new();
        for (index, Replayed { end, .. }) in replayed.into_iter().enumerate() {
            followers.spawn(Arc::clone(&opened).follow(index, end));
        }
        let mut tasks = JoinSet::new();
        let keeper = Arc::clone(&opened);
        tasks.spawn(async move { match keeper.keep(followers, snapshot_interval).await {} });
        Ok((opened, tasks))
    }

    /// As it is at the moment.
    pub(super) fn log(&self) -> InternalLog {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is known at the moment.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

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
                known.cannot_read(record, why);
                Read::Taken
            }
        }
    }
}

impl State {
    /// Whether something may be true of the connector that is not known: a change that was not acknowledged, or one that cannot be read.
    pub(super) fn is_in_doubt(&self, name: &ConnectorName) -> bool {
        self.in_doubt.contains_key(name) || self.known.is_unreadable(name)
    }

    /// The epoch of the next change, later than that of each before, also of one that may come yet.
    pub(super) fn next_epoch(&self, name: &ConnectorName) -> i64 {
        let newest = self.in_doubt.get(name).copied().unwrap_or_default().max(self.known.epoch(name));
        newest.saturating_add(1).max(now_millis())
    }
}

impl Follower for ConfigTopic {
    fn take(&self, record: LogRecord) -> Read {
        self.note(&mut self.state(), record)
    }

    fn missed(&self, index: usize, _: ReadError) {
        self.state().known.missed(index);
    }
}
