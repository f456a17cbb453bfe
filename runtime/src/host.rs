//! What REST asks of a worker, and what it is shown.
//!
//! REST knows this trait alone; a standalone worker implements it, and so will one of many.

use crate::{
    plugins::{Plugins, UnknownClass},
    task::Counters,
};
use async_trait::async_trait;
use connector_api::{ConfigErrors, ConnectorConfig, ConnectorName};
use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// A worker as its REST interface sees it.
#[async_trait]
pub trait Host: Send + Sync {
    /// Creates a connector or replaces its configuration. `Ok` means that the configuration topic has it, and is the
    /// configuration as it may be shown.
    ///
    /// # Errors
    /// [`HostError`] says what stood against it; nothing changed then, but after [`HostError::InDoubt`] it may yet.
    async fn put_connector(
        &self,
        name: ConnectorName,
        config: ConnectorConfig,
    ) -> Result<ConnectorConfig, HostError>;

    /// Creates a connector that is wanted in state `target` from the beginning. `Ok` means that the configuration topic has it, and is the
    /// configuration as it may be shown.
    ///
    /// # Errors
    /// As for [`put_connector`](Self::put_connector), and [`HostError::Exists`].
    async fn create_connector(
        &self,
        name: ConnectorName,
        config: ConnectorConfig,
        target: TargetState,
    ) -> Result<ConnectorConfig, HostError>;

    /// Deletes a connector. `Ok` means that the configuration topic has it.
    ///
    /// # Errors
    /// As for [`put_connector`](Self::put_connector).
    async fn delete_connector(&self, name: &ConnectorName) -> Result<(), HostError>;

    /// Pauses, resumes or stops a connector. `Ok` means that the configuration topic has it.
    ///
    /// To resume one that is wanted running already starts those of its tasks at once that have failed.
    ///
    /// # Errors
    /// As for [`put_connector`](Self::put_connector).
    async fn set_target(&self, name: &ConnectorName, target: TargetState) -> Result<(), HostError>;

    /// Starts tasks of a connector again, and a configuration that came to nothing anew. What an operator has paused or stopped stays so.
    ///
    /// # Errors
    /// [`HostError::UnknownConnector`], [`HostError::ShuttingDown`].
    async fn restart(&self, name: &ConnectorName, which: Restarted) -> Result<(), HostError>;

    /// The worker as it is now.
    fn view(&self) -> Arc<WorkerView>;

    /// The connector classes this worker knows.
    fn plugins(&self) -> &Plugins;
}

/// A worker at one instant.
#[derive(Debug, Clone, Default)]
pub struct WorkerView {
    /// The worker's name, from `workerId`.
    pub worker_id: String,
    /// Names of all workers, this one among them.
    pub members: Vec<String>,
    /// Its connectors.
    pub connectors: BTreeMap<ConnectorName, ConnectorView>,
    /// Connectors deleted since the worker started, with their last status, as a Java worker keeps answering for them.
    pub deleted: BTreeMap<ConnectorName, ConnectorView>,
    /// How many records of the configuration topic cannot be read. As long as there are some the worker cannot start again; those of a
    /// connector that it knows are named in that one's `trace`.
    pub unreadable: usize,
}

/// A connector at one instant.
#[derive(Debug, Clone)]
pub struct ConnectorView {
    /// The configuration as given.
    pub config: ConnectorConfig,
    /// The configuration as it may be shown, passwords masked.
    pub shown: ConnectorConfig,
    /// What the operator wants.
    pub target: TargetState,
    /// What it is.
    pub state: State,
    /// Why it failed, the whole chain of causes; or why it may not be what it should.
    pub trace: Option<String>,
    /// Its tasks, by number from 0.
    pub tasks: Vec<TaskView>,
}

impl ConnectorView {
    /// The same with the counts of the tasks that were there before.
    pub(crate) fn counting_on(mut self, before: &Self) -> Self {
        for (task, before) in self.tasks.iter_mut().zip(&before.tasks) {
            task.counters = Arc::clone(&before.counters);
        }
        self
    }
}

/// A task at one instant.
#[derive(Debug, Clone)]
pub struct TaskView {
    /// The task's configuration as it may be shown, with what the worker added.
    pub shown: ConnectorConfig,
    /// What it is.
    pub state: State,
    /// Why it failed, the whole chain of causes.
    pub trace: Option<String>,
    /// Where its thread is in its life.
    pub phase: TaskPhase,
    /// How often it has failed, and when it starts again.
    pub restart: Option<Restart>,
    /// What it has done.
    pub counters: Arc<Counters>,
}

/// How often a task has failed in a row, and when it starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// Starts in a row that ended in failure, from 1.
    pub attempt: u32,
    /// How often in a row it is started again; `None` for no limit.
    pub max_attempts: Option<u32>,
    /// When the next start is due; `None` when it does not start again by itself.
    pub next: Option<SystemTime>,
}

/// What an operator wants of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetState {
    /// Running (`STARTED` in the configuration topic).
    Started,
    /// Tasks keep their queues and wait.
    Paused,
    /// Tasks are given up, the configuration stays.
    Stopped,
}

/// What of a connector is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restarted {
    /// The connector itself, where its configuration came to nothing; no task.
    Connector,
    /// All tasks.
    All,
    /// Those tasks that have failed.
    Failed,
    /// One task.
    Task(u32),
}

/// What a connector or a task is, in the words of the status topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not running anywhere.
    Unassigned,
    /// Running.
    Running,
    /// Waiting by the operator's wish.
    Paused,
    /// Ended by an error, which stands beside it.
    Failed,
    /// Given up by the operator's wish, kept in the configuration.
    Stopped,
}

/// Where a task's thread is in its life, in the words of a Java worker's `/allocated/tasks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskPhase {
    /// Connecting to its target.
    Pending,
    /// Taking records.
    Running,
    /// Finishing what is in flight.
    Stopping,
    /// Ended as asked.
    Stopped,
    /// Ended by an error.
    Error,
}

/// Why a request to a worker was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// There is no such connector.
    #[error("connector {0} does not exist")]
    UnknownConnector(ConnectorName),
    /// The connector exists with the same configuration.
    #[error("a connector with the same configuration exists already")]
    SameConfig,
    /// There is a connector of that name.
    #[error("connector {0} exists already")]
    Exists(ConnectorName),
    /// `connector.class` is missing.
    #[error("connector.class is missing")]
    MissingClass,
    /// The class is not known here.
    #[error(transparent)]
    UnknownClass(#[from] UnknownClass),
    /// `connect.topicnames` is missing.
    #[error("connect.topicnames is missing")]
    MissingTopics,
    /// The configuration is wrong.
    #[error("{0}")]
    InvalidConfig(#[from] ConfigErrors),
    /// The configuration is right, and does not fit the connector's target.
    #[error("{0}")]
    DoesNotFit(ConfigErrors),
    /// The class did not say whether the configuration is right.
    #[error(transparent)]
    Class(#[from] ClassError),
    /// The internal topic did not take the change.
    #[error("the change could not be stored")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The internal topic may have taken the change.
    #[error(
        "the change may happen yet: ask for it again once the broker answers, or look whether it has happened"
    )]
    InDoubt(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The worker is ending.
    #[error("the worker is shutting down")]
    ShuttingDown,
}

/// A connector class that does not answer what it is asked about a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ClassError {
    /// It panicked.
    #[error("connector class {class} panicked in {call}: {message}; this is a defect of the connector")]
    Panicked {
        /// The class.
        class: String,
        /// The method.
        call: &'static str,
        /// What the panic said.
        message: String,
    },
    /// It did not come back.
    #[error(
        "connector class {class} did not come back from {call} within {} ms; does it wait for something that does not answer?",
        after.as_millis()
    )]
    Blocks {
        /// The class.
        class: String,
        /// The method.
        call: &'static str,
        /// How long it was waited for.
        after: Duration,
    },
    /// So many earlier calls have not come back that it is not called again.
    #[error(
        "{calls} earlier calls of connector class {class} have not come back, so it is not called again before they do; \
         if they never do, the worker has to be restarted"
    )]
    Busy {
        /// The class.
        class: String,
        /// How many.
        calls: usize,
    },
    /// The system gave no thread to call it on.
    #[error("no thread could be started to call connector class {class} on")]
    Thread {
        /// The class.
        class: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}
