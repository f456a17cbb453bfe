//! Answers to questions: all from the worker's view, so that they are quick whatever sinks do.

use super::{
    answer::{self, Answer, ErrorCode},
    java,
    shapes::{
        ConnectorInfo, ConnectorStateInfo, CurrentTaskState, JavaMap, Kind, Properties, TaskInfo, TaskState,
        TasksByPhase, phase_name,
    },
};
use crate::host::{ConnectorView, TaskPhase, TaskView, WorkerView};
use serde::Serialize;

/// How many tasks of deleted connectors are still shown, as a Java worker keeps them.
const REMEMBERED_TASKS: usize = 10;

pub(super) fn cluster_info(view: &WorkerView) -> Answer {
    answer::success(&view.members)
}

pub(super) fn connectors(view: &WorkerView) -> Answer {
    #[derive(Serialize)]
    struct Expanded<'a> {
        status: ConnectorStateInfo<'a>,
        info: ConnectorInfo<'a>,
    }
    let expanded = view.connectors.iter().map(|(name, connector)| {
        let name = name.as_str();
        let status = ConnectorStateInfo::of(name, connector, &view.worker_id, Kind::Sink);
        (name, Expanded { status, info: ConnectorInfo::of(name, connector) })
    });
    answer::success(JavaMap(expanded.collect()))
}

pub(super) fn allocated_connectors(view: &WorkerView) -> Answer {
    let connectors = view.connectors.iter().map(|(name, c)| (name.as_str(), Properties(&c.shown)));
    answer::success(JavaMap(connectors.collect()))
}

pub(super) fn allocated_tasks(view: &WorkerView) -> Answer {
    let mut tasks = TasksByPhase::new();
    for (connector_name, task) in tasks_of(&view.connectors) {
        let task_state = phase_name(task.phase);
        tasks.phase(task.phase).push(CurrentTaskState {
            connector_name,
            config: Properties(&task.shown),
            task_state,
        });
    }
    for (connector_name, task) in tasks_of(&view.deleted).take(REMEMBERED_TASKS) {
        let phase = if task.phase == TaskPhase::Error { TaskPhase::Error } else { TaskPhase::Stopped };
        let config = Properties(&task.shown);
        tasks.phase(phase).push(CurrentTaskState { connector_name, config, task_state: "TERMINATED" });
    }
    answer::success(tasks)
}

pub(super) fn config(view: &WorkerView, name: &str) -> Answer {
    match find(&view.connectors, name) {
        Some(connector) => answer::success(ConnectorInfo::of(name, connector)),
        None => answer::failure(ErrorCode::Internal, &format!("Connector[{name}] does not exist")),
    }
}

pub(super) fn status(view: &WorkerView, name: &str) -> Answer {
    match find_also_deleted(view, name) {
        Some((connector, kind)) => {
            answer::success(ConnectorStateInfo::of(name, connector, &view.worker_id, kind))
        }
        None => answer::failure(ErrorCode::Internal, &format!("No status found for connector {name}")),
    }
}

pub(super) fn tasks(view: &WorkerView, name: &str) -> Answer {
    let tasks = find(&view.connectors, name).map_or(&[][..], |connector| &connector.tasks);
    let tasks = tasks.iter().enumerate().map(|(id, task)| TaskInfo::of(name, id, task));
    answer::success(tasks.collect::<Vec<_>>())
}

pub(super) fn task_status(view: &WorkerView, name: &str, task: &str) -> Answer {
    let Some(number) = java::parse_int(task) else {
        return answer::failure(ErrorCode::Internal, &java::not_an_int(task));
    };
    let found = find_also_deleted(view, name).zip(usize::try_from(number).ok());
    let found = found.and_then(|((connector, _), id)| Some((id, connector.tasks.get(id)?)));
    match found {
        Some((id, task)) => answer::success(TaskState::of(id, task, &view.worker_id)),
        None => answer::failure(ErrorCode::Internal, &format!("No status found for task {name}-{number}")),
    }
}

type Connectors = std::collections::BTreeMap<connector_api::ConnectorName, ConnectorView>;

fn find<'a>(connectors: &'a Connectors, name: &str) -> Option<&'a ConnectorView> {
    connectors.get(&name.parse().ok()?)
}

/// A deleted connector keeps its last status, with a type nobody knows any more.
fn find_also_deleted<'a>(view: &'a WorkerView, name: &str) -> Option<(&'a ConnectorView, Kind)> {
    let present = find(&view.connectors, name).map(|connector| (connector, Kind::Sink));
    present.or_else(|| find(&view.deleted, name).map(|connector| (connector, Kind::Unknown)))
}

fn tasks_of(connectors: &Connectors) -> impl Iterator<Item = (&str, &TaskView)> {
    connectors.iter().flat_map(|(name, c)| c.tasks.iter().map(move |task| (name.as_str(), task)))
}
