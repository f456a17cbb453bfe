//! A worker: connectors from the configuration topic, each with its tasks.
//!
//! ```text
//! WorkerHandle ──changes──▶ Worker (owns the configurations) ──Wanted──▶ Connector (owns its tasks) ──Order──▶ task threads
//!       ▲                                                                  │
//!       └────────────── Board (what is shown, never waited for) ◀─────────┘
//! ```
//!
//! A connector has an owner of its own, so nothing that one of them waits for holds up another. The worker itself calls no
//! connector: what a configuration comes to is found out by whoever brings it, on a thread for that (`class`).

mod backoff;
mod board;
mod change;
mod class;
mod condition;
mod connector;
mod group;
mod guard;
mod handle;
mod memory;
mod options;
mod own_topics;
mod panics;
mod plan;
mod secrets;
mod seek;
mod shared;
mod slot;
mod stop;
mod target;
mod topics;

pub use handle::WorkerHandle;
pub use options::WorkerOptions;

use crate::store::{ConfigStore, OffsetStore, Republish, StatusStore, StoreError};
use board::Board;
use change::Change;
use class::Classes;
use connector_api::ConnectorName;
use own_topics::OwnTopics;
use plan::Planner;
use shared::{Shared, Wanted};
use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
    time::{Instant, timeout, timeout_at},
};

/// Changes that may wait; REST waits when there are more.
const CHANGES: usize = 64;
/// How long the start waits until it is known what the stored configurations come to. One whose class takes longer is
/// shown without its tasks until then.
const FIRST_PLANS: Duration = Duration::from_secs(2);
/// How long the end waits for the status topic; nothing depends on it.
const LAST_STATUSES: Duration = Duration::from_secs(1);

/// A worker that could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// Its connectors could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Who owns which queue could not be read.
    #[error(transparent)]
    Offsets(#[from] Arc<StoreError>),
}

impl WorkerError {
    /// Whether it may start later without anybody changing anything but the health of servers.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Store(error) => error.is_transient(),
            Self::Offsets(error) => error.is_transient(),
        }
    }
}

/// The owner of the configurations.
pub struct Worker {
    configs: ConfigStore,
    shared: Arc<Shared>,
    connectors: BTreeMap<ConnectorName, Running>,
}

#[derive(Debug)]
struct Running {
    wanted: watch::Sender<Wanted>,
    /// Tasks that are to start again.
    restarts: mpsc::UnboundedSender<u32>,
    owner: JoinHandle<()>,
}

/// The word to end, and until when tasks may finish.
struct Ending {
    deadline: Instant,
    answer: Option<oneshot::Sender<Ended>>,
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
        panics::keep_quiet();
        let again_after = options.snapshot_interval;
        let configs = ConfigStore::open(options.client.clone(), &options.config_topic, again_after).await?;
        let republish = Republish { connectors: configs.names(), interval: again_after };
        let (client, worker_id) = (options.client.clone(), &options.worker_id);
        let offsets = OffsetStore::open(client, &options.offset_topic, worker_id, republish).await?;
        let statuses = StatusStore::start(
            options.client.clone(),
            options.status_topic.clone(),
            options.worker_id.clone(),
            again_after,
        );
        let board = Arc::new(Board::new(&options.worker_id, statuses));
        let planner = Arc::new(Planner {
            plugins: options.plugins.clone(),
            providers: Arc::new(options.providers.clone()),
            defaults: options.defaults.clone(),
            classes: Classes::new(options.class_timeout),
            own_topics: OwnTopics::of(&options),
            target_timeout: options.target_timeout,
        });
        let (changes, asked) = mpsc::channel(CHANGES);
        let (endings, ending) = mpsc::channel(1);
        let handle = WorkerHandle {
            changes,
            endings,
            board: Arc::clone(&board),
            planner: Arc::clone(&planner),
            names: configs.names(),
        };
        let shared = Arc::new(Shared::new(options, Arc::new(offsets), planner, board));
        let mut worker = Self { configs, shared, connectors: BTreeMap::new() };
        worker.apply_stored().await;
        tokio::spawn(worker.run(asked, ending));
        Ok(handle)
    }

    /// Starts what the topic has.
    async fn apply_stored(&mut self) {
        let stored = self.configs.all();
        group::warn(&stored);
        // Nothing is sent: the channel closes when each has dropped its end.
        let (first_plan, mut planned) = mpsc::channel::<()>(1);
        for (name, stored) in stored {
            self.apply(&name, stored, None, Some(first_plan.clone()));
        }
        drop(first_plan);
        if timeout(FIRST_PLANS, planned.recv()).await.is_err() {
            tracing::warn!("not all connectors have said yet whether their configurations are right");
        }
        tracing::info!(connectors = self.connectors.len(), "worker started");
    }

    async fn run(mut self, mut changes: mpsc::Receiver<Change>, mut endings: mpsc::Receiver<Ending>) {
        let ending = loop {
            let change = tokio::select! {
                biased;
                ending = endings.recv() => break ending,
                change = changes.recv() => match change {
                    Some(change) => change,
                    None => break None,
                },
                name = self.configs.changed() => {
                    tracing::info!(connector = %name, "another worker has changed a connector");
                    self.refresh(&name);
                    continue;
                }
            };
            let shared = Arc::clone(&self.shared);
            let mut change = pin!(self.obey(change));
            let ending = tokio::select! {
                biased;
                () = &mut change => continue,
                ending = endings.recv() => ending,
            };
            // What is being stored gets its answer, while tasks finish already.
            let ending = ending.unwrap_or_else(|| Ending::unasked(&shared));
            shared.leave_by(ending.deadline);
            if timeout_at(ending.deadline, change).await.is_err() {
                tracing::warn!("a change was given up, and may be stored or not");
            }
            break Some(ending);
        };
        // Whoever waits with a change is told that it comes too late.
        drop(changes);
        drop(endings);
        let Ending { deadline, answer } = ending.unwrap_or_else(|| Ending::unasked(&self.shared));
        let ended = self.shut_down(deadline).await;
        if answer.is_some_and(|answer| answer.send(ended).is_err()) {
            tracing::debug!("nobody waited for the worker's end any more");
        }
    }

    async fn shut_down(&mut self, deadline: Instant) -> Ended {
        tracing::info!(within = ?deadline.saturating_duration_since(Instant::now()), "worker stops");
        self.shared.leave_by(deadline);
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
        if timeout(LAST_STATUSES, self.shared.board.published()).await.is_err() {
            tracing::info!("the last statuses did not get to the status topic");
        }
        tracing::info!(?ended, "worker stopped");
        ended
    }
}

impl Ending {
    /// When all handles are gone nobody can stop the worker any more, so it stops.
    fn unasked(shared: &Shared) -> Self {
        Self { deadline: Instant::now() + shared.options.stop_timeout, answer: None }
    }
}
