//! A sink that does harm in one of its methods for as long as it is armed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use connector_api::{
    Batch, ConfigDef, ConfigError, ConfigErrors, ConnectorConfig, QueueId, QueueOffset, SinkConnector,
    SinkError, SinkTask, TaskContext, async_trait,
};

/// Where it does harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    ConfigDef,
    Validate,
    TaskConfigs,
    Task,
    Start,
    Open,
    Put,
    Close,
    Stop,
    Drop,
}

/// What harm it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// Blocks its thread.
    Block,
    /// Never returns, without blocking its thread.
    Pend,
    Panic,
    /// Panics, and again while it is dropped because of that.
    PanicTwice,
    Fatal,
    Retriable,
}

/// A class that does harm, and what its tasks have in common.
#[derive(Clone)]
pub(crate) struct Hostile(Arc<Inner>);

struct Inner {
    class: String,
    method: Method,
    harm: Harm,
    state: Mutex<State>,
    disarmed: Condvar,
}

#[derive(Default)]
struct State {
    armed: bool,
    taken: Vec<String>,
}

/// Longer than any test: a thread that a failing test has left blocked does not keep the process alive.
const FOREVER: Duration = Duration::from_secs(120);

impl Hostile {
    /// A class of its own, armed.
    pub(crate) fn new(method: Method, harm: Harm) -> Self {
        let class = format!("hostile-{method:?}-{harm:?}").to_lowercase();
        let state = Mutex::new(State { armed: true, taken: Vec::new() });
        Self(Arc::new(Inner { class, method, harm, state, disarmed: Condvar::new() }))
    }

    pub(crate) fn class(&self) -> &str {
        &self.0.class
    }

    pub(crate) fn method(&self) -> Method {
        self.0.method
    }

    pub(crate) fn harm(&self) -> Harm {
        self.0.harm
    }

    pub(crate) fn arm(&self) {
        self.state().armed = true;
    }

    /// Ends the harm, also that which is being done.
    pub(crate) fn disarm(&self) {
        self.state().armed = false;
        self.0.disarmed.notify_all();
    }

    /// The bodies that were taken.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.state().taken.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn harm_in(&self, method: Method) -> Option<Harm> {
        let is_second = self.0.harm == Harm::PanicTwice && method == Method::Drop;
        ((method == self.0.method || is_second) && self.state().armed).then_some(self.0.harm)
    }

    /// Does in a method that is not asynchronous what there is to do.
    #[expect(clippy::panic, reason = "it is the harm to be done")]
    fn visit(&self, method: Method) -> Result<(), SinkError> {
        match self.harm_in(method) {
            None | Some(Harm::Pend) => Ok(()),
            Some(Harm::Block) => {
                let until = Instant::now() + FOREVER;
                let mut state = self.state();
                while state.armed && Instant::now() < until {
                    let waited = self.0.disarmed.wait_timeout(state, FOREVER);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                Ok(())
            }
            Some(Harm::Panic | Harm::PanicTwice) => panic!("harm is done in {method:?}"),
            Some(Harm::Fatal) => Err(SinkError::fatal(format!("harm is done in {method:?}"))),
            Some(Harm::Retriable) => Err(SinkError::retriable(format!("harm is done in {method:?}"))),
        }
    }

    async fn visit_async(&self, method: Method) -> Result<(), SinkError> {
        if self.harm_in(method) == Some(Harm::Pend) {
            std::future::pending::<()>().await;
        }
        self.visit(method)
    }

    fn visit_config(&self, method: Method) -> Result<(), ConfigErrors> {
        self.visit(method).map_err(|error| ConfigError::new("harm", error.to_string()).into())
    }
}

impl SinkConnector for Hostile {
    fn class_name(&self) -> &str {
        self.class()
    }

    fn config_def(&self) -> ConfigDef {
        drop(self.visit(Method::ConfigDef));
        ConfigDef::new()
    }

    fn validate(&self, _: &ConnectorConfig) -> Result<(), ConfigErrors> {
        self.visit_config(Method::Validate)
    }

    fn task_configs(&self, config: &ConnectorConfig, _: u32) -> Result<Vec<ConnectorConfig>, ConfigErrors> {
        self.visit_config(Method::TaskConfigs).map(|()| vec![config.clone()])
    }

    fn task(&self) -> Box<dyn SinkTask> {
        drop(self.visit(Method::Task));
        Box::new(Task(self.clone()))
    }
}

struct Task(Hostile);

#[async_trait(?Send)]
impl SinkTask for Task {
    async fn start(&mut self, _: &TaskContext, _: &ConnectorConfig) -> Result<(), SinkError> {
        self.0.visit_async(Method::Start).await
    }

    async fn open(&mut self, _: &QueueId, _: Option<QueueOffset>) -> Result<Option<QueueOffset>, SinkError> {
        self.0.visit_async(Method::Open).await.map(|()| None)
    }

    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
        self.0.visit_async(Method::Put).await?;
        let bodies = batch.records().iter().map(|record| record.value().text());
        self.0.state().taken.extend(bodies.map(|body| String::from_utf8_lossy(&body).into_owned()));
        Ok(())
    }

    async fn close(&mut self, _: &QueueId) -> Result<(), SinkError> {
        self.0.visit_async(Method::Close).await
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.0.visit_async(Method::Stop).await
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        drop(self.0.visit(Method::Drop));
    }
}
