//! What a connector has to know before its tasks can start: what its configuration comes to, and which queues there are.

use super::{
    backoff::Backoff,
    connector::Connector,
    plan::{self, Origin, Plan, Unplanned},
    shared::Configured,
    topics,
};
use crate::{
    causes,
    host::{ConnectorView, Restart, State, TaskPhase},
    task::{Failure, settings::RestartPolicy},
};
use connector_api::QueueId;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::time::Instant;

/// Why a wait is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Woken {
    /// The time has come.
    Due,
    /// Something was said.
    Told,
}

impl Connector {
    /// What a configuration comes to; nothing once another is wanted.
    pub(super) async fn plan<'c>(&mut self, configured: &'c Arc<Configured>) -> Option<&'c Plan> {
        let shared = Arc::clone(&self.shared);
        let name = self.name.clone();
        let mut backoff = Backoff::new(shared.options.defaults.restart);
        loop {
            if let Some(plan) = configured.plan.get() {
                self.first_plan = None;
                return Some(plan);
            }
            let planned = tokio::select! {
                planned = shared.planner.plan(&name, &configured.config, Origin::Topic) => planned,
                () = self.until_not(|now| now.is_configured(configured)) => return None,
            };
            let unplanned = match planned {
                Ok(plan) => {
                    self.show_of(configured, |view| {
                        *view = plan.first_view(&configured.config, view.target).counting_on(view);
                    });
                    configured.plan.get_or_init(|| plan);
                    continue;
                }
                Err(unplanned) => unplanned,
            };
            self.show_unplanned(configured, &unplanned);
            self.first_plan = None;
            let due = match unplanned.may_pass {
                true => backoff.after_failure(Duration::ZERO, Failure::Lasting).0,
                false => None,
            };
            if self.until_due(due).await == Woken::Told {
                if !self.is_configured(configured) {
                    return None;
                }
                backoff.begin_anew();
            }
        }
    }

    /// The queues of the topics, as soon as there are any.
    pub(super) async fn find_queues(
        &mut self,
        configured: &Arc<Configured>,
        plan: &Plan,
    ) -> Option<BTreeSet<QueueId>> {
        // It waits for a topic as it waits for a broker: without counting.
        let mut backoff = Backoff::new(RestartPolicy { max_attempts: None, ..plan.settings.restart });
        let shared = Arc::clone(&self.shared);
        loop {
            let found = tokio::select! {
                found = topics::queues(&shared.options, &plan.settings.topics) => found,
                () = self.until_not(|now| now.is_to_run(configured)) => return None,
            };
            let error = match found {
                Ok(queues) => {
                    self.show_of(configured, plan::is_as_aimed);
                    return Some(queues);
                }
                Err(error) => error,
            };
            let (due, restart) = backoff.after_failure(Duration::ZERO, Failure::Passing);
            let cause = causes(&error);
            if restart.attempt == 1 {
                tracing::error!(connector = %self.name, error = cause, "connector cannot run yet");
            }
            self.show_no_queues(configured, &cause, restart);
            if self.until_due(due).await == Woken::Told {
                if !self.is_to_run(configured) {
                    return None;
                }
                backoff.begin_anew();
            }
        }
    }

    /// The topics of which some queue was read before, unless something else is wanted meanwhile.
    pub(super) async fn topics_begun(
        &mut self,
        configured: &Arc<Configured>,
        queues: &BTreeSet<QueueId>,
    ) -> Option<BTreeSet<Arc<str>>> {
        let (shared, name) = (Arc::clone(&self.shared), self.name.clone());
        let brokers: BTreeSet<_> = queues.iter().map(|queue| &queue.broker).collect();
        tokio::select! {
            begun = shared.offsets.topics_begun(&name, brokers) => Some(begun),
            () = self.until_not(|now| now.is_to_run(configured)) => None,
        }
    }

    /// Changes what is shown of the connector, unless another configuration is shown already.
    fn show_of(&self, configured: &Configured, change: impl FnOnce(&mut ConnectorView)) {
        self.shared.board.update(&self.name, |view| {
            if view.config.same_as(&configured.config) {
                change(view);
            }
        });
    }

    fn show_unplanned(&self, configured: &Configured, unplanned: &Unplanned) {
        let cause = unplanned.trace();
        tracing::error!(connector = %self.name, error = cause, "the stored configuration cannot be run");
        self.show_of(configured, |view| {
            view.shown = unplanned.shown.clone();
            view.state = State::Failed;
            view.trace = Some(cause);
            view.tasks.clear();
        });
    }

    fn show_no_queues(&self, configured: &Configured, cause: &str, restart: Restart) {
        self.show_of(configured, |view| {
            view.state = State::Failed;
            view.trace = Some(cause.to_owned());
            for task in &mut view.tasks {
                task.state = State::Failed;
                task.phase = TaskPhase::Error;
                task.trace = Some(cause.to_owned());
                task.restart = Some(restart);
            }
        });
    }

    /// Returns when it is time, if ever, or before that when something is said.
    async fn until_due(&mut self, due: Option<Instant>) -> Woken {
        let due = async {
            match due {
                Some(due) => tokio::time::sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => Woken::Due,
            () = self.until_told() => Woken::Told,
        }
    }

    /// Returns once that is not so any more.
    async fn until_not(&mut self, is_so: impl Fn(&Self) -> bool) {
        while is_so(self) {
            self.until_told().await;
        }
    }
}
