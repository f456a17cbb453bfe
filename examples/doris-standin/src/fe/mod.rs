//! The front end's HTTP port: authentication, redirects of loads, SQL, and small answers about tables, labels and nodes.

mod answers;
mod body;
mod java_map;
mod java_uri;
mod labels;
mod load;
mod login;
mod meta;
mod nodes;
mod not_found;
mod query;
mod redirect;
mod result_json;
mod routes;
mod sessions;
mod tables;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::admin::{self, FaultKind, Point};
use crate::cluster::Cluster;
use crate::http::{BodyError, Exchange, Handler, Outcome, Request, Response, Scheme};

use answers::Answer;
use routes::Route;
use sessions::Sessions;

/// Largest body that is read here, in bytes; loads are not.
const MAX_BODY: usize = 100 << 20;

/// Answers the front end's HTTP port.
#[derive(Debug)]
pub(crate) struct Frontend {
    cluster: Arc<Cluster>,
    sessions: Arc<Sessions>,
}

impl Frontend {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster, sessions: Arc::default() }
    }
}

impl Handler for Frontend {
    fn refuse(&self, request: &Request) -> Option<Response> {
        if request.expects_unknown() {
            return Some(bad_message(417, "Expectation Failed"));
        }
        request.lacks_host().then(|| bad_message(400, "No Host"))
    }

    async fn handle(&self, exchange: &mut Exchange<'_>) -> Outcome {
        if let Some(response) = admin::respond(&self.cluster, exchange).await {
            return response.into();
        }
        let segments = exchange.request.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let call = Call {
            request: exchange.request.clone(),
            body: Vec::new(),
            peer: exchange.peer,
            scheme: exchange.scheme,
            host: exchange.host.clone(),
        };
        let route = Route::find(&parts, self.cluster.version);
        if let Some(outcome) = struck(&self.cluster, &call, route).await {
            return outcome;
        }
        if let Some(answer) = redirect::of_container(&self.cluster, &call) {
            return answer.into_response().into();
        }
        let Some(route) = route else { return not_found::page(&call.request.path).into() };
        let body = if route.reads_body() { read(exchange).await } else { Ok(Vec::new()) };
        match body {
            Ok(body) => self.answer(Call { body, ..call }).await,
            Err(error) => {
                tracing::debug!(%error, "a body broke off");
                Outcome::Drop
            }
        }
    }
}

impl Frontend {
    /// Answers where it may block.
    async fn answer(&self, call: Call) -> Outcome {
        let (cluster, sessions) = (Arc::clone(&self.cluster), Arc::clone(&self.sessions));
        let answering = tokio::task::spawn_blocking(move || {
            let segments = call.request.segments();
            let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
            match Route::find(&parts, cluster.version) {
                Some(route) => route.answer(&cluster, &sessions, &call).into_response(),
                None => not_found::page(&call.request.path),
            }
        });
        match answering.await {
            Ok(response) => response.into(),
            Err(error) => {
                tracing::error!(%error, "an answer broke down");
                Outcome::Drop
            }
        }
    }
}

/// A request as answers look at it.
#[derive(Debug)]
struct Call {
    request: Request,
    /// Empty where the route does not read it.
    body: Vec<u8>,
    peer: IpAddr,
    scheme: Scheme,
    /// What the client calls the front end, without a port.
    host: String,
}

async fn read(exchange: &mut Exchange<'_>) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(piece) = exchange.body.next().await? {
        body.extend_from_slice(&piece);
        if body.len() > MAX_BODY {
            return Err(BodyError::TooLong);
        }
    }
    Ok(body)
}

/// The container's page for what it does not take for a request.
fn bad_message(status: u16, reason: &str) -> Response {
    let body = format!("<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>");
    Response::counted(status, "text/html;charset=iso-8859-1", body)
}

/// Lets a fault strike; `None` when the request is to be handled as usual.
async fn struck(cluster: &Cluster, call: &Call, route: Option<Route<'_>>) -> Option<Outcome> {
    let (point, table) = match route {
        Some(Route::StreamLoad { database, table }) => (Point::FrontendLoad, Some((database, table))),
        Some(Route::LoadState { .. }) => (Point::FrontendLoadState, None),
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
        FaultKind::DeadBackend => Some(redirect::to_nobody(call).into_response().into()),
        FaultKind::AuthFailure => {
            let text = "Access denied for user 'root@127.0.0.1' (using password: YES)";
            Some(Answer::unauthorized(text).into_response().into())
        }
        _ => None,
    }
}
