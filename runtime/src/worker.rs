//! A worker: connectors from the configuration topic, each with its tasks.
//!
//! ```text
//! WorkerHandle ──commands──▶ Worker (owns the configurations) ──Wanted──▶ Connector (owns its tasks) ──Order──▶ task threads
//!       ▲                                                                   │
//!       └────────────── Board (what is shown, never waited for) ◀──────────┘
//! ```
//!
//! A connector has an owner of its own, so nothing that one of them waits for holds up another.

mod backoff;
mod board;
mod connector;
mod handle;
mod memory;
mod options;
mod plan;
mod shared;
mod slot;
mod stop;
mod topics;

pub use handle::WorkerHandle;
pub use options::WorkerOptions;

use crate::{
    host::{HostError, TargetState},
    store::{ConfigStore, OffsetStore, StatusStore, StoreError, StoredConnector},
};
use board::Board;
use connector::Connector;
use connector_api::{ConnectorConfig, ConnectorName};
use plan::Plan;
use shared::{Shared, Wanted};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

/// Commands that may wait; REST waits when there are more.
const COMMANDS: usize = 64;
/// How long the end waits for the status topic; nothing depends on it.
const LAST_STATUSES: Duration = Duration::from_secs(1);

/// A worker that could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// What it knows could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The owner of the configurations.
pub struct Worker {
    configs: ConfigStore,
    shared: Arc<Shared>,
    connectors: BTreeMap<ConnectorName, Running>,
    commands: mpsc::Receiver<Command>,
}

#[derive(Debug)]
struct Running {
    wanted: watch::Sender<Wanted>,
    owner: JoinHandle<()>,
}

/// What a handle asks for.
#[derive(Debug)]
enum Command {
    Put(ConnectorName, ConnectorConfig, oneshot::Sender<Result<(), HostError>>),
    Delete(ConnectorName, oneshot::Sender<Result<(), HostError>>),
    Target(ConnectorName, TargetState, oneshot::Sender<Result<(), HostError>>),
    Shutdown(Duration, oneshot::Sender<Ended>),
}

/// How a worker has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All that was in flight was finished and committed.
    InOrder,
    /// The deadline came first; what was not committed comes again.
    GivenUp,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("connectors", &self.connectors).finish_non_exhaustive()
    }
}

impl Worker {
    /// Reads what the internal topics have, starts the connectors that are there, and answers with a handle.
    ///
    /// # Errors
    /// [`WorkerError`] when an internal topic cannot be read to its end.
    pub async fn start(options: WorkerOptions) -> Result<WorkerHandle, WorkerError> {
        let again_after = options.snapshot_interval;
        let configs = ConfigStore::open(options.client.clone(), &options.config_topic, again_after).await?;
        let mut offsets =
            OffsetStore::open(options.client.clone(), &options.offset_topic, &options.worker_id).await?;
        offsets.keep(configs.names(), again_after);
        let statuses = StatusStore::start(
            options.client.clone(),
            options.status_topic.clone(),
            options.worker_id.clone(),
            again_after,
        );
        let board = Arc::new(Board::new(&options.worker_id, statuses));
        let plugins = Arc::new(options.plugins.clone());
        let (sender, commands) = mpsc::channel(COMMANDS);
        let handle = WorkerHandle::new(sender, Arc::clone(&board), plugins);
        let shared = Arc::new(Shared::new(options, Arc::new(offsets), board));
        let mut worker = Self { configs, shared, connectors: BTreeMap::new(), commands };
        for (name, stored) in worker.configs.all() {
            worker.apply(&name, stored);
        }
        tracing::info!(connectors = worker.connectors.len(), "worker started");
        tokio::spawn(worker.run());
        Ok(handle)
    }

    async fn run(mut self) {
        loop {
            let command = tokio::select! {
                command = self.commands.recv() => command,
                name = self.configs.changed() => {
                    tracing::info!(connector = %name, "another worker has changed a connector");
                    self.refresh(&name);
                    continue;
                }
            };
            let Some(command) = command else { break };
            // A handle that has gone away does not hear the answer.
            match command {
                Command::Put(name, config, answer) => drop(answer.send(self.put(&name, config).await)),
                Command::Delete(name, answer) => drop(answer.send(self.delete(&name).await)),
                Command::Target(name, target, answer) => {
                    drop(answer.send(self.set_target(&name, target).await));
                }
                Command::Shutdown(deadline, answer) => {
                    self.commands.close();
                    let ended = self.shut_down(deadline).await;
                    if answer.send(ended).is_err() {
                        tracing::debug!("nobody waited for the worker's end any more");
                    }
                    return;
                }
            }
        }
        // All handles are gone: nobody can stop it any more, so it stops.
        self.shut_down(self.shared.options.stop_timeout).await;
    }

    async fn put(&mut self, name: &ConnectorName, config: ConnectorConfig) -> Result<(), HostError> {
        let stored = self.configs.get(name);
        plan::check(name, &config, stored.as_ref(), &self.shared.options)?;
        self.configs.put(name, config).await.map_err(store_error)?;
        self.refresh(name);
        Ok(())
    }

    async fn delete(&mut self, name: &ConnectorName) -> Result<(), HostError> {
        self.known(name)?;
        self.configs.delete(name).await.map_err(store_error)?;
        self.refresh(name);
        Ok(())
    }

    async fn set_target(&mut self, name: &ConnectorName, target: TargetState) -> Result<(), HostError> {
        if self.known(name)?.target != target {
            self.configs.set_target(name, target).await.map_err(store_error)?;
            self.refresh(name);
        }
        Ok(())
    }

    fn known(&self, name: &ConnectorName) -> Result<StoredConnector, HostError> {
        self.configs.get(name).ok_or_else(|| HostError::UnknownConnector(name.clone()))
    }

    /// Makes the connector what the topic says.
    fn refresh(&mut self, name: &ConnectorName) {
        match self.configs.get(name) {
            Some(stored) => self.apply(name, stored),
            None => {
                self.shared.board.delete(name);
                if let Some(running) = self.connectors.get(name) {
                    running.wanted.send_replace(Wanted::Gone);
                }
            }
        }
    }

    fn apply(&mut self, name: &ConnectorName, stored: StoredConnector) {
        let StoredConnector { config, target } = stored;
        let board = &self.shared.board;
        let running = self.connectors.get(name).filter(|running| !running.owner.is_finished());
        let before = running.map(|running| running.wanted.borrow().clone());
        let plan = match before {
            Some(Wanted::There(plan, _)) if plan.config.same_as(&config) => {
                board.update(name, |view| plan::aim(view, target));
                plan
            }
            _ => {
                let plan = Arc::new(Plan::of(name, &config, &self.shared.options));
                board.set(name, plan.first_view(target));
                plan
            }
        };
        let wanted = Wanted::There(plan, target);
        if let Some(running) = running {
            // Also one that was deleted and is on its way out: it comes back when its tasks have ended.
            running.wanted.send_replace(wanted);
            return;
        }
        let (sender, receiver) = watch::channel(wanted);
        let connector = Connector::new(name.clone(), receiver, Arc::clone(&self.shared));
        self.connectors
            .insert(name.clone(), Running { wanted: sender, owner: tokio::spawn(connector.run()) });
    }

    async fn shut_down(&mut self, deadline: Duration) -> Ended {
        tracing::info!(?deadline, "worker stops");
        self.shared.leave.send_replace(Some(tokio::time::Instant::now() + deadline));
        let mut ended = Ended::InOrder;
        for (name, running) in std::mem::take(&mut self.connectors) {
            // Each of them heeds the deadline itself.
            if running.owner.await.is_err() {
                tracing::error!(connector = %name, "a connector's owner has failed");
                ended = Ended::GivenUp;
            }
        }
        if self.shared.has_given_up() {
            ended = Ended::GivenUp;
        }
        if tokio::time::timeout(LAST_STATUSES, self.shared.board.published()).await.is_err() {
            tracing::info!("the last statuses did not get to the status topic");
        }
        tracing::info!(?ended, "worker stopped");
        ended
    }
}

fn store_error(error: StoreError) -> HostError {
    HostError::Store(Box::new(error))
}
