//! Error logs of loads: kept as files, fetched by the `ErrorURL` of the answer.

use std::path::Path;

use sha1::{Digest, Sha1};

use super::CONTENT_TYPE;
use crate::clock::now_ms;
use crate::cluster::Cluster;
use crate::http::{Exchange, Response};

const SHARD: &str = "__shard_0";

/// Keeps a log; returns the URL it can be fetched from. Blocks.
pub(super) fn keep(cluster: &Cluster, transaction: i64, text: &str) -> std::io::Result<String> {
    let hash = Sha1::digest(format!("{transaction} {}", now_ms()));
    let id: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let name = format!("error_log_insert_stmt_{}-{}", &id[..16], &id[16..]);
    let dir = cluster.error_logs.join(SHARD);
    std::fs::create_dir_all(&dir)?;
    std::fs::write(dir.join(&name), text)?;
    Ok(format!("{}://{}/api/_load_error_log?file={SHARD}/{name}", cluster.be_scheme.name(), cluster.be))
}

/// Answers `GET /api/_load_error_log?file=…`.
pub(super) async fn handle(cluster: &Cluster, exchange: &Exchange<'_>) -> Response {
    let Some(file) = exchange.request.query_value("file") else {
        return Response::counted(400, CONTENT_TYPE, "parameter not specified: file");
    };
    // Only what `keep` wrote: one shard, one plain name.
    let name = file.strip_prefix(SHARD).and_then(|rest| rest.strip_prefix('/'));
    let name = name.filter(|name| !name.contains(['/', '\\']) && name.starts_with("error_log_"));
    let Some(name) = name else {
        return Response::counted(403, CONTENT_TYPE, "file name is not that of an error log");
    };
    match tokio::fs::read(cluster.error_logs.join(SHARD).join(Path::new(name))).await {
        Ok(bytes) => Response::counted(200, "text/plain", bytes),
        Err(_) => Response::counted(404, CONTENT_TYPE, "file not exist"),
    }
}
