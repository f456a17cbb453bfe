//! The two traits of a sink.

use crate::{
    Batch, CheckError, ConfigDef, ConfigErrors, ConnectorConfig, QueueId, QueueOffset, SinkError,
    TaskContext, async_trait,
};

/// A kind of sink: what it is called, what it can be told, and how it makes tasks.
///
/// One value serves all connectors of the class and is shared by threads, so it holds no state of any of them.
#[async_trait(?Send)]
pub trait SinkConnector: Send + Sync {
    /// The name that `connector.class` gives in full, such as `org.apache.rocketmq.connect.doris.DorisSinkConnector`.
    ///
    /// Its last part, with or without `Connector` at the end, is accepted too.
    fn class_name(&self) -> &str;

    /// Further names under which the class is known, such as `doris`.
    fn aliases(&self) -> &[&str] {
        &[]
    }

    /// The version shown to operators.
    fn version(&self) -> &str {
        "undefined"
    }

    /// The name of the task class shown to operators, as a Java worker shows it.
    fn task_class(&self) -> String {
        let class = self.class_name();
        format!("{}Task", class.strip_suffix("Connector").unwrap_or(class))
    }

    /// The keys it understands, beyond those of the host.
    fn config_def(&self) -> ConfigDef;

    /// Checks a configuration before anything runs, and without asking anybody. The default checks it against
    /// [`config_def`](Self::config_def).
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    fn validate(&self, config: &ConnectorConfig) -> Result<(), ConfigErrors> {
        self.config_def().check(config)
    }

    /// Asks the target whether a configuration that [`validate`](Self::validate) found right fits it: whether what it names is there,
    /// and is of the right kind. The host calls it when an operator creates a connector or changes its configuration, before it
    /// stores anything, and drops the call after a few seconds. The default asks nothing.
    ///
    /// # Errors
    /// [`CheckError::Wrong`] refuses the configuration, so it is for what the target itself has said. What keeps the target from
    /// answering is [`CheckError::Unanswered`]: the host logs it and goes on, as tasks wait for their target anyway.
    async fn check(&self, _config: &ConnectorConfig) -> Result<(), CheckError> {
        Ok(())
    }

    /// One configuration a task, at most `max` of them. The default gives every task the whole configuration.
    ///
    /// # Errors
    /// What stands against splitting it.
    fn task_configs(&self, config: &ConnectorConfig, max: u32) -> Result<Vec<ConnectorConfig>, ConfigErrors> {
        Ok((0..max).map(|_| config.clone()).collect())
    }

    /// What the sink promises when a batch comes a second time.
    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }

    /// A new task, not started. Called on the thread that the task will live on.
    fn task(&self) -> Box<dyn SinkTask>;
}

/// What becomes of a batch that is put twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Its records are there twice.
    AtLeastOnce,
    /// The second copy is recognised by the batch's identity and refused, so records are there once.
    Idempotent,
}

/// One running part of a connector.
///
/// The host calls it from one thread that belongs to this task alone, one call at a time, so a task may block and need
/// not be `Send`. A call may be dropped at an `.await` when the worker has to stop.
#[async_trait(?Send)]
pub trait SinkTask {
    /// Connects to the target and checks what can be checked.
    ///
    /// # Errors
    /// [`SinkError::Retriable`] when the target may come back, otherwise [`SinkError::Fatal`].
    async fn start(&mut self, context: &TaskContext, config: &ConnectorConfig) -> Result<(), SinkError>;

    /// Tells the task that records of `queue` will follow, and where the host would go on (`None`: at the start position
    /// that the configuration asks for).
    ///
    /// A sink that stores positions together with its data answers with its own, which the host then follows.
    ///
    /// # Errors
    /// As for [`start`](Self::start).
    async fn open(
        &mut self,
        _queue: &QueueId,
        _committed: Option<QueueOffset>,
    ) -> Result<Option<QueueOffset>, SinkError> {
        Ok(None)
    }

    /// Makes a batch durable. When this returns `Ok`, the host may forget the records.
    ///
    /// # Errors
    /// Each variant of [`SinkError`] says what it promises about the batch.
    async fn put(&mut self, batch: &Batch) -> Result<(), SinkError>;

    /// Tells the task that no records of `queue` will follow.
    ///
    /// # Errors
    /// They are logged; nothing depends on them.
    async fn close(&mut self, _queue: &QueueId) -> Result<(), SinkError> {
        Ok(())
    }

    /// The last call: lets go of what the task holds.
    ///
    /// # Errors
    /// They are logged; nothing depends on them.
    async fn stop(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
