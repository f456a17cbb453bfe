//! A worker as others see it.

use super::{Command, Ended, board::Board};
use crate::{
    host::{Host, HostError, TargetState, WorkerView},
    plugins::Plugins,
};
use async_trait::async_trait;
use connector_api::{ConnectorConfig, ConnectorName};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// Talks to a worker. When the last clone is dropped the worker stops.
#[derive(Debug, Clone)]
pub struct WorkerHandle {
    commands: mpsc::Sender<Command>,
    board: Arc<Board>,
    plugins: Arc<Plugins>,
}

impl WorkerHandle {
    pub(super) fn new(commands: mpsc::Sender<Command>, board: Arc<Board>, plugins: Arc<Plugins>) -> Self {
        Self { commands, board, plugins }
    }

    /// Ends the worker: no more records are fetched, what is in flight is put and committed, sinks are stopped. What is not
    /// done by the deadline is given up, and its records come again. Zero ends it at once.
    pub async fn shutdown(&self, deadline: Duration) -> Ended {
        let (answer, answered) = oneshot::channel();
        if self.commands.send(Command::Shutdown(deadline, answer)).await.is_err() {
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
        command: impl FnOnce(oneshot::Sender<Result<(), HostError>>) -> Command,
    ) -> Result<(), HostError> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.map_err(|_| HostError::ShuttingDown)?;
        answered.await.unwrap_or(Err(HostError::ShuttingDown))
    }
}

#[async_trait]
impl Host for WorkerHandle {
    async fn put_connector(&self, name: ConnectorName, config: ConnectorConfig) -> Result<(), HostError> {
        self.ask(|answer| Command::Put(name, config, answer)).await
    }

    async fn delete_connector(&self, name: &ConnectorName) -> Result<(), HostError> {
        self.ask(|answer| Command::Delete(name.clone(), answer)).await
    }

    async fn set_target(&self, name: &ConnectorName, target: TargetState) -> Result<(), HostError> {
        self.ask(|answer| Command::Target(name.clone(), target, answer)).await
    }

    fn view(&self) -> Arc<WorkerView> {
        self.board.view()
    }

    fn plugins(&self) -> &Plugins {
        &self.plugins
    }
}
