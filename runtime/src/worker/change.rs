//! Changes that operators ask for: each is in the configuration topic before anything is done about it.

use super::{
    Running, Worker,
    connector::Connector,
    group,
    plan::{self, Plan},
    shared::{Configured, Wanted},
};
use crate::{
    host::{HostError, Restarted, TargetState},
    store::{StoreError, StoredConnector},
};
use connector_api::{ConnectorConfig, ConnectorName};
use std::sync::{Arc, OnceLock};
use tokio::sync::{mpsc, oneshot, watch};

/// What an operator asks for.
pub(super) enum Change {
    Put(ConnectorName, ConnectorConfig, Box<Plan>, oneshot::Sender<Result<(), HostError>>),
    /// Of a connector that there is not.
    Create(ConnectorName, ConnectorConfig, Box<Plan>, TargetState, oneshot::Sender<Result<(), HostError>>),
    Restart(ConnectorName, Restarted, oneshot::Sender<Result<(), HostError>>),
    Delete(ConnectorName, oneshot::Sender<Result<(), HostError>>),
    Target(ConnectorName, TargetState, oneshot::Sender<Result<(), HostError>>),
}

impl Worker {
    pub(super) async fn obey(&mut self, change: Change) {
        // A handle that has gone away does not hear the answer.
        match change {
            Change::Put(name, config, plan, answer) => {
                drop(answer.send(self.put(&name, config, *plan).await));
            }
            Change::Create(name, config, plan, target, answer) => {
                drop(answer.send(self.create(&name, config, *plan, target).await));
            }
            Change::Restart(name, which, answer) => drop(answer.send(self.restart(&name, which))),
            Change::Delete(name, answer) => drop(answer.send(self.delete(&name).await)),
            Change::Target(name, target, answer) => {
                drop(answer.send(self.set_target(&name, target).await));
            }
        }
    }

    async fn put(
        &mut self,
        name: &ConnectorName,
        config: ConnectorConfig,
        plan: Plan,
    ) -> Result<(), HostError> {
        let stored = self.configs.all();
        let is_same = stored.get(name).is_some_and(|stored| stored.config.same_as(&config));
        if is_same && !self.configs.is_in_doubt(name) {
            return Err(HostError::SameConfig);
        }
        group::check(name, &config, &stored)?;
        self.configs.put(name, config).await.map_err(store_error)?;
        if let Some(stored) = self.configs.get(name) {
            self.apply(name, stored, Some(plan), None);
        }
        Ok(())
    }

    async fn create(
        &mut self,
        name: &ConnectorName,
        config: ConnectorConfig,
        plan: Plan,
        target: TargetState,
    ) -> Result<(), HostError> {
        let stored = self.configs.all();
        if stored.contains_key(name) && !self.configs.is_in_doubt(name) {
            return Err(HostError::Exists(name.clone()));
        }
        group::check(name, &config, &stored)?;
        self.configs.create(name, config, target).await.map_err(store_error)?;
        if let Some(stored) = self.configs.get(name) {
            self.apply(name, stored, Some(plan), None);
        }
        Ok(())
    }

    /// Nothing of it is stored: it is about threads of this worker.
    fn restart(&mut self, name: &ConnectorName, which: Restarted) -> Result<(), HostError> {
        let StoredConnector { config, target } = self.known(name)?;
        let Some(running) = self.connectors.get(name) else { return Ok(()) };
        let is_planned = match &*running.wanted.borrow() {
            Wanted::There(configured, _) => configured.plan.get().is_some(),
            Wanted::Gone => false,
        };
        match which {
            Restarted::Connector if is_planned => {}
            Restarted::Connector | Restarted::All => {
                let configured = Configured { config, plan: OnceLock::new() };
                running.wanted.send_replace(Wanted::There(Arc::new(configured), target));
            }
            // As when an operator resumes it.
            Restarted::Failed => drop(running.wanted.send_if_modified(|_| true)),
            // A connector that has ended has no tasks.
            Restarted::Task(task) => drop(running.restarts.send(task)),
        }
        Ok(())
    }

    async fn delete(&mut self, name: &ConnectorName) -> Result<(), HostError> {
        if !self.configs.is_in_doubt(name) {
            self.known(name)?;
        }
        self.configs.delete(name).await.map_err(store_error)?;
        self.forget(name);
        Ok(())
    }

    async fn set_target(&mut self, name: &ConnectorName, target: TargetState) -> Result<(), HostError> {
        let known = self.known(name)?;
        if known.target != target || self.configs.is_in_doubt(name) {
            self.configs.set_target(name, target).await.map_err(store_error)?;
        }
        // Also when it is wanted so already: an operator's word starts what has failed.
        self.apply(name, StoredConnector { target, ..known }, None, None);
        Ok(())
    }

    fn known(&self, name: &ConnectorName) -> Result<StoredConnector, HostError> {
        self.configs.get(name).ok_or_else(|| HostError::UnknownConnector(name.clone()))
    }

    /// Makes a connector what the topic says after another worker has changed it.
    pub(super) fn refresh(&mut self, name: &ConnectorName) {
        match self.configs.get(name) {
            Some(stored) => self.apply(name, stored, None, None),
            None => self.forget(name),
        }
    }

    fn forget(&self, name: &ConnectorName) {
        self.shared.board.delete(name);
        if let Some(running) = self.connectors.get(name) {
            running.wanted.send_replace(Wanted::Gone);
        }
    }

    /// Makes the connector what the topic says. `plan` is what its configuration comes to, if that is known already;
    /// `first_plan` is dropped as soon as it is.
    pub(super) fn apply(
        &mut self,
        name: &ConnectorName,
        stored: StoredConnector,
        plan: Option<Plan>,
        first_plan: Option<mpsc::Sender<()>>,
    ) {
        let StoredConnector { config, target } = stored;
        let board = &self.shared.board;
        let running = self.connectors.get(name).filter(|running| !running.owner.is_finished());
        let before = running.map(|running| running.wanted.borrow().clone());
        let configured = match before {
            Some(Wanted::There(before, _)) if before.config.same_as(&config) => {
                board.update(name, |view| plan::aim(view, target));
                before
            }
            _ => {
                board.set(
                    name,
                    match &plan {
                        Some(plan) => plan.first_view(&config, target),
                        None => plan::unseen_view(&config, target),
                    },
                );
                let plan = plan.map(OnceLock::from).unwrap_or_default();
                Arc::new(Configured { config, plan })
            }
        };
        let wanted = Wanted::There(configured, target);
        if let Some(running) = running {
            // Also one that was deleted and is on its way out: it comes back when its tasks have ended.
            running.wanted.send_replace(wanted);
            return;
        }
        let (sender, receiver) = watch::channel(wanted);
        let (restarts, restarted) = mpsc::unbounded_channel();
        let connector =
            Connector::new(name.clone(), receiver, restarted, Arc::clone(&self.shared), first_plan);
        self.connectors
            .insert(name.clone(), Running { wanted: sender, restarts, owner: tokio::spawn(connector.run()) });
    }
}

fn store_error(error: StoreError) -> HostError {
    match error {
        StoreError::InDoubt { .. } => HostError::InDoubt(Box::new(error)),
        _ => HostError::Store(Box::new(error)),
    }
}
