//! Transforms in their order, and what a record becomes on its way through them.

use crate::{
    config,
    error::{Problem, Side, TransformError},
    part::Part,
    predicate::Condition,
    record::OpenRecord,
};
use connector_api::{ConfigErrors, ConnectRecord, ConnectorConfig, QueueId};
use std::{fmt, sync::Arc};

/// What changes a record.
pub(crate) trait Transform: Send + fmt::Debug {
    /// Changes `record`, or says that it is to be dropped.
    ///
    /// # Errors
    /// [`Problem`] when the record is not what the transform was made for.
    fn apply(&mut self, record: &mut OpenRecord<'_>) -> Result<Flow, Problem>;
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// It goes on.
    Pass,
    /// It ends here.
    Drop,
}

/// The transforms of one connector, in order.
///
/// A chain remembers what it made of names and schemas before, so each task has its own.
#[derive(Debug)]
pub struct Chain {
    steps: Vec<Step>,
    key: Part,
    value: Part,
}

/// One transform, and when it applies.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: Arc<str>,
    pub(crate) class: Arc<str>,
    pub(crate) condition: Option<Condition>,
    pub(crate) transform: Box<dyn Transform>,
}

impl Chain {
    /// The chain that the keys `transforms`, `transforms.<name>.*`, `predicates` and `predicates.<name>.*` describe; other keys are
    /// not looked at. Without them it is empty.
    ///
    /// # Errors
    /// All that is wrong with these keys, each by its full name.
    pub fn from_config(config: &ConnectorConfig) -> Result<Self, ConfigErrors> {
        let steps = config::steps(config)?;
        Ok(Self { steps, key: Part::new(Side::Key), value: Part::new(Side::Value) })
    }

    /// Whether every record comes out as it went in.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What becomes of `record`, which came from `origin`; `None` when it is dropped.
    ///
    /// A record that no transform looks into is not parsed; one that some look into is opened once, and written once.
    ///
    /// # Errors
    /// [`TransformError`] when the record is not what a transform was made for. The chain is ready for the next one.
    pub fn apply(
        &mut self,
        origin: &QueueId,
        record: ConnectRecord,
    ) -> Result<Option<ConnectRecord>, TransformError> {
        if self.steps.is_empty() {
            return Ok(Some(record));
        }
        self.key.forget();
        self.value.forget();
        let mut record = OpenRecord::new(record, origin, &mut self.key, &mut self.value);
        for step in &mut self.steps {
            if step.condition.as_mut().is_some_and(|condition| !condition.holds(&record)) {
                continue;
            }
            match step.transform.apply(&mut record) {
                Ok(Flow::Pass) => {}
                Ok(Flow::Drop) => return Ok(None),
                Err(problem) => return Err(step.failed(problem)),
            }
        }
        Ok(Some(record.finish()))
    }
}

impl Step {
    fn failed(&self, problem: Problem) -> TransformError {
        TransformError { transform: Arc::clone(&self.name), class: Arc::clone(&self.class), problem }
    }
}
