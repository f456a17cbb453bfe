//! A sink whose words carry no secrets.
//!
//! Every text of a task passes here once, before a status, a log or a dead letter can have it: the errors that its methods
//! return, and what their panics say.

use super::{panics, secrets::Secrets};
use crate::{causes, panic_text};
use connector_api::{
    Batch, CheckError, ConfigDef, ConfigError, ConfigErrors, ConnectorConfig, Delivery, QueueId, QueueOffset,
    SinkConnector, SinkError, SinkTask, TaskContext, async_trait,
};
use futures_util::FutureExt;
use std::{
    any::Any,
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

/// A connector class whose tasks keep the secrets of one connector.
pub(super) struct Guarded {
    pub(super) class: Arc<dyn SinkConnector>,
    pub(super) secrets: Secrets,
}

#[async_trait(?Send)]
#[warn(clippy::missing_trait_methods, reason = "what is not delegated is not the sink's own")]
impl SinkConnector for Guarded {
    fn class_name(&self) -> &str {
        self.class.class_name()
    }

    fn aliases(&self) -> &[&str] {
        self.class.aliases()
    }

    fn version(&self) -> &str {
        self.class.version()
    }

    fn task_class(&self) -> String {
        self.class.task_class()
    }

    fn config_def(&self) -> ConfigDef {
        self.class.config_def()
    }

    fn validate(&self, config: &ConnectorConfig) -> Result<(), ConfigErrors> {
        self.class.validate(config)
    }

    async fn check(&self, config: &ConnectorConfig) -> Result<(), CheckError> {
        match AssertUnwindSafe(async { self.class.check(config).await }).catch_unwind().await {
            Ok(outcome) => outcome.map_err(|error| hidden(&self.secrets, error)),
            Err(panic) => go_on_panicking(&self.secrets, &*panic),
        }
    }

    fn task_configs(&self, config: &ConnectorConfig, max: u32) -> Result<Vec<ConnectorConfig>, ConfigErrors> {
        self.class.task_configs(config, max)
    }

    fn delivery(&self) -> Delivery {
        self.class.delivery()
    }

    fn task(&self) -> Box<dyn SinkTask> {
        // The thread that a task is made on is the task's.
        panics::is_connectors_thread();
        let made = catch_unwind(AssertUnwindSafe(|| self.class.task()));
        let task = made.unwrap_or_else(|panic| go_on_panicking(&self.secrets, &*panic));
        Box::new(GuardedTask { task: Some(task), secrets: self.secrets.clone() })
    }
}

/// A task whose errors and panics hold no secrets, and which is dropped without a panic.
struct GuardedTask {
    /// There until it is dropped.
    task: Option<Box<dyn SinkTask>>,
    secrets: Secrets,
}

impl GuardedTask {
    /// What `call` comes to on the task itself.
    async fn guard<'a, T, F>(
        &'a mut self,
        call: impl FnOnce(&'a mut dyn SinkTask) -> F,
    ) -> Result<T, SinkError>
    where
        F: Future<Output = Result<T, SinkError>> + 'a,
    {
        let Some(task) = &mut self.task else { return Err(SinkError::fatal("called after its end")) };
        match AssertUnwindSafe(async { call(&mut **task).await }).catch_unwind().await {
            Ok(outcome) => outcome.map_err(|error| keep(&self.secrets, error)),
            Err(panic) => go_on_panicking(&self.secrets, &*panic),
        }
    }
}

#[async_trait(?Send)]
#[warn(clippy::missing_trait_methods, reason = "what is not delegated is not the sink's own")]
impl SinkTask for GuardedTask {
    async fn start(&mut self, context: &TaskContext, config: &ConnectorConfig) -> Result<(), SinkError> {
        self.guard(|task| task.start(context, config)).await
    }

    async fn open(
        &mut self,
        queue: &QueueId,
        committed: Option<QueueOffset>,
    ) -> Result<Option<QueueOffset>, SinkError> {
        self.guard(|task| task.open(queue, committed)).await
    }

    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError> {
        self.guard(|task| task.put(batch)).await
    }

    async fn close(&mut self, queue: &QueueId) -> Result<(), SinkError> {
        self.guard(|task| task.close(queue)).await
    }

    async fn stop(&mut self) -> Result<(), SinkError> {
        self.guard(|task| task.stop()).await
    }
}

impl Drop for GuardedTask {
    fn drop(&mut self) {
        let task = self.task.take();
        // A second panic while the first goes on would end the whole process.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(task))) {
            let message = panic_text(&*panic);
            let message = self.secrets.hidden_in(&message);
            tracing::error!(%message, "a sink panicked when it was dropped");
        }
    }
}

// Invariant 6: what a sink says is stripped of its secrets here, whatever becomes of it.
fn keep(secrets: &Secrets, error: SinkError) -> SinkError {
    if let SinkError::Records(mut records) = error {
        for record in &mut records {
            if let Cow::Owned(reason) = secrets.hidden_in(&record.reason) {
                record.reason = reason;
            }
        }
        return SinkError::Records(records);
    }
    match secrets.hidden_in(&causes(&error)) {
        Cow::Borrowed(_) => error,
        // The causes become one text, since each of them may hold a secret.
        Cow::Owned(text) => match error {
            SinkError::Retriable(_) => SinkError::retriable(text),
            _ => SinkError::fatal(text),
        },
    }
}

/// What a target has against a configuration may quote it.
fn hidden(secrets: &Secrets, error: CheckError) -> CheckError {
    let hide =
        |error: ConfigError| ConfigError { problem: secrets.hidden_in(&error.problem).into_owned(), ..error };
    match error {
        CheckError::Wrong(ConfigErrors(errors)) => {
            CheckError::Wrong(ConfigErrors(errors.into_iter().map(hide).collect()))
        }
        other => CheckError::Unanswered(secrets.hidden_in(&other.to_string()).into_owned()),
    }
}

/// The same panic, without secrets in what it says.
fn go_on_panicking(secrets: &Secrets, panic: &(dyn Any + Send)) -> ! {
    resume_unwind(Box::new(secrets.hidden_in(&panic_text(panic)).into_owned()))
}
