//! `PUT /api/{db}/{table}/_stream_load`: one load, from its headers to its answer.
//!
//! The way of a load: [`begin`] checks the headers and begins a transaction, [`receive`] takes the body, [`finish`] runs the
//! load and ends the transaction, [`answer`] says what became of it. What outlives the request is in [`later`] and [`group`].

mod answer;
mod begin;
mod finish;
mod group;
mod later;
mod receive;
mod record;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Backend;
use super::reply::{LoadReply, json};
use super::transaction::Running;
use crate::admin::{FaultKind, Point};
use crate::cluster::Cluster;
use crate::http::{Exchange, Outcome, Response};
use crate::load::{Plan, Settings};

pub(super) use group::{Groups, Member};
pub(crate) use receive::Intake;

/// A load whose transaction has begun; dropped before its end, the transaction is aborted and the label free.
struct Begun {
    cluster: Arc<Cluster>,
    transaction: Running,
    reply: LoadReply,
    settings: Settings,
    plan: Plan,
    started: Instant,
}

/// Answers the request, as far as faults let it.
pub(super) async fn handle(
    backend: &Backend,
    exchange: &mut Exchange<'_>,
    database: &str,
    table: &str,
) -> Outcome {
    let cluster = &backend.cluster;
    let fault = cluster.faults.strike(Point::BackendLoad, Some((database, table)));
    match fault {
        Some(FaultKind::Drop) => return Outcome::Drop,
        Some(FaultKind::Status { status, body, commit: false }) => {
            return Response::counted(status, "text/html", body).into();
        }
        Some(FaultKind::Garbage { commit: false }) => return answer::garbage().into(),
        Some(FaultKind::Slow { delay_ms }) => tokio::time::sleep(Duration::from_millis(delay_ms)).await,
        Some(FaultKind::Hang) => cluster.faults.wait_for_release().await,
        _ => {}
    }
    let origin = record::Origin::of(exchange, database, table);
    match Begun::begin(backend, exchange, (database, table), fault.as_ref()) {
        Ok(load) => load.finish(backend.profile.intake, exchange, &origin, fault).await,
        Err(refusal) => {
            origin.record(cluster, &refusal);
            json(&*refusal).into()
        }
    }
}
