//! The entities of RocketMQ Connect's answers, member by member.

use super::{
    figures::{self, FigureGroup},
    java,
    timestamp::Timestamp,
};
use crate::host::{ConnectorView, Restart, State, TaskPhase, TaskView};
use connector_api::ConnectorConfig;
use serde::{Serialize, Serializer, ser::SerializeMap};

/// A connector and what it runs.
#[derive(Serialize)]
pub(super) struct ConnectorInfo<'a> {
    name: &'a str,
    config: Properties<'a>,
    tasks: Vec<TaskKey<'a>>,
    r#type: Kind,
}

impl<'a> ConnectorInfo<'a> {
    pub(super) fn of(name: &'a str, connector: &'a ConnectorView) -> Self {
        let tasks = (0..connector.tasks.len()).map(|task| TaskKey { connector: name, task }).collect();
        Self { name, config: Properties(&connector.shown), tasks, r#type: Kind::Sink }
    }
}

/// What a connector and its tasks are.
#[derive(Serialize)]
pub(super) struct ConnectorStateInfo<'a> {
    name: &'a str,
    connector: ConnectorState<'a>,
    tasks: Vec<TaskState<'a>>,
    r#type: Kind,
}

impl<'a> ConnectorStateInfo<'a> {
    pub(super) fn of(name: &'a str, connector: &'a ConnectorView, worker_id: &'a str, kind: Kind) -> Self {
        let state = ConnectorState {
            state: state_name(connector.state),
            trace: connector.trace.as_deref(),
            worker_id,
        };
        let tasks = connector.tasks.iter().enumerate();
        let tasks = tasks.map(|(id, task)| TaskState::of(id, task, worker_id)).collect();
        Self { name, connector: state, tasks, r#type: kind }
    }
}

#[derive(Serialize)]
struct ConnectorState<'a> {
    state: &'static str,
    trace: Option<&'a str>,
    #[serde(rename = "workerId")]
    worker_id: &'a str,
}

/// What a task is.
#[derive(Serialize)]
pub(super) struct TaskState<'a> {
    state: &'static str,
    trace: Option<&'a str>,
    #[serde(rename = "workerId")]
    worker_id: &'a str,
    id: usize,
    /// Not in a Java worker's answers, and only there after a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    restart: Option<RestartState>,
    /// Not in a Java worker's answers, and only there when the sink counts something.
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<Vec<FigureGroup>>,
}

impl<'a> TaskState<'a> {
    pub(super) fn of(id: usize, task: &'a TaskView, worker_id: &'a str) -> Self {
        let (state, trace) = (state_name(task.state), task.trace.as_deref());
        let (restart, figures) = (task.restart.map(RestartState::of), figures::groups(&task.counters.sink));
        Self { state, trace, worker_id, id, restart, figures }
    }
}

/// How often a task has failed, and when it starts again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RestartState {
    attempt: u32,
    /// As `errors.restart.max.attempts` says it: -1 for no limit.
    max_attempts: i64,
    /// Null when it does not start again by itself.
    next: Option<Timestamp>,
}

impl RestartState {
    fn of(restart: Restart) -> Self {
        let max_attempts = restart.max_attempts.map_or(-1, i64::from);
        Self { attempt: restart.attempt, max_attempts, next: restart.next.map(Timestamp) }
    }
}

/// A task and its configuration.
#[derive(Serialize)]
pub(super) struct TaskInfo<'a> {
    id: TaskKey<'a>,
    config: Properties<'a>,
}

impl<'a> TaskInfo<'a> {
    pub(super) fn of(connector: &'a str, task: usize, view: &'a TaskView) -> Self {
        Self { id: TaskKey { connector, task }, config: Properties(&view.shown) }
    }
}

#[derive(Serialize)]
struct TaskKey<'a> {
    connector: &'a str,
    task: usize,
}

/// A task as `/allocated/tasks` shows it.
#[derive(Serialize)]
pub(super) struct CurrentTaskState<'a> {
    #[serde(rename = "connectorName")]
    pub(super) connector_name: &'a str,
    pub(super) config: Properties<'a>,
    #[serde(rename = "taskState")]
    pub(super) task_state: &'static str,
}

/// Tasks by where their threads are in their lives.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TasksByPhase<T> {
    pub(super) pending_tasks: Vec<T>,
    pub(super) stopped_tasks: Vec<T>,
    pub(super) error_tasks: Vec<T>,
    pub(super) stopping_tasks: Vec<T>,
    pub(super) running_tasks: Vec<T>,
}

impl<T> TasksByPhase<T> {
    pub(super) fn new() -> Self {
        Self {
            pending_tasks: Vec::new(),
            stopped_tasks: Vec::new(),
            error_tasks: Vec::new(),
            stopping_tasks: Vec::new(),
            running_tasks: Vec::new(),
        }
    }

    pub(super) fn phase(&mut self, phase: TaskPhase) -> &mut Vec<T> {
        match phase {
            TaskPhase::Pending => &mut self.pending_tasks,
            TaskPhase::Running => &mut self.running_tasks,
            TaskPhase::Stopping => &mut self.stopping_tasks,
            TaskPhase::Stopped => &mut self.stopped_tasks,
            TaskPhase::Error => &mut self.error_tasks,
        }
    }
}

/// A class that connectors can name.
#[derive(Serialize)]
pub(super) struct PluginInfo<'a> {
    #[serde(rename = "className")]
    pub(super) class_name: &'a str,
    pub(super) r#type: Kind,
    pub(super) version: &'a str,
}

/// What kind of class it is.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Kind {
    Sink,
    Converter,
    Transformation,
    /// Of a connector that is deleted.
    Unknown,
}

/// Keys and values, in Java's order.
pub(super) struct Properties<'a>(pub(super) &'a ConnectorConfig);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        JavaMap(self.0.iter().collect()).serialize(serializer)
    }
}

/// A map, in Java's order.
pub(super) struct JavaMap<'a, T>(pub(super) Vec<(&'a str, T)>);

impl<T: Serialize> Serialize for JavaMap<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = java::hash_map_order(self.0.iter().collect(), |(key, _)| key);
        let mut map = serializer.serialize_map(Some(entries.len()))?;
        for (key, value) in entries {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Unassigned => "UNASSIGNED",
        State::Running => "RUNNING",
        State::Paused => "PAUSED",
        State::Failed => "FAILED",
        State::Stopped => "STOPPED",
    }
}

pub(super) fn phase_name(phase: TaskPhase) -> &'static str {
    match phase {
        TaskPhase::Pending => "PENDING",
        TaskPhase::Running => "RUNNING",
        TaskPhase::Stopping => "STOPPING",
        TaskPhase::Stopped => "STOPPED",
        TaskPhase::Error => "ERROR",
    }
}
