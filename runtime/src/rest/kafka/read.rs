//! Answers to questions.

use super::Asked;
use crate::{
    host::{ConnectorView, State, TaskView, WorkerView},
    rest::{
        answer::{self, Answer},
        problem::{Code, Problem},
        request,
        shapes::state_name,
    },
};
use hyper::StatusCode;
use serde_json::{Map, Value, json};

/// The worker's version, and what makes workers one cluster.
pub(super) fn root(view: &WorkerView) -> Answer {
    let body = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": "unknown",
        "kafka_cluster_id": Value::Null,
        "worker_id": view.worker_id,
    });
    answer::json(StatusCode::OK, &body)
}

/// The names of all connectors, or with `expand` what each one is.
pub(super) fn connectors(view: &WorkerView, asked: &Asked<'_>) -> Result<Answer, Problem> {
    let expansions = request::query_parameters(asked.uri.query(), "expand");
    let names = view.connectors.iter();
    let body = if expansions.is_empty() {
        names.map(|(name, _)| Value::from(name.as_str())).collect()
    } else {
        // Kafka Connect does not look at those that it does not know either.
        let expanded = names.map(|(name, connector)| {
            let mut parts = Map::new();
            for expansion in &expansions {
                match expansion.as_str() {
                    "status" => parts.insert("status".to_owned(), status_of(name.as_str(), connector, view)),
                    "info" => parts.insert("info".to_owned(), info_of(name.as_str(), connector)),
                    _ => None,
                };
            }
            (name.to_string(), Value::Object(parts))
        });
        Value::Object(expanded.collect())
    };
    Ok(answer::json(StatusCode::OK, &body))
}

/// A connector, its configuration and its tasks.
pub(super) fn info(view: &WorkerView, name: &str) -> Result<Answer, Problem> {
    Ok(answer::json(StatusCode::OK, &info_of(name, find(view, name)?)))
}

/// The connector of that name.
pub(super) fn find<'a>(view: &'a WorkerView, name: &str) -> Result<&'a ConnectorView, Problem> {
    let found = name.parse().ok().and_then(|name| view.connectors.get(&name));
    found.ok_or_else(|| Problem::no_connector(name))
}

/// The task of that number.
pub(super) fn find_task(view: &WorkerView, name: &str, task: &str) -> Result<u32, Problem> {
    let connector = find(view, name)?;
    let number: u32 = task
        .parse()
        .map_err(|_| Problem::new(Code::BadRequest, format!("{task:?} is no number of a task")))?;
    match usize::try_from(number) {
        Ok(index) if index < connector.tasks.len() => Ok(number),
        _ => {
            let message =
                format!("Task {name}-{number} not found: the connector has {} tasks", connector.tasks.len());
            Err(Problem::new(Code::TaskNotFound, message))
        }
    }
}

pub(super) fn info_of(name: &str, connector: &ConnectorView) -> Value {
    let config: Map<_, _> =
        connector.shown.iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect();
    let tasks: Vec<_> =
        (0..connector.tasks.len()).map(|task| json!({"connector": name, "task": task})).collect();
    json!({"name": name, "config": config, "tasks": tasks, "type": "sink"})
}

/// What a connector and its tasks are. What is only there when there is something to tell stays out otherwise.
pub(super) fn status_of(name: &str, connector: &ConnectorView, view: &WorkerView) -> Value {
    let tasks = connector.tasks.iter().enumerate().map(|(id, task)| task_of(id, task, &view.worker_id));
    json!({
        "name": name,
        "connector": state(connector.state, connector.trace.as_deref(), &view.worker_id),
        "tasks": tasks.collect::<Vec<_>>(),
        "type": "sink",
    })
}

fn task_of(id: usize, task: &TaskView, worker_id: &str) -> Value {
    let mut shown = state(task.state, task.trace.as_deref(), worker_id);
    shown["id"] = id.into();
    shown
}

fn state(state: State, trace: Option<&str>, worker_id: &str) -> Value {
    let mut shown = json!({"state": state_name(state), "worker_id": worker_id});
    if let Some(trace) = trace {
        shown["trace"] = trace.into();
    }
    shown
}
