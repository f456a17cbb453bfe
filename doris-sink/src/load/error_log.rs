//! The log of rows that a backend refused, which `ErrorURL` names.

use crate::{cluster::Cluster, http::Endpoint};
use std::time::Duration;

/// Lines shown of a log; a backend writes some 50 at most.
const LINES: usize = 3;
/// Characters shown of a line, as it holds the row.
const LINE: usize = 300;
/// How long the log is waited for: the load has failed anyway.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to add to an error about refused rows: the first lines of the log, or where it is.
pub(super) async fn first_lines(cluster: &mut Cluster, backend: &Endpoint, url: Option<&str>) -> String {
    let Some(url) = url else { return String::new() };
    let Some((node, path)) = split(url) else {
        // A log in an object store is reached by a signed address, and the signature is a credential.
        let shown = url.split('?').next().unwrap_or_default();
        return format!("; its log is at {shown}");
    };
    if !cluster.allows(&node) {
        return format!("; its log is at {url}, which doris.redirect.hosts does not allow to fetch");
    }
    let trusted = node == *backend;
    let answer = tokio::time::timeout(PATIENCE, cluster.get_from(&node, path, trusted)).await;
    match answer {
        Ok(Ok(answer)) if answer.status.is_success() => {
            let text = String::from_utf8_lossy(&answer.body);
            let lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
            let lines: Vec<String> = lines.map(|line| line.trim().chars().take(LINE).collect()).collect();
            format!("; {} [log: {url}]", lines.join(" | "))
        }
        Ok(Ok(answer)) => format!("; its log at {url} cannot be read: HTTP {}", answer.status),
        Ok(Err(error)) => format!("; its log at {url} cannot be read: {error}"),
        Err(_) => format!("; its log at {url} did not come within {PATIENCE:?}"),
    }
}

/// Server and path of a log that a backend serves itself.
fn split(url: &str) -> Option<(Endpoint, String)> {
    let rest = url.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/')?);
    if !path.starts_with("/api/_load_error_log") {
        return None;
    }
    Some((Endpoint::parse(authority, 80).ok()?, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_logs_that_backends_serve_are_fetched() {
        let (node, path) = split("http://be1:8040/api/_load_error_log?file=__shard_0/x").unwrap();
        assert_eq!(
            (node.to_string().as_str(), path.as_str()),
            ("be1:8040", "/api/_load_error_log?file=__shard_0/x")
        );
        assert_eq!(split("https://bucket.example.org/x?Signature=s"), None);
        assert_eq!(split("http://169.254.169.254/latest/meta-data"), None);
    }
}
