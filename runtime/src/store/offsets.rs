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
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, join_all},
};
use remoting::{Client, Error as ClientError};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{runtime::Handle, task::JoinSet};

/// How often a claim is made again when somebody else's, perhaps an earlier one of this very task, was there first.
const CLAIMS: usize = 3;

/// Owners and progress of all queues of all connectors.
#[derive(Debug)]
pub struct OffsetStore {
    client: Client,
    topic: String,
    worker_id: String,
    republish: Republish,
    /// By the name of the broker.
    logs: Mutex<BTreeMap<Arc<str>, Opening>>,
    /// What opens the logs, reads them on and publishes them again.
    tasks: Mutex<JoinSet<()>>,
    /// Where they run: tasks need logs, too, on runtimes that end with them.
    runtime: Handle,
}

/// A log that is open, or being opened: all who need it wait for the same.
type Opening = Shared<BoxFuture<'static, Result<Arc<LeaseLog>, Arc<StoreError>>>>;

/// What is published again, before brokers drop it.
#[derive(Debug, Clone)]
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
    ) -> Result<Self, Arc<StoreError>> {
        if matches!(client.route(topic).await, Err(ClientError::TopicMissing { .. }))
            && !republish.connectors.are_none()
        {
            // Invariant 7: that it is gone is not passed over.
            tracing::error!(
                topic,
                "the offset topic is gone and there are connectors: they go on at their consumer groups, and what was loaded since these were told \
                 comes again, also into Doris"
            );
        }
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
        let opening: Vec<_> = all.brokers().into_iter().map(|broker| (store.log(&broker), broker)).collect();
        for (log, broker) in opening {
            match log.await {
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
    /// Takes as long as it takes to read the log of the queue's broker, where that is not open yet. Cancel-safe: a claim that is in the topic
    /// and was not waited for only ends the lease before it, and the next claim of the queue comes behind it.
    ///
    /// # Errors
    /// [`Lost`] when the topic does not take the claim, others were quicker, or it holds a record of the queue that cannot be read.
    pub async fn claim(&self, connector: &ConnectorName, queue: &Arc<QueueId>) -> Result<Claim, Lost> {
        let log = self.log(&queue.broker).await.map_err(Lost::Store)?;
        let mut claims = 1;
        loop {
            match log.claim(connector, queue, &self.worker_id).await {
                Err(Lost::Superseded { .. }) if claims < CLAIMS => claims += 1,
                claimed => return claimed,
            }
        }
    }

    /// The topics of which `connector` has read some queue: others of their queues came later.
    ///
    /// What the logs of these brokers say counts as well where they are not open yet, unless they cannot be read.
    pub async fn topics_begun(
        &self,
        connector: &ConnectorName,
        brokers: impl IntoIterator<Item = &Arc<str>>,
    ) -> BTreeSet<Arc<str>> {
        join_all(brokers.into_iter().map(|broker| self.log(broker))).await;
        let logs = lock(&self.logs);
        let open = logs.values().filter_map(|log| log.peek()?.as_ref().ok());
        open.flat_map(|log| log.topics_begun(connector)).collect()
    }

    /// The log of that broker's queues. One that is not open, as it came later or was away, is read to its end first.
    fn log(&self, broker: &Arc<str>) -> Opening {
        let mut logs = lock(&self.logs);
        let known = logs.get(broker).filter(|log| !matches!(log.peek(), Some(Err(_))));
        known.cloned().unwrap_or_else(|| {
            let log = self.open_log(broker);
            logs.insert(Arc::clone(broker), log.clone());
            log
        })
    }

    /// Opens a log, whether or not somebody goes on waiting for it: a long one would never be open otherwise.
    fn open_log(&self, broker: &Arc<str>) -> Opening {
        let (client, topic, broker) = (self.client.clone(), self.topic.clone(), Arc::clone(broker));
        let opening = async move {
            let log = InternalLog::open_on(client, &topic, &broker).await?;
            Ok(Arc::new(LeaseLog::open(log).await?))
        };
        let opening = opening.boxed().shared();
        let (opened, Republish { connectors, interval }) = (opening.clone(), self.republish.clone());
        let mut tasks = lock(&self.tasks);
        // Those whose logs could not be opened have ended.
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(
            async move {
                let Ok(log) = opened.await else { return };
                tokio::select! {
                    () = log.follow() => {}
                    never = log.keep(&connectors, interval) => match never {},
                }
            },
            &self.runtime,
        );
        opening
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
