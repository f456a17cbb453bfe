//! How far each connector is in each queue, as the offset topic has it: the lease of every queue.
//!
//! All records about a queue stand on the broker that has the queue, in the first queue of the offset topic there. So they have
//! one order, whichever brokers a worker can see, and whoever can read the queue can read who owns it.

use super::{
    configs::ConnectorNames,
    error::StoreError,
    lease::{Claim, Lost},
    lease_log::LeaseLog,
    log::InternalLog,
};
use crate::causes;
use connector_api::{ConnectorName, QueueId};
use remoting::Client;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{runtime::Handle, sync::OnceCell, task::JoinSet};

/// How often a claim is made again when somebody else's, perhaps an earlier one of this very task, was there first.
const CLAIMS: usize = 3;

/// Owners and progress of all queues of all connectors.
#[derive(Debug)]
pub struct OffsetStore {
    client: Client,
    topic: String,
    worker_id: String,
    republish: Republish,
    /// By the name of the broker; each is opened by whoever needs it first, while others go on with theirs.
    logs: Mutex<BTreeMap<Arc<str>, Arc<MaybeLog>>>,
    /// What reads the logs on and publishes them again.
    tasks: Mutex<JoinSet<()>>,
    /// Where they run: tasks open logs, too, from runtimes that end with them.
    runtime: Handle,
}

/// A log, once it is open.
type MaybeLog = OnceCell<Arc<LeaseLog>>;

/// What is published again, before brokers drop it.
#[derive(Debug)]
pub struct Republish {
    /// The progress of these connectors.
    pub connectors: ConnectorNames,
    /// When it is so old.
    pub interval: Duration,
}

impl OffsetStore {
    /// The topic, created when missing, read to its end on all brokers that have it, and read on from there.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read, or holds a record of ours that cannot be.
    pub async fn open(
        client: Client,
        topic: &str,
        worker_id: &str,
        republish: Republish,
    ) -> Result<Self, StoreError> {
        let all = InternalLog::open(client.clone(), topic).await?;
        let store = Self {
            client,
            topic: topic.to_owned(),
            worker_id: worker_id.to_owned(),
            republish,
            logs: Mutex::default(),
            tasks: Mutex::default(),
            runtime: Handle::current(),
        };
        for broker in all.brokers() {
            match store.log(&broker).await {
                // Its queues are not taken before it can be read.
                Err(error) if error.is_transient() => {
                    tracing::warn!(%broker, error = causes(&error), "who owns the queues of a broker is not known yet");
                }
                log => drop(log?),
            }
        }
        Ok(store)
    }

    /// Takes a queue for a task of `connector`. Whoever had it before writes nothing more that counts.
    ///
    /// # Errors
    /// [`Lost`] when the topic does not take the claim, others were quicker, or it holds a record of the queue that cannot be read.
    pub async fn claim(&self, connector: &ConnectorName, queue: &Arc<QueueId>) -> Result<Claim, Lost> {
        let log = self.log(&queue.broker).await?;
        let mut claims = 1;
        loop {
            match log.claim(connector, queue, &self.worker_id).await {
                Err(Lost::Superseded { .. }) if claims < CLAIMS => claims += 1,
                claimed => return claimed,
            }
        }
    }

    /// The topics of which `connector` has read some queue: others of their queues came later.
    pub fn topics_begun(&self, connector: &ConnectorName) -> BTreeSet<Arc<str>> {
        let logs = lock(&self.logs);
        logs.values().filter_map(|log| log.get()).flat_map(|log| log.topics_begun(connector)).collect()
    }

    /// The log of that broker's queues; one that is not open yet, as it came later or was away, is read to its end first.
    async fn log(&self, broker: &Arc<str>) -> Result<Arc<LeaseLog>, StoreError> {
        let log = Arc::clone(lock(&self.logs).entry(Arc::clone(broker)).or_default());
        log.get_or_try_init(|| self.open_log(broker)).await.map(Arc::clone)
    }

    async fn open_log(&self, broker: &str) -> Result<Arc<LeaseLog>, StoreError> {
        let log = InternalLog::open_on(self.client.clone(), &self.topic, broker).await?;
        let log = Arc::new(LeaseLog::open(log).await?);
        let Republish { connectors, interval } = &self.republish;
        let (following, keeping) = (Arc::clone(&log), Arc::clone(&log));
        let (connectors, interval) = (connectors.clone(), *interval);
        let mut tasks = lock(&self.tasks);
        tasks.spawn_on(async move { following.follow().await }, &self.runtime);
        tasks.spawn_on(async move { match keeping.keep(&connectors, interval).await {} }, &self.runtime);
        Ok(log)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
