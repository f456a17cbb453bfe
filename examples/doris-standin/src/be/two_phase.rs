//! `PUT /api/{db}/_stream_load_2pc`: commits or aborts a prepared load, by transaction id or by label.

use std::sync::Arc;

use super::reply::{StatusReply, json};
use crate::accounts::{Credentials, LoginError};
use crate::cluster::Cluster;
use crate::http::{Exchange, Response};
use crate::store::{Database, State, StoreError, Transaction};
use crate::version::Version;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Commit,
    Abort,
}

/// Answers the request.
pub(super) async fn handle(cluster: &Arc<Cluster>, exchange: &Exchange<'_>, database: &str) -> Response {
    let reply = match decide(cluster, exchange, database).await {
        Ok(msg) => StatusReply { status: "Success", msg },
        Err(reply) if cluster.version < Version::V2_0 => StatusReply { status: old(reply.status), ..reply },
        Err(reply) => reply,
    };
    json(&reply)
}

/// A status as it was called before 2.0.
fn old(status: &str) -> &'static str {
    match status {
        "Success" => "Success",
        "ANALYSIS_ERROR" => "Analysis error",
        _ => "Internal error",
    }
}

async fn decide(cluster: &Cluster, exchange: &Exchange<'_>, name: &str) -> Result<String, StatusReply> {
    let headers = &exchange.request.headers;
    let credentials = headers.get("Authorization").and_then(Credentials::basic);
    let Some(credentials) = credentials else {
        return Err(refused("NOT_AUTHORIZED", "no valid Basic authorization"));
    };
    let label = headers.get("label");
    let id = headers.get("txn_id");
    if id.is_none() && label.is_none() {
        return Err(refused("INTERNAL_ERROR", "transaction id and label are empty"));
    }
    let id = match id {
        None => None,
        Some(text) => Some(text.parse::<i64>().map_err(|_| {
            refused("INTERNAL_ERROR", &format!("convert txn_id [{text}] failed, reason=stoull"))
        })?),
    };
    let operation = match headers.get("txn_operation").map(str::to_ascii_lowercase).as_deref() {
        Some("commit") => Operation::Commit,
        Some("abort") => Operation::Abort,
        _ => {
            return Err(refused("INTERNAL_ERROR", "transaction operation should be 'commit' or 'abort'"));
        }
    };
    cluster
        .accounts
        .check(&credentials, exchange.peer)
        .map_err(|error: LoginError| analysis(&error.to_string()))?;
    let database = cluster
        .store
        .database(name)
        .ok_or_else(|| analysis(&format!("unknown database, database={name}")))?;
    let found = find(&database, id, label, operation)?;
    let number = found.id;
    let task = tokio::task::spawn_blocking(move || match operation {
        Operation::Commit => commit(&database, number),
        Operation::Abort => abort(&database, number),
    });
    task.await.map_err(|error| refused("INTERNAL_ERROR", &error.to_string()))??;
    let what = match (label, id) {
        (Some(label), Some(id)) => format!("label [{label}] transaction [{id}]"),
        (Some(label), None) => format!("label [{label}]"),
        (None, _) => format!("transaction [{number}]"),
    };
    let word = if operation == Operation::Commit { "commit" } else { "abort" };
    Ok(format!("{what} {word} successfully."))
}

fn find(
    database: &Database,
    id: Option<i64>,
    label: Option<&str>,
    operation: Operation,
) -> Result<Transaction, StatusReply> {
    if let Some(id) = id {
        return database.transaction(id).ok_or_else(|| analysis(&format!("transaction [{id}] not found")));
    }
    let label = label.unwrap_or_default();
    let used = database.transactions_of(label);
    if used.is_empty() {
        return Err(analysis(&format!("transaction not found, label={label}")));
    }
    let wanted = |state| match operation {
        Operation::Commit => state == State::Precommitted,
        Operation::Abort => matches!(state, State::Precommitted | State::Prepare),
    };
    used.into_iter()
        .find(|transaction| wanted(transaction.state))
        .ok_or_else(|| analysis(&format!("running transaction not found, label={label}")))
}

fn commit(database: &Database, id: i64) -> Result<(), StatusReply> {
    let found = database.commit(id).map_err(|error| storage(&error))?;
    let Some(found) = found else { return Err(analysis(&format!("transaction [{id}] not found"))) };
    let detail = match found.state {
        State::Precommitted => return Ok(()),
        State::Visible => format!("transaction [{id}] is already visible, not pre-committed."),
        State::Committed => format!("transaction [{id}] is already committed, not pre-committed."),
        State::Prepare => format!("transaction [{id}] is prepare, not pre-committed."),
        State::Aborted => format!("transaction [{id}] is already aborted. abort reason: {}", found.reason),
    };
    Err(analysis(&detail))
}

fn abort(database: &Database, id: i64) -> Result<(), StatusReply> {
    let found = database.abort(id, "User Abort").map_err(|error| storage(&error))?;
    match found {
        None => Err(analysis(&format!("transaction [{id}] not found"))),
        Some(found) => match found.state {
            State::Prepare | State::Precommitted => Ok(()),
            State::Aborted => Err(analysis(&format!(
                "transaction [{id}] is already aborted, abort reason: {}",
                found.reason
            ))),
            State::Committed | State::Visible => Err(analysis(&format!(
                "transaction [{id}] is already {}, could not abort.",
                found.state.word()
            ))),
        },
    }
}

fn analysis(detail: &str) -> StatusReply {
    refused("ANALYSIS_ERROR", &format!("TStatus: errCode = 2, detailMessage = {detail}"))
}

fn refused(status: &'static str, msg: &str) -> StatusReply {
    StatusReply { status, msg: msg.to_owned() }
}

fn storage(error: &StoreError) -> StatusReply {
    refused("INTERNAL_ERROR", &format!("storage: {error}"))
}
