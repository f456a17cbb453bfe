//! The front end's HTTP port: authentication, redirects of loads, and small answers about tables, labels and backends.

mod answers;
mod labels;
mod not_found;
mod redirect;
mod tables;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::accounts::{Credentials, LoginError};
use crate::admin::{self, FaultKind, Point};
use crate::cluster::Cluster;
use crate::http::{Exchange, Handler, Outcome, Request, Response};

use answers::Answer;

/// Answers the front end's HTTP port.
#[derive(Debug)]
pub(crate) struct Frontend(pub(crate) Arc<Cluster>);

impl Handler for Frontend {
    fn refuse_expectation(&self) -> Option<Response> {
        let body = "<h1>Bad Message 417</h1><pre>reason: Expectation Failed</pre>";
        let mut response = Response::counted(417, "text/html;charset=iso-8859-1", body);
        response.reason = "Expectation Failed";
        Some(response)
    }

    async fn handle(&self, exchange: &mut Exchange<'_>) -> Outcome {
        if let Some(response) = admin::respond(&self.0, exchange).await {
            return response.into();
        }
        let call = Call { request: exchange.request.clone(), peer: exchange.peer };
        let segments = call.request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        if let Some(outcome) = struck(&self.0, &parts).await {
            return outcome;
        }
        let cluster = Arc::clone(&self.0);
        match tokio::task::spawn_blocking(move || route(&cluster, &call)).await {
            Ok(response) => response.into(),
            Err(error) => {
                tracing::error!(%error, "an answer broke down");
                Outcome::Drop
            }
        }
    }
}

/// A request whose body nobody reads.
#[derive(Debug)]
struct Call {
    request: Request,
    peer: IpAddr,
}

/// Finds the answer. Blocks.
fn route(cluster: &Cluster, call: &Call) -> Response {
    let request = &call.request;
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let method = request.method.as_str();
    let only = |allowed: &[&str], answer: &dyn Fn() -> Answer| {
        if allowed.contains(&method) { answer() } else { Answer::method_not_supported(method) }
    };
    let answer = match parts.as_slice() {
        ["api", "bootstrap"] => only(&["GET"], &tables::bootstrap),
        ["api", "health"] => only(&["GET"], &tables::health),
        ["api", "backends"] => only(&["GET"], &|| tables::backends(cluster, call)),
        ["api", "_http_stream"] => only(&["PUT"], &|| redirect::plain(cluster, call)),
        ["api", database, "_stream_load_2pc"] | ["api", database, _, "_stream_load_2pc"]
            if !database.is_empty() =>
        {
            only(&["PUT"], &|| redirect::two_phase(cluster, call))
        }
        ["api", database, table, "_stream_load"] | ["api", database, table, "_stream_load", ""]
            if !database.is_empty() && !table.is_empty() =>
        {
            only(&["PUT"], &|| redirect::load(cluster, call, database, table))
        }
        ["api", _, _, "_load"] => only(&["PUT"], &|| redirect::mini_load(cluster, call)),
        ["api", database, "get_load_state"] => only(&["GET"], &|| labels::state(cluster, call, database)),
        ["api", database, "_cancel"] => only(&["POST"], &|| labels::cancel(cluster, call, database)),
        ["api", database, table, "_schema"] => {
            only(&["GET"], &|| tables::schema(cluster, call, database, table))
        }
        ["api", database, table, "_count"] => {
            only(&["GET"], &|| tables::count(cluster, call, database, table))
        }
        _ => return not_found::page(&request.path),
    };
    answer.into_response()
}

/// Checks the `Authorization` header.
fn login(cluster: &Cluster, call: &Call) -> Result<Credentials, LoginError> {
    let credentials =
        call.request.headers.get("Authorization").and_then(Credentials::basic).ok_or(LoginError::Missing)?;
    cluster.accounts.check(&credentials, call.peer)?;
    Ok(credentials)
}

/// Lets a fault strike; `None` when the request is to be handled as usual.
async fn struck(cluster: &Cluster, parts: &[&str]) -> Option<Outcome> {
    let (point, table) = match parts {
        ["api", database, table, "_stream_load", ..] => (Point::FrontendLoad, Some((*database, *table))),
        ["api", _, "get_load_state"] => (Point::FrontendLoadState, None),
        _ => (Point::FrontendApi, None),
    };
    match cluster.faults.strike(point, table)? {
        FaultKind::Drop => Some(Outcome::Drop),
        FaultKind::Status { status, body, .. } => Some(Response::counted(status, "text/html", body).into()),
        FaultKind::Garbage { .. } => Some(Outcome::Raw(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec())),
        FaultKind::Slow { delay_ms } => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            None
        }
        FaultKind::Hang => {
            cluster.faults.wait_for_release().await;
            None
        }
        FaultKind::DeadBackend => Some(redirect::dead(parts).into_response().into()),
        FaultKind::AuthFailure => {
            let text = "Access denied for user 'root@127.0.0.1' (using password: YES)";
            Some(Answer::unauthorized(text).into_response().into())
        }
        _ => None,
    }
}
