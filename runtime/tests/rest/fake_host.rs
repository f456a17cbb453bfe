//! A host without queues and sinks: it keeps what it is told, and tests move its connectors from state to state.

use connector_api::{
    ConfigDef, ConfigError, ConfigErrors, ConfigKey, ConfigType, ConnectorConfig, ConnectorName,
    SinkConnector, SinkTask, async_trait,
};
use runtime::{
    host::{ConnectorView, Host, HostError, Restarted, State, TargetState, TaskPhase, TaskView, WorkerView},
    plugins::Plugins,
};
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

pub(crate) const FILE_SINK: &str = "org.apache.rocketmq.connect.file.FileSinkConnector";
pub(crate) const COUNT_SINK: &str = "bench.CountSinkConnector";

const STRING_CONVERTER: &str = "org.apache.rocketmq.connect.runtime.converter.record.StringConverter";

pub(crate) struct FakeHost {
    view: Mutex<WorkerView>,
    plugins: Plugins,
    /// Why the next change is refused.
    refusal: Mutex<Option<HostError>>,
    /// What was to start again.
    pub(crate) restarts: Mutex<Vec<Restarted>>,
    /// A change waits for a permit.
    changes: Semaphore,
}

impl FakeHost {
    pub(crate) fn new() -> Self {
        let view = WorkerView {
            worker_id: "standalone-worker".into(),
            members: vec!["standalone-worker".into()],
            ..WorkerView::default()
        };
        let plugins = Plugins::new().sink(FakeSink { class: FILE_SINK }).sink(FakeSink { class: COUNT_SINK });
        Self {
            view: Mutex::new(view),
            plugins,
            refusal: Mutex::new(None),
            restarts: Mutex::default(),
            changes: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }

    /// The next change fails with `error`.
    pub(crate) fn refuse(&self, error: HostError) {
        *self.refusal.lock().unwrap() = Some(error);
    }

    /// Changes wait until [`let_changes_go`](Self::let_changes_go).
    pub(crate) fn hold_changes(&self) {
        self.changes.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub(crate) fn let_changes_go(&self) {
        self.changes.add_permits(1000);
    }

    pub(crate) fn connector(&self, name: &str, change: impl FnOnce(&mut ConnectorView)) {
        let mut view = self.view.lock().unwrap();
        change(view.connectors.get_mut(&name.parse().unwrap()).unwrap());
    }

    /// Gives a connector its tasks; `started` ones also show the converters they found.
    pub(crate) fn give_tasks(&self, name: &str, started: bool) {
        self.connector(name, |connector| {
            let class = connector.config.get("connector.class").unwrap().to_owned();
            let wanted = connector.config.get("max.tasks").unwrap_or("1").parse().unwrap();
            let count = if class == FILE_SINK { 1 } else { wanted };
            connector.tasks = (0..count).map(|id| task(&connector.config, &class, id, started)).collect();
        });
    }

    async fn change(&self, name: &ConnectorName, must_exist: bool) -> Result<(), HostError> {
        self.changes.acquire().await.unwrap().forget();
        if let Some(error) = self.refusal.lock().unwrap().take() {
            return Err(error);
        }
        if must_exist && !self.view.lock().unwrap().connectors.contains_key(name) {
            return Err(HostError::UnknownConnector(name.clone()));
        }
        Ok(())
    }

    fn check(&self, name: &ConnectorName, config: &ConnectorConfig) -> Result<(), HostError> {
        let class = config.get("connector.class").ok_or(HostError::MissingClass)?;
        if self.view.lock().unwrap().connectors.get(name).is_some_and(|c| c.config.same_as(config)) {
            return Err(HostError::SameConfig);
        }
        self.plugins.find(class)?;
        config.get("connect.topicnames").ok_or(HostError::MissingTopics)?;
        let tasks = config.get("max.tasks").unwrap_or("1");
        match tasks.parse::<u32>() {
            Ok(1..) => Ok(()),
            _ => {
                Err(ConfigErrors::from(ConfigError::new("max.tasks", "a whole number from 1 is needed"))
                    .into())
            }
        }
    }
}

#[async_trait]
impl Host for FakeHost {
    async fn put_connector(
        &self,
        name: ConnectorName,
        config: ConnectorConfig,
    ) -> Result<ConnectorConfig, HostError> {
        self.change(&name, false).await?;
        self.check(&name, &config)?;
        let shown = self.plugins.find(config.get("connector.class").unwrap())?.config_def().masked(&config);
        let connector = ConnectorView {
            config,
            shown: shown.clone(),
            target: TargetState::Started,
            state: State::Running,
            trace: None,
            tasks: Vec::new(),
        };
        self.view.lock().unwrap().connectors.insert(name, connector);
        Ok(shown)
    }

    async fn create_connector(
        &self,
        name: ConnectorName,
        config: ConnectorConfig,
        target: TargetState,
    ) -> Result<ConnectorConfig, HostError> {
        if self.view.lock().unwrap().connectors.contains_key(&name) {
            return Err(HostError::Exists(name));
        }
        let shown = self.put_connector(name.clone(), config).await?;
        self.set_target(&name, target).await.map(|()| shown)
    }

    async fn restart(&self, name: &ConnectorName, which: Restarted) -> Result<(), HostError> {
        self.change(name, true).await?;
        self.restarts.lock().unwrap().push(which);
        Ok(())
    }

    async fn delete_connector(&self, name: &ConnectorName) -> Result<(), HostError> {
        self.change(name, true).await?;
        let mut view = self.view.lock().unwrap();
        if let Some(mut connector) = view.connectors.remove(name) {
            connector.state = State::Unassigned;
            for task in &mut connector.tasks {
                task.state = State::Unassigned;
                task.phase = TaskPhase::Stopped;
            }
            view.deleted.insert(name.clone(), connector);
        }
        Ok(())
    }

    async fn set_target(&self, name: &ConnectorName, target: TargetState) -> Result<(), HostError> {
        self.change(name, true).await?;
        self.connector(name.as_str(), |connector| {
            connector.target = target;
            connector.state = match target {
                TargetState::Started => State::Running,
                TargetState::Paused => State::Paused,
                TargetState::Stopped => State::Stopped,
            };
        });
        Ok(())
    }

    fn view(&self) -> Arc<WorkerView> {
        Arc::new(self.view.lock().unwrap().clone())
    }

    fn plugins(&self) -> &Plugins {
        &self.plugins
    }
}

fn task(config: &ConnectorConfig, class: &str, id: u32, started: bool) -> TaskView {
    let mut shown = config.clone();
    shown.set("ordering.msg.enable", "false");
    shown.set("task.class", class.replace("Connector", "Task"));
    shown.set("task.id", id.to_string());
    if class == COUNT_SINK {
        shown.set("bench.task", id.to_string());
    }
    for key in ["value.converter", "key.converter"] {
        if started && shown.get(key).is_none() {
            shown.set(key, STRING_CONVERTER);
        }
    }
    TaskView {
        shown,
        state: State::Running,
        trace: None,
        phase: TaskPhase::Running,
        restart: None,
        counters: Arc::default(),
    }
}

struct FakeSink {
    class: &'static str,
}

impl SinkConnector for FakeSink {
    fn class_name(&self) -> &str {
        self.class
    }

    fn config_def(&self) -> ConfigDef {
        ConfigDef::new().key(ConfigKey::optional("password", "").of(ConfigType::Password))
    }

    fn task(&self) -> Box<dyn SinkTask> {
        unreachable!("no task is started here")
    }
}
