//! What a configuration comes to: its class, its tasks, and what is wrong with it.

use super::WorkerOptions;
use crate::{
    host::{ConnectorView, HostError, State, TargetState, TaskPhase, TaskView},
    mask::{MASK, masked, masks_given},
    store::StoredConnector,
    task::settings::Settings,
};
use connector_api::{ConfigErrors, ConnectorConfig, ConnectorName, SinkConnector};
use std::sync::Arc;

const CLASS: &str = "connector.class";
const TOPICS: &str = "connect.topicnames";

/// A configuration, read: ready to run, or with what stands against it.
pub(super) struct Plan {
    pub(super) config: ConnectorConfig,
    shown: ConnectorConfig,
    pub(super) ready: Result<Ready, String>,
}

/// All that is needed to run a connector.
pub(super) struct Ready {
    pub(super) class: Arc<dyn SinkConnector>,
    pub(super) settings: Arc<Settings>,
    pub(super) tasks: Vec<PlannedTask>,
}

/// A task's configuration, and as it may be shown.
pub(super) struct PlannedTask {
    pub(super) config: ConnectorConfig,
    pub(super) shown: ConnectorConfig,
}

/// Refuses a configuration that cannot be run, with all that is wrong with it.
pub(super) fn check(
    name: &ConnectorName,
    config: &ConnectorConfig,
    stored: Option<&StoredConnector>,
    options: &WorkerOptions,
) -> Result<(), HostError> {
    // In the order in which a Java worker finds them.
    let class = config.get(CLASS).ok_or(HostError::MissingClass)?;
    if stored.is_some_and(|stored| stored.config.same_as(config)) {
        return Err(HostError::SameConfig);
    }
    let class = options.plugins.find(class)?;
    if config.get(TOPICS).is_none() {
        return Err(HostError::MissingTopics);
    }
    let unmasked = ConfigErrors(masks_given(&class.config_def(), config)).into_result();
    unmasked.and_then(|()| ready(name, config, class, options)).map(drop).map_err(HostError::InvalidConfig)
}

impl Plan {
    /// What `config` comes to. One that was stored by another version or worker may be wrong here.
    pub(super) fn of(name: &ConnectorName, config: &ConnectorConfig, options: &WorkerOptions) -> Self {
        let class = config.get(CLASS).ok_or_else(|| "connector.class is missing".to_owned());
        let class = class.and_then(|class| options.plugins.find(class).map_err(|error| error.to_string()));
        let shown = match &class {
            Ok(class) => masked(&class.config_def(), config),
            // Without its class nobody knows which values are secret.
            Err(_) => {
                config.iter().map(|(key, value)| (key, if is_public(key) { value } else { MASK })).collect()
            }
        };
        let ready =
            class.and_then(|class| ready(name, config, class, options).map_err(|errors| errors.to_string()));
        Self { config: config.clone(), shown, ready }
    }

    /// What is shown of the connector before it runs.
    pub(super) fn first_view(&self, target: TargetState) -> ConnectorView {
        let tasks = self.ready.as_ref().map_or(&[][..], |ready| &ready.tasks);
        ConnectorView {
            config: self.config.clone(),
            shown: self.shown.clone(),
            target,
            state: if self.ready.is_ok() { aimed_at(target) } else { State::Failed },
            trace: self.ready.as_ref().err().cloned(),
            tasks: tasks
                .iter()
                .map(|task| TaskView {
                    shown: task.shown.clone(),
                    state: State::Unassigned,
                    trace: None,
                    phase: TaskPhase::Pending,
                    restart: None,
                })
                .collect(),
        }
    }
}

/// Shows what the operator wants now.
pub(super) fn aim(view: &mut ConnectorView, target: TargetState) {
    view.target = target;
    if view.state != State::Failed {
        view.state = aimed_at(target);
    }
}

fn aimed_at(target: TargetState) -> State {
    match target {
        TargetState::Started => State::Running,
        TargetState::Paused => State::Paused,
        TargetState::Stopped => State::Stopped,
    }
}

fn is_public(key: &str) -> bool {
    [CLASS, TOPICS, "max.tasks"].contains(&key)
}

fn ready(
    name: &ConnectorName,
    config: &ConnectorConfig,
    class: &Arc<dyn SinkConnector>,
    options: &WorkerOptions,
) -> Result<Ready, ConfigErrors> {
    let settings = Settings::read(name, config, &options.defaults);
    let plugin = class.validate(config);
    let settings = match (settings, plugin) {
        (Ok(settings), Ok(())) => settings,
        (settings, plugin) => {
            let of_host = settings.err().map(|errors| errors.0).unwrap_or_default();
            let of_plugin = plugin.err().map(|errors| errors.0).unwrap_or_default();
            return Err(ConfigErrors(of_host.into_iter().chain(of_plugin).collect()));
        }
    };
    let definition = class.config_def();
    let tasks = class
        .task_configs(config, settings.max_tasks)?
        .into_iter()
        .zip(0u32..)
        .map(|(mut task, number)| {
            // What a Java worker adds, in its words.
            for (key, value) in config.iter().filter(|(key, _)| [CLASS, TOPICS].contains(key)) {
                task.set(key, value);
            }
            task.set("task.id", number.to_string());
            task.set("task.class", class.task_class());
            task.set("ordering.msg.enable", config.get("ordering.msg.enable").unwrap_or("false"));
            task.set("value.converter", settings.value_class.clone());
            task.set("key.converter", settings.key_class.clone());
            let shown = masked(&definition, &task);
            PlannedTask { config: task, shown }
        })
        .collect();
    Ok(Ready { class: Arc::clone(class), settings: Arc::new(settings), tasks })
}
