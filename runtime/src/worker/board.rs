//! What is shown of a worker. Written by the owners of connectors, read by anybody, waited for by nobody.

use super::slot::LEFT_BEHIND;
use crate::{
    host::{ConnectorView, State, TaskPhase, WorkerView},
    store::{StatusKey, StatusRecord, StatusStore},
};
use connector_api::{ConnectorName, TaskId};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// The worker's view, replaced whole with every change.
#[derive(Debug)]
pub(super) struct Board {
    view: Mutex<Arc<WorkerView>>,
    statuses: StatusStore,
    given_up: CancellationToken,
}

impl Board {
    pub(super) fn new(worker_id: &str, statuses: StatusStore) -> Self {
        let view = WorkerView {
            worker_id: worker_id.to_owned(),
            members: vec![worker_id.to_owned()],
            ..WorkerView::default()
        };
        Self { view: Mutex::new(Arc::new(view)), statuses, given_up: CancellationToken::new() }
    }

    pub(super) fn view(&self) -> Arc<WorkerView> {
        Arc::clone(&self.lock())
    }

    /// Shows a connector.
    pub(super) fn set(&self, name: &ConnectorName, connector: ConnectorView) {
        self.change(|view| {
            view.deleted.remove(name);
            let connector = match view.connectors.get(name) {
                Some(before) => connector.counting_on(before),
                None => connector,
            };
            view.connectors.insert(name.clone(), connector);
        });
    }

    /// Changes what is shown of a connector, unless it was deleted.
    pub(super) fn update(&self, name: &ConnectorName, change: impl FnOnce(&mut ConnectorView)) {
        self.change(|view| {
            if let Some(connector) = view.connectors.get_mut(name) {
                change(connector);
            }
        });
    }

    /// Shows a connector as deleted.
    pub(super) fn delete(&self, name: &ConnectorName) {
        self.change(|view| {
            if let Some(mut connector) = view.connectors.remove(name) {
                connector.state = State::Unassigned;
                for task in &mut connector.tasks {
                    task.state = State::Unassigned;
                    task.phase = TaskPhase::Stopping;
                    task.restart = None;
                }
                view.deleted.insert(name.clone(), connector);
            }
        });
    }

    /// Shows that the tasks of a deleted connector have ended, but for those whose threads were left behind.
    pub(super) fn ended(&self, name: &ConnectorName, left_behind: &BTreeSet<u32>) {
        self.change(|view| {
            let tasks = view.deleted.get_mut(name).into_iter().flat_map(|connector| &mut connector.tasks);
            for (task, number) in tasks.zip(0..) {
                task.phase = TaskPhase::Stopped;
                if left_behind.contains(&number) {
                    task.phase = TaskPhase::Error;
                    task.trace = Some(LEFT_BEHIND.to_owned());
                }
            }
        });
    }

    pub(super) fn give_up(&self) {
        self.given_up.cancel();
    }

    /// Cancelled when nothing is waited for any more.
    pub(super) fn given_up(&self) -> &CancellationToken {
        &self.given_up
    }

    /// Returns once the status topic has what the board shows.
    pub(super) async fn published(&self) {
        self.statuses.published().await;
    }

    fn change(&self, change: impl FnOnce(&mut WorkerView)) {
        let mut view = self.lock();
        change(Arc::make_mut(&mut view));
        self.statuses.set(statuses(&view));
    }

    fn lock(&self) -> MutexGuard<'_, Arc<WorkerView>> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn statuses(view: &WorkerView) -> BTreeMap<StatusKey, StatusRecord> {
    let mut all = BTreeMap::new();
    for (name, connector) in &view.connectors {
        let (state, trace) = (connector.state, connector.trace.clone());
        all.insert(StatusKey::Connector(name.clone()), StatusRecord { state, trace });
        for (task, number) in connector.tasks.iter().zip(0..) {
            let id = TaskId { connector: name.clone(), task: number };
            let (state, trace) = (task.state, task.trace.clone());
            all.insert(StatusKey::Task(id), StatusRecord { state, trace });
        }
    }
    all
}
