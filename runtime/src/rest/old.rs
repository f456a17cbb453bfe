//! Routes of older workers, without envelopes, which the Java command line still calls.

use super::{
    answer::{self, Answer},
    shapes::{JavaMap, Properties, TasksByPhase, phase_name, state_name},
};
use crate::host::{TaskView, WorkerView};
use connector_api::ConnectorConfig;
use serde::{Serialize, Serializer};

/// A configuration in the shape of the Java class of that name.
#[derive(Serialize)]
struct ConnectKeyValue {
    #[serde(serialize_with = "in_java_order")]
    properties: ConnectorConfig,
}

fn in_java_order<S: Serializer>(config: &ConnectorConfig, serializer: S) -> Result<S::Ok, S::Error> {
    Properties(config).serialize(serializer)
}

/// All configurations, of connectors and of tasks.
pub(super) fn config_info(view: &WorkerView) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ConfigInfo<'a> {
        connector_configs: JavaMap<'a, ConnectKeyValue>,
        task_configs: JavaMap<'a, Vec<ConnectKeyValue>>,
    }
    let plain = |config: &ConnectorConfig| ConnectKeyValue { properties: config.clone() };
    let connectors = view.connectors.iter();
    let configs = connectors.clone().map(|(name, connector)| (name.as_str(), plain(&connector.shown)));
    let tasks = connectors.map(|(name, connector)| {
        (name.as_str(), connector.tasks.iter().map(|task| plain(&task.shown)).collect())
    });
    answer::plain_json(&ConfigInfo {
        connector_configs: JavaMap(configs.collect()),
        task_configs: JavaMap(tasks.collect()),
    })
}

/// Connectors and their tasks, for people.
pub(super) fn allocated_info(view: &WorkerView) -> Answer {
    let mut text = format!("worker {}\n", view.worker_id);
    for (name, connector) in &view.connectors {
        text.push_str(&format!("connector {name}: {}\n", state_name(connector.state)));
        for (id, task) in connector.tasks.iter().enumerate() {
            text.push_str(&format!("  task {id}: {}\n", state_name(task.state)));
        }
    }
    answer::plain_text(text)
}

/// The connectors, with the key under which the command line looks for the topic.
pub(super) fn allocated_connectors(view: &WorkerView) -> Answer {
    let configs = view.connectors.iter().map(|(name, connector)| {
        (name.as_str(), ConnectKeyValue { properties: with_topic(&connector.shown) })
    });
    answer::plain_json(&JavaMap(configs.collect()))
}

/// The tasks by phase, with the keys under which the command line looks for class, number and topic.
pub(super) fn allocated_tasks(view: &WorkerView) -> Answer {
    #[derive(Serialize)]
    struct Task<'a> {
        #[serde(rename = "connectorName")]
        connector_name: &'a str,
        state: &'static str,
        configs: ConnectKeyValue,
    }
    let mut tasks = TasksByPhase::new();
    for (name, connector) in &view.connectors {
        for (id, task) in connector.tasks.iter().enumerate() {
            tasks.phase(task.phase).push(Task {
                connector_name: name.as_str(),
                state: phase_name(task.phase),
                configs: ConnectKeyValue { properties: with_class_and_number(id, task) },
            });
        }
    }
    answer::plain_json(&tasks)
}

fn with_class_and_number(id: usize, task: &TaskView) -> ConnectorConfig {
    let mut config = with_topic(&task.shown);
    let class = ["task.class", "connector.class"].into_iter().find_map(|key| task.shown.get(key));
    config.set("task-class", class.unwrap_or("unknown"));
    config.set("task-id", id.to_string());
    config
}

fn with_topic(shown: &ConnectorConfig) -> ConnectorConfig {
    let mut config = shown.clone();
    config.set("topic", shown.get("connect.topicnames").unwrap_or_default());
    config
}
