//! A load from its body to the end of its transaction.

use std::sync::Arc;
use std::time::Duration;

use super::receive::{Intake, ReceiveError, Received, receive};
use super::record::Origin;
use super::{Begun, Member, answer};
use crate::admin::{AfterRunning, FaultKind};
use crate::be::error_log;
use crate::be::reply::{LoadReply, json};
use crate::http::{Exchange, Outcome, Response};
use crate::load::{Group, Job, Report, run};
use crate::store::Visibility;

/// A load that has run.
struct Ended {
    reply: LoadReply,
    /// Whether it went through.
    loaded: bool,
    /// Its part in a group, which holds the group until it is left.
    member: Option<Member>,
}

impl Begun {
    /// Takes the body, runs the load and answers, as far as the fault lets it.
    pub(super) async fn finish(
        mut self,
        intake: Intake,
        exchange: &mut Exchange<'_>,
        origin: &Origin,
        fault: Option<FaultKind>,
    ) -> Outcome {
        let slowness = match fault {
            Some(FaultKind::SlowReader { bytes_per_second }) => Some(bytes_per_second),
            _ => None,
        };
        let received = match receive(exchange, intake, &self.settings, slowness).await {
            Ok(received) => received,
            Err(ReceiveError::Unreadable(failure)) => {
                let cluster = Arc::clone(&self.cluster);
                let reply = self.refused(&failure.to_string());
                origin.record(&cluster, &reply);
                return json(&reply).into();
            }
            Err(error) => {
                tracing::info!(label = self.reply.label, %error, "an upload died half-way");
                self.transaction.abort(&format!("[INTERNAL_ERROR]cancelled: {error}"));
                return Outcome::Drop;
            }
        };
        self.reply.received(received.bytes, received.receiving, received.reading);
        match fault {
            Some(FaultKind::DropBeforeCommit) => return Outcome::Drop,
            Some(FaultKind::Hold) => self.cluster.faults.wait_for_release().await,
            Some(FaultKind::Running { delay_ms, then }) => {
                self.leave_running(received, Duration::from_millis(delay_ms), then);
                return Outcome::Drop;
            }
            _ => {}
        }
        let cluster = Arc::clone(&self.cluster);
        let database = Arc::clone(&self.transaction.database);
        let id = self.transaction.id;
        let waits = self.settings.group == Some(Group::Sync);
        let visibility = self.visibility(fault.as_ref());
        // Once handed over, the load runs to its end even if the client goes away.
        let task = cluster.tasks.spawn_blocking(move || self.run(received, visibility));
        let ended = match task.await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a load broke down");
                return Response::counted(500, "text/plain", "the load broke down\n").into();
            }
        };
        let published = ended.member.map(Member::leave);
        match published {
            Some(published) if waits => published.await,
            _ => {}
        }
        origin.record(&cluster, &ended.reply);
        answer::answer(&cluster, database, id, fault.filter(|_| ended.loaded), ended.reply).await
    }

    fn visibility(&self, fault: Option<&FaultKind>) -> Visibility {
        match fault {
            _ if self.settings.two_phase && self.settings.group.is_none() => Visibility::Prepared,
            _ if self.settings.group.is_some() => Visibility::Grouped,
            Some(FaultKind::PublishTimeout { .. }) => Visibility::Later,
            _ => Visibility::Published,
        }
    }

    /// Runs the load. Blocks.
    fn run(mut self, received: Received, visibility: Visibility) -> Ended {
        let bytes = received.bytes;
        let job = Job {
            plan: self.plan,
            settings: self.settings,
            transaction: self.transaction.id,
            visibility,
            bytes,
        };
        let report = run(&self.transaction.database, job, received.body);
        let mut reply = self.reply;
        reply.counted(&report);
        if report.rejects.count > 0 {
            match error_log::keep(&self.cluster, self.transaction.id, &report.rejects.text) {
                Ok(url) => reply.error_url = Some(url),
                Err(error) => tracing::warn!(%error, "cannot keep an error log"),
            }
        }
        let Report { loaded, outcome, .. } = report;
        tracing::debug!(label = reply.label, rows = loaded, loaded = outcome.is_ok(), "load ended");
        match outcome {
            Ok(()) => Ended {
                reply: reply.succeeded(self.started),
                loaded: true,
                member: self.transaction.done(bytes),
            },
            Err(failure) => {
                self.transaction.abort(&failure.to_string());
                Ended { reply: reply.failed(failure.to_string(), self.started), loaded: false, member: None }
            }
        }
    }

    /// Ends a load whose body cannot be read.
    fn refused(mut self, message: &str) -> LoadReply {
        self.transaction.abort(message);
        self.reply.failed(message.to_owned(), self.started)
    }

    /// Ends the load later, with nobody waiting for the answer.
    fn leave_running(mut self, received: Received, delay: Duration, then: AfterRunning) {
        let cluster = Arc::clone(&self.cluster);
        cluster.tasks.clone().spawn(async move {
            tokio::select! {
                // Stopping forgets a load that has not committed, as a restart does.
                () = cluster.stop.cancelled() => return,
                () = tokio::time::sleep(delay) => {}
            }
            match then {
                AfterRunning::Aborted => {
                    self.transaction.abort("[INTERNAL_ERROR]cancelled: the client went away");
                }
                AfterRunning::Visible => {
                    let visibility = self.visibility(None);
                    let task = tokio::task::spawn_blocking(move || drop(self.run(received, visibility)));
                    if let Err(error) = task.await {
                        tracing::error!(%error, "a load broke down");
                    }
                }
            }
        });
    }
}
