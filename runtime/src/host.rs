//! What REST asks of a worker, and what it is shown.
//!
//! REST knows this trait alone; a standalone worker implements it, and so will one of many.

use crate::plugins::{Plugins, UnknownClass};
use async_trait::async_trait;
use connector_api::{ConfigErrors, ConnectorConfig, ConnectorName};
use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

/// A worker as its REST interface sees it.
#[async_trait]
pub trait Host: Send + Sync {
    /// Creates a connector or replaces its configuration. `Ok` means that the configuration topic has it.
    ///
    /// # Errors
    /// [`HostError`] says what stood against it; nothing changed then.
    async fn put_connector(&self, name: ConnectorName, config: ConnectorConfig) -> Result<(), HostError>;

    /// Deletes a connector. `Ok` means that the configuration topic has it.
    ///
    /// # Errors
    /// As for [`put_connector`](Self::put_connector).
    async fn delete_connector(&self, name: &ConnectorName) -> Result<(), HostError>;

    /// Pauses, resumes or stops a connector. `Ok` means that the configuration topic has it.
    ///
    /// # Errors
    /// As for [`put_connector`](Self::put_connector).
    async fn set_target(&self, name: &ConnectorName, target: TargetState) -> Result<(), HostError>;

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
    /// Why it failed, the whole chain of causes.
    pub trace: Option<String>,
    /// Its tasks, by number from 0.
    pub tasks: Vec<TaskView>,
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
    /// How often it was started after failures, and when next.
    pub restart: Option<Restart>,
}

/// When a failed task starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// Starts so far that ended in failure, from 1.
    pub attempt: u32,
    /// When the next start is due.
    pub next: SystemTime,
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
    /// The internal topic did not take the change.
    #[error("the change could not be stored")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The worker is ending.
    #[error("the worker is shutting down")]
    ShuttingDown,
}
