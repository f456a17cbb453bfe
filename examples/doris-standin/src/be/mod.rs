//! The back end's HTTP port: loads, their error logs, and the second phase of two-phase commits.

mod encoding;
mod error_log;
mod label;
mod load;
mod reply;
mod transaction;
mod two_phase;

use std::sync::Arc;

use crate::admin::{self, FaultKind, Point};
use crate::cluster::Cluster;
use crate::http::{Exchange, Handler, Outcome, Response};
use crate::load::Server;

use load::Groups;
pub(crate) use load::Intake;

/// Content type of the back end's answers.
const CONTENT_TYPE: &str = "text/html; version=0.0.4";

/// Answers the back end's HTTP port.
#[derive(Debug)]
pub(crate) struct Backend {
    cluster: Arc<Cluster>,
    profile: Profile,
    groups: Arc<Groups>,
}

/// How loads are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile {
    pub(crate) server: Server,
    pub(crate) intake: Intake,
}

impl Backend {
    pub(crate) fn new(cluster: Arc<Cluster>, profile: Profile) -> Self {
        Self { cluster, profile, groups: Arc::default() }
    }
}

impl Handler for Backend {
    async fn handle(&self, exchange: &mut Exchange<'_>) -> Outcome {
        let outcome = self.route(exchange).await;
        encoding::encoded(&exchange.request.headers, outcome)
    }
}

impl Backend {
    async fn route(&self, exchange: &mut Exchange<'_>) -> Outcome {
        let cluster = &self.cluster;
        if let Some(response) = admin::respond(cluster, exchange).await {
            return response.into();
        }
        let segments = exchange.request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (exchange.request.method.as_str(), parts.as_slice()) {
            // One published client ends the path in a slash.
            (
                "PUT",
                ["api", database, table, "_stream_load"] | ["api", database, table, "_stream_load", ""],
            ) => load::handle(self, exchange, database, table).await,
            ("PUT", ["api", database, "_stream_load_2pc"] | ["api", database, _, "_stream_load_2pc"]) => {
                two_phase(cluster, exchange, database).await
            }
            ("GET", ["api", "_load_error_log"]) => {
                match cluster.faults.strike(Point::BackendErrorLog, None) {
                    Some(FaultKind::Drop) => Outcome::Drop,
                    Some(FaultKind::Status { status, body, .. }) => {
                        Response::counted(status, "text/plain", body).into()
                    }
                    Some(FaultKind::Hang) => {
                        cluster.faults.wait_for_release().await;
                        error_log::handle(cluster, exchange).await.into()
                    }
                    Some(FaultKind::Slow { delay_ms }) => {
                        tokio::time::sleep(std::time::Duration::from_millis(delay_ms)).await;
                        error_log::handle(cluster, exchange).await.into()
                    }
                    _ => error_log::handle(cluster, exchange).await.into(),
                }
            }
            ("GET", ["api", "health"]) => {
                let body = r#"{"status": "OK","msg": "To Be Added"}"#;
                Response::counted(200, "application/json", body).into()
            }
            _ => Response::counted(404, CONTENT_TYPE, "Not Found").into(),
        }
    }
}

/// Ends a prepared load, as far as faults let it.
async fn two_phase(cluster: &Arc<Cluster>, exchange: &Exchange<'_>, database: &str) -> Outcome {
    let fault = cluster.faults.strike(Point::BackendTwoPhase, None);
    match &fault {
        Some(FaultKind::Drop) => return Outcome::Drop,
        Some(FaultKind::Status { status, body, .. }) => {
            return Response::counted(*status, "text/html", body.clone()).into();
        }
        Some(FaultKind::Slow { delay_ms }) => {
            tokio::time::sleep(std::time::Duration::from_millis(*delay_ms)).await;
        }
        Some(FaultKind::Hang) => cluster.faults.wait_for_release().await,
        _ => {}
    }
    let response = two_phase::handle(cluster, exchange, database).await;
    if fault == Some(FaultKind::CommitThenDrop) { Outcome::Drop } else { response.into() }
}
