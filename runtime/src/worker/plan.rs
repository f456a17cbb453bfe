//! What a configuration comes to: its class, its settings, its tasks.

use super::{
    class::{Asked, Classes},
    guard::Guarded,
    own_topics::OwnTopics,
    secrets::Secrets,
};
use crate::{
    causes,
    host::{ClassError, ConnectorView, HostError, State, TargetState, TaskPhase, TaskView},
    mask::{MASK, masked, masks_given},
    plugins::Plugins,
    references::{Providers, Resolved, is_reference},
    task::settings::{Defaults, Settings, TOPICS},
};
use connector_api::{ConfigDef, ConfigError, ConfigErrors, ConnectorConfig, ConnectorName, SinkConnector};
use std::{borrow::Cow, sync::Arc, time::Duration};

const CLASS: &str = "connector.class";
const TASKS: &str = "max.tasks";

/// A configuration that can be run.
pub(super) struct Plan {
    /// The configuration as it may be shown.
    pub(super) shown: ConnectorConfig,
    /// The configuration with what its references stand for.
    pub(super) resolved: ConnectorConfig,
    pub(super) class: Arc<dyn SinkConnector>,
    pub(super) settings: Arc<Settings>,
    pub(super) tasks: Vec<PlannedTask>,
}

/// A task's configuration, and as it may be shown.
pub(super) struct PlannedTask {
    pub(super) config: ConnectorConfig,
    pub(super) shown: ConnectorConfig,
}

/// A configuration that cannot be run.
#[derive(Debug)]
pub(super) struct Unplanned {
    /// The configuration as it may be shown.
    pub(super) shown: ConnectorConfig,
    /// What stands against it.
    pub(super) error: HostError,
    /// Whether the same configuration may come to something later.
    pub(super) may_pass: bool,
}

/// Where a configuration comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// An operator gives it.
    Operator,
    /// It stands in the configuration topic, where another version or worker may have put it.
    Topic,
}

/// Makes plans.
#[derive(Debug)]
pub(super) struct Planner {
    pub(super) plugins: Plugins,
    pub(super) providers: Arc<Providers>,
    pub(super) defaults: Defaults,
    pub(super) classes: Classes,
    pub(super) own_topics: OwnTopics,
    /// How long the target of a connector may take to say whether a configuration fits it.
    pub(super) target_timeout: Duration,
}

/// What a class says of a configuration.
struct Answers {
    definition: ConfigDef,
    task_class: String,
    wrong: Vec<ConfigError>,
    tasks: Vec<ConnectorConfig>,
}

impl Planner {
    /// What `config` comes to.
    ///
    /// # Errors
    /// All that is wrong with it, in the order in which a Java worker finds it.
    pub(super) async fn plan(
        &self,
        name: &ConnectorName,
        config: &ConnectorConfig,
        origin: Origin,
    ) -> Result<Plan, Unplanned> {
        // Without its class nobody knows which values are secret.
        let unplanned = |error| Unplanned { shown: public_part(config), error, may_pass: false };
        let class = config.get(CLASS).ok_or_else(|| unplanned(HostError::MissingClass))?;
        let class = self.plugins.find(class).map_err(|unknown| unplanned(unknown.into()))?;
        if config.get(TOPICS).is_none() {
            return Err(unplanned(HostError::MissingTopics));
        }
        let resolved = self.resolve(config).await;
        let resolved = resolved
            .map_err(|wrong| Unplanned { may_pass: true, ..unplanned(HostError::InvalidConfig(wrong)) })?;
        let (given, config) = (config, &resolved.config);
        let settings = Settings::read(name, config, &self.defaults);
        let max_tasks = settings.as_ref().ok().map(|settings| settings.max_tasks);
        let asked = config.clone();
        let answers = self.classes.ask(class, move |class| Answers::of(class, &asked, max_tasks)).await;
        let answers = answers.map_err(|error| Unplanned {
            may_pass: true,
            ..unplanned(without_secrets(error, &resolved).into())
        })?;
        let definition = &answers.definition;
        let secrets = Secrets::of(definition, answers.tasks.iter().chain([config]), &resolved.secrets);
        let invalid = |wrong: Vec<ConfigError>| Unplanned {
            shown: masked(definition, given),
            may_pass: false,
            error: HostError::InvalidConfig(ConfigErrors(
                wrong.into_iter().map(|e| hide(&secrets, e)).collect(),
            )),
        };
        let masks = masks_given(definition, given);
        if origin == Origin::Operator && !masks.is_empty() {
            return Err(invalid(masks));
        }
        let of_topics = self.own_topics.wrong(config);
        let settings = match settings {
            Ok(settings) if of_topics.is_empty() && answers.wrong.is_empty() => settings,
            Ok(_) => return Err(invalid([of_topics, answers.wrong].concat())),
            Err(ConfigErrors(of_host)) => return Err(invalid([of_host, of_topics, answers.wrong].concat())),
        };
        let tasks = answers.tasks.into_iter().zip(0u32..).map(|(task, number)| {
            let task = completed(task, number, config, &answers.task_class, &settings);
            PlannedTask { shown: task_shown(&task, given, definition, &secrets), config: task }
        });
        Ok(Plan {
            tasks: tasks.collect(),
            shown: masked(definition, given),
            class: Arc::new(Guarded { class: Arc::clone(class), secrets }),
            settings: Arc::new(settings),
            resolved: resolved.config,
        })
    }

    async fn resolve(&self, config: &ConnectorConfig) -> Result<Resolved, ConfigErrors> {
        // Files are read.
        let (providers, config) = (Arc::clone(&self.providers), config.clone());
        let resolved = tokio::task::spawn_blocking(move || providers.resolve(&config)).await;
        resolved.unwrap_or_else(|error| Err(ConfigError::new(CLASS, error.to_string()).into()))
    }
}

/// A task's configuration as it may be shown: what a reference stands for is shown as the reference.
fn task_shown(
    task: &ConnectorConfig,
    given: &ConnectorConfig,
    definition: &ConfigDef,
    secrets: &Secrets,
) -> ConnectorConfig {
    let masked = masked(definition, task);
    let shown = masked.iter().map(|(key, value)| match given.get(key).filter(|given| is_reference(given)) {
        Some(reference) => (key, Cow::Borrowed(reference)),
        None => (key, secrets.hidden_in(value)),
    });
    shown.collect()
}

impl Answers {
    /// Asks for the configurations of tasks only when all else is right; `max_tasks` is missing when it is not.
    fn of(class: &Asked, config: &ConnectorConfig, max_tasks: Option<u32>) -> Self {
        let definition = class.call("config_def", |class| class.config_def());
        let task_class = class.call("task_class", |class| class.task_class());
        let checked = class.call("validate", |class| class.validate(config));
        let tasks = match (checked, max_tasks) {
            (Ok(()), Some(max)) => {
                let tasks = class.call("task_configs", |class| class.task_configs(config, max));
                tasks.and_then(|tasks| counted(tasks, max))
            }
            (checked, _) => checked.map(|()| Vec::new()),
        };
        let (tasks, wrong) = match tasks {
            Ok(tasks) => (tasks, Vec::new()),
            Err(ConfigErrors(wrong)) => (Vec::new(), wrong),
        };
        Self { definition, task_class, wrong, tasks }
    }
}

/// A connector has one task at least, and no more than it may.
fn counted(tasks: Vec<ConnectorConfig>, max: u32) -> Result<Vec<ConnectorConfig>, ConfigErrors> {
    let count = tasks.len();
    let problem = match u32::try_from(count) {
        Ok(0) => "the connector makes no task of this configuration".to_owned(),
        Ok(count) if count <= max => return Ok(tasks),
        _ => format!("the connector makes {count} tasks where it may make {max}; this is a defect of it"),
    };
    Err(ConfigError::new(TASKS, problem).into())
}

/// A task's configuration with what a Java worker adds, in its words.
fn completed(
    mut task: ConnectorConfig,
    number: u32,
    config: &ConnectorConfig,
    task_class: &str,
    settings: &Settings,
) -> ConnectorConfig {
    for (key, value) in config.iter().filter(|(key, _)| [CLASS, TOPICS].contains(key)) {
        task.set(key, value);
    }
    task.set("task.id", number.to_string());
    task.set("task.class", task_class);
    task.set("ordering.msg.enable", config.get("ordering.msg.enable").unwrap_or("false"));
    task.set("value.converter", settings.value_class.clone());
    task.set("key.converter", settings.key_class.clone());
    task
}

/// The configuration with every value hidden that a class could call a secret.
pub(super) fn public_part(config: &ConnectorConfig) -> ConnectorConfig {
    let is_public = |key: &str| [CLASS, TOPICS, TASKS].contains(&key);
    config.iter().map(|(key, value)| (key, if is_public(key) { value } else { MASK })).collect()
}

fn hide(secrets: &Secrets, error: ConfigError) -> ConfigError {
    ConfigError { problem: secrets.hidden_in(&error.problem).into_owned(), ..error }
}

/// What is known to be secret by the names of keys alone is not in the error.
fn without_secrets(error: ClassError, resolved: &Resolved) -> ClassError {
    match error {
        ClassError::Panicked { class, call, message } => {
            let message = Secrets::of(&ConfigDef::new(), [&resolved.config], &resolved.secrets)
                .hidden_in(&message)
                .into_owned();
            ClassError::Panicked { class, call, message }
        }
        other => other,
    }
}

impl Plan {
    /// What is shown of the connector before it runs.
    pub(super) fn first_view(&self, config: &ConnectorConfig, target: TargetState) -> ConnectorView {
        let tasks = self.tasks.iter().map(|task| TaskView {
            shown: task.shown.clone(),
            state: State::Unassigned,
            trace: None,
            phase: TaskPhase::Pending,
            restart: None,
            counters: Arc::default(),
        });
        ConnectorView {
            config: config.clone(),
            shown: self.shown.clone(),
            target,
            state: aimed_at(target),
            trace: None,
            tasks: tasks.collect(),
        }
    }
}

impl Unplanned {
    /// Why, the whole chain of causes.
    pub(super) fn trace(&self) -> String {
        causes(&self.error)
    }
}

/// What is shown of a connector whose configuration nobody has looked at yet.
pub(super) fn unseen_view(config: &ConnectorConfig, target: TargetState) -> ConnectorView {
    ConnectorView {
        config: config.clone(),
        shown: public_part(config),
        target,
        state: State::Unassigned,
        trace: None,
        tasks: Vec::new(),
    }
}

/// Shows what the operator wants now.
pub(super) fn aim(view: &mut ConnectorView, target: TargetState) {
    view.target = target;
    if view.state != State::Failed {
        view.state = aimed_at(target);
    }
}

/// Shows that the connector is what is wanted of it. What that is stands in the view, where the newest word of the operator is:
/// who shows it may have heard an older one.
pub(super) fn is_as_aimed(view: &mut ConnectorView) {
    view.state = aimed_at(view.target);
    view.trace = None;
}

fn aimed_at(target: TargetState) -> State {
    match target {
        TargetState::Started => State::Running,
        TargetState::Paused => State::Paused,
        TargetState::Stopped => State::Stopped,
    }
}
