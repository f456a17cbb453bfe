//! Who a task is.

use crate::Figures;
use std::{fmt, str::FromStr, sync::Arc};

/// The name of a connector: one to 119 characters, so that the consumer group `connect-<name>` keeps within RocketMQ's limit.
///
/// Any character is allowed that the REST path can carry; the host checks separately what RocketMQ accepts in a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectorName(Arc<str>);

impl ConnectorName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ConnectorName {
    type Err = InvalidName;

    fn from_str(name: &str) -> Result<Self, InvalidName> {
        match name.chars().count() {
            0 => Err(InvalidName::Empty),
            1..=119 => Ok(Self(name.into())),
            length => Err(InvalidName::TooLong { length }),
        }
    }
}

impl fmt::Display for ConnectorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A connector cannot be called that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// No character at all.
    #[error("a connector's name cannot be empty")]
    Empty,
    /// Its consumer group would be too long for RocketMQ.
    #[error("a connector's name has at most 119 characters, this one has {length}")]
    TooLong {
        /// How many characters it has.
        length: usize,
    },
}

/// One task of a connector: its name and the task's number, from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    /// The connector.
    pub connector: ConnectorName,
    /// The task's number.
    pub task: u32,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.connector, self.task)
    }
}

/// What a task is told about itself when it starts.
#[derive(Debug, Clone)]
pub struct TaskContext {
    id: TaskId,
    task_count: u32,
    figures: Figures,
}

impl TaskContext {
    /// The context of task `id`, one of `task_count`.
    pub fn new(id: TaskId, task_count: u32) -> Self {
        Self { id, task_count, figures: Figures::default() }
    }

    /// The same with the figures that the task has had so far.
    #[must_use]
    pub fn with_figures(self, figures: Figures) -> Self {
        Self { figures, ..self }
    }

    /// What the task counts for operators.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// Which task of which connector this is.
    pub fn id(&self) -> &TaskId {
        &self.id
    }

    /// How many tasks the connector has now.
    pub fn task_count(&self) -> u32 {
        self.task_count
    }
}
