//! A worker as others see it.

use super::{
    Ended, Ending,
    board::Board,
    change::Change,
    plan::{Origin, Planner},
};
use crate::{
    host::{Host, HostError, Restarted, TargetState, WorkerView},
    plugins::Plugins,
    store::ConnectorNames,
};
use async_trait::async_trait;
use connector_api::{ConnectorConfig, ConnectorName};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// What heals a record of the configuration topic that cannot be read.
const ASK_ANEW: &str = "post its configuration, pause or resume it, before the worker is started again, to put a whole record behind that one";

/// Talks to a worker. When the last clone is dropped the worker stops.
#[derive(Debug, Clone)]
pub struct WorkerHandle {
    pub(super) changes: mpsc::Sender<Change>,
    pub(super) endings: mpsc::Sender<Ending>,
    pub(super) board: Arc<Board>,
    pub(super) planner: Arc<Planner>,
    pub(super) names: ConnectorNames,
}

impl WorkerHandle {
    /// Ends the worker: no more records are fetched, what is in flight is put and committed, sinks are stopped. What is not
    /// done by the deadline is given up, and its records come again. Zero ends it at once.
    pub async fn shutdown(&self, deadline: Duration) -> Ended {
        let (answer, answered) = oneshot::channel();
        let ending = Ending { deadline: Instant::now() + deadline, answer: Some(answer) };
        if self.endings.send(ending).await.is_err() {
            // It has been told before.
            return Ended::InOrder;
        }
        answered.await.unwrap_or(Ended::GivenUp)
    }

    /// Ends tasks that a [`shutdown`](Self::shutdown) under way still waits for.
    pub fn give_up(&self) {
        self.board.give_up();
    }

    async fn ask(
        &self,
        change: impl FnOnce(oneshot::Sender<Result<(), HostError>>) -> Change,
    ) -> Result<(), HostError> {
        let (answer, answered) = oneshot::channel();
        self.changes.send(change(answer)).await.map_err(|_| HostError::ShuttingDown)?;
        answered.await.unwrap_or(Err(HostError::ShuttingDown))
    }
}

#[async_trait]
impl Host for WorkerHandle {
    async fn put_connector(
        &self,
        name: ConnectorName,
        config: ConnectorConfig,
    ) -> Result<ConnectorConfig, HostError> {
        // Found before the class is asked, as a Java worker does it.
        let is_same = self.view().connectors.get(&name).is_some_and(|known| known.config.same_as(&config));
        if is_same && !self.names.is_in_doubt(&name) {
            return Err(HostError::SameConfig);
        }
        // Here and not in the worker, which other connectors wait for too.
        let planned = self.planner.plan(&name, &config, Origin::Operator).await;
        let plan = planned.map_err(|unplanned| unplanned.error)?;
        self.planner.check_target(&name, &plan).await?;
        let shown = plan.shown.clone();
        self.ask(|answer| Change::Put(name, config, Box::new(plan), answer)).await.map(|()| shown)
    }

    async fn create_connector(
        &self,
        name: ConnectorName,
        config: ConnectorConfig,
        target: TargetState,
    ) -> Result<ConnectorConfig, HostError> {
        if self.view().connectors.contains_key(&name) && !self.names.is_in_doubt(&name) {
            return Err(HostError::Exists(name));
        }
        let planned = self.planner.plan(&name, &config, Origin::Operator).await;
        let plan = planned.map_err(|unplanned| unplanned.error)?;
        self.planner.check_target(&name, &plan).await?;
        let shown = plan.shown.clone();
        let created = self.ask(|answer| Change::Create(name, config, Box::new(plan), target, answer)).await;
        created.map(|()| shown)
    }

    async fn restart(&self, name: &ConnectorName, which: Restarted) -> Result<(), HostError> {
        self.ask(|answer| Change::Restart(name.clone(), which, answer)).await
    }

    async fn delete_connector(&self, name: &ConnectorName) -> Result<(), HostError> {
        self.ask(|answer| Change::Delete(name.clone(), answer)).await
    }

    async fn set_target(&self, name: &ConnectorName, target: TargetState) -> Result<(), HostError> {
        self.ask(|answer| Change::Target(name.clone(), target, answer)).await
    }

    fn view(&self) -> Arc<WorkerView> {
        let mut view = self.board.view();
        let unread = self.names.unreadable();
        if unread.all().len() > 0 {
            let view = Arc::make_mut(&mut view);
            view.unreadable = unread.all().len();
            for (name, connector) in &mut view.connectors {
                if let (None, Some(why)) = (&connector.trace, unread.of(name)) {
                    connector.trace = Some(format!("it may be out of date: {why}; {ASK_ANEW}"));
                }
            }
        }
        view
    }

    fn plugins(&self) -> &Plugins {
        &self.planner.plugins
    }
}
