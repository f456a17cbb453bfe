//! The admin paths:
//!
//! * `PUT /_standin/faults` with a JSON list replaces the faults; `GET` shows what is left; `DELETE` clears them and releases.
//! * `POST /_standin/release` lets everything go on that hangs.
//! * `POST /_standin/labels/forget?label=…` forgets finished loads of that label, or all, in every database: their labels are free.
//! * `POST /_standin/backends/0/stop` takes the first back end away, `…/start` brings it back; `GET /_standin/backends` shows them.
//! * `GET /_standin/loads` is the ledger: every load that is kept, with its label, table, state, rows and bytes.

use serde_json::{Value, json};

use super::faults::Fault;
use crate::cluster::Cluster;
use crate::http::{Exchange, Response};

const MAX_BODY: usize = 1 << 20;

/// Answers a request to an admin path; `None` when it is none.
pub(crate) async fn respond(cluster: &Cluster, exchange: &mut Exchange<'_>) -> Option<Response> {
    let name = exchange.request.path.strip_prefix("/_standin/")?;
    Some(match (exchange.request.method.as_str(), name) {
        ("GET", "faults") => faults(cluster),
        ("PUT", "faults") => match set_faults(cluster, exchange).await {
            Ok(()) => faults(cluster),
            Err(reason) => answer(400, &json!({ "error": reason })),
        },
        ("DELETE", "faults") => {
            // Nothing to check in an empty list.
            cluster.faults.set(Vec::new()).unwrap_or_default();
            cluster.faults.release();
            faults(cluster)
        }
        ("POST", "release") => {
            cluster.faults.release();
            faults(cluster)
        }
        ("POST", "labels/forget") => match forget(cluster, exchange.request.query_value("label")).await {
            Ok(count) => answer(200, &json!({ "forgotten": count })),
            Err(reason) => answer(500, &json!({ "error": reason })),
        },
        ("GET", "loads") => answer(200, &Value::Array(ledger(cluster))),
        ("GET", "backends") => backends(cluster),
        ("POST", path) if path.starts_with("backends/") => match switch(cluster, path).await {
            Ok(()) => backends(cluster),
            Err(reason) => answer(404, &json!({ "error": reason })),
        },
        _ => {
            let paths = "the admin paths are faults, release, labels/forget, loads and backends";
            answer(404, &json!({ "error": paths }))
        }
    })
}

async fn set_faults(cluster: &Cluster, exchange: &mut Exchange<'_>) -> Result<(), String> {
    let mut body = Vec::new();
    while let Some(piece) = exchange.body.next().await.map_err(|error| error.to_string())? {
        body.extend_from_slice(&piece);
        if body.len() > MAX_BODY {
            return Err("a list of faults over 1 MiB".to_owned());
        }
    }
    let faults: Vec<Fault> =
        serde_json::from_slice(&body).map_err(|error| format!("not a list of faults: {error}"))?;
    cluster.faults.set(faults)
}

async fn forget(cluster: &Cluster, label: Option<String>) -> Result<usize, String> {
    let databases: Vec<_> =
        cluster.store.names().into_iter().filter_map(|name| cluster.store.database(&name)).collect();
    let forgetting = tokio::task::spawn_blocking(move || {
        databases.iter().map(|database| database.forget(label.as_deref())).sum::<Result<usize, _>>()
    });
    match forgetting.await {
        Ok(forgotten) => forgotten.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// Takes a back end away or brings it back. Nothing answers whoever asks this on the port of the back end that goes.
async fn switch(cluster: &Cluster, path: &str) -> Result<(), String> {
    let on = |word| match word {
        "start" => Some(true),
        "stop" => Some(false),
        _ => None,
    };
    let parts: Vec<&str> = path.split('/').collect();
    if let ["backends", number, word] = parts.as_slice()
        && let Some(node) = number.parse().ok().and_then(|number| cluster.backends.get(number))
        && let Some(on) = on(*word)
    {
        node.switch(on).await;
        return Ok(());
    }
    let last = cluster.backends.len() - 1;
    Err(format!(
        "no back end is switched by {path}; ask for backends/N/stop or backends/N/start, N from 0 to {last}"
    ))
}

fn backends(cluster: &Cluster) -> Response {
    let backends: Vec<_> = cluster
        .backends
        .all()
        .map(|(node, alive)| {
            json!({ "address": node.address.to_string(), "serves": node.serves(), "believed_alive": alive })
        })
        .collect();
    answer(200, &json!({ "backends": backends }))
}

fn faults(cluster: &Cluster) -> Response {
    answer(200, &json!({ "faults": cluster.faults.left() }))
}

fn ledger(cluster: &Cluster) -> Vec<Value> {
    let databases = cluster.store.names().into_iter().filter_map(|name| cluster.store.database(&name));
    databases
        .flat_map(|database| {
            let transactions = database.transactions();
            transactions.into_iter().map(move |load| {
                json!({
                    "id": load.id,
                    "label": load.label,
                    "db": database.name(),
                    "table": load.table,
                    "state": load.state.word(),
                    "reason": load.reason,
                    "total_rows": load.total_rows,
                    "rows": load.loaded_rows,
                    "filtered_rows": load.filtered_rows,
                    "bytes": load.bytes,
                })
            })
        })
        .collect()
}

fn answer(status: u16, body: &Value) -> Response {
    Response::counted(status, "application/json", format!("{body}\n"))
}
