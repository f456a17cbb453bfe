//! The log of rows that a backend refused, which `ErrorURL` names.

use crate::{
    cluster::Cluster,
    http::{Endpoint, Scheme},
};
use std::{fmt, time::Duration};

/// Lines shown of a log; a backend writes some 50 at most.
const LINES: usize = 3;
/// Characters shown of a line, as it holds the row.
const LINE: usize = 300;
/// How long the log is waited for: the load has failed anyway.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why rows were refused, as far as the log tells.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct ErrorLog {
    /// What to add to an error: the first lines of the log, or where it is.
    excerpt: String,
    /// The rows it names: the reason, and the row as the backend read it. A backend writes some 50 at most, and for some reasons no
    /// row.
    pub(super) rows: Vec<RefusedRow>,
}

/// A row that a backend refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RefusedRow {
    pub(super) reason: String,
    pub(super) source: String,
}

impl fmt::Display for ErrorLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.excerpt.fmt(f)
    }
}

impl ErrorLog {
    /// Fetches the log that the answer of `backend` names.
    pub(super) async fn fetch(cluster: &mut Cluster, backend: &Endpoint, url: Option<&str>) -> Self {
        let Some(url) = url else { return Self::default() };
        match text(cluster, backend, url).await {
            Ok(text) => Self { excerpt: excerpt(&text, url), rows: refused_rows(&text) },
            Err(excerpt) => Self { excerpt, rows: Vec::new() },
        }
    }
}

/// The text of the log, or why it is not there.
async fn text(cluster: &mut Cluster, backend: &Endpoint, url: &str) -> Result<String, String> {
    let Some((node, path)) = split(url) else {
        // A log in an object store is reached by a signed address, and the signature is a credential.
        let shown = url.split('?').next().unwrap_or_default();
        return Err(format!("; its log is at {shown}"));
    };
    if !cluster.allows(&node) {
        return Err(format!(
            "; its log is at {url}, which is not fetched, as a redirect to there is not followed (doris.redirect.hosts, doris.redirect.plain)"
        ));
    }
    let trusted = node == *backend;
    match tokio::time::timeout(PATIENCE, cluster.get_from(&node, path, trusted)).await {
        Ok(Ok(answer)) if answer.status.is_success() => {
            Ok(String::from_utf8_lossy(&answer.body).into_owned())
        }
        Ok(Ok(answer)) => Err(format!("; its log at {url} cannot be read: HTTP {}", answer.status)),
        Ok(Err(error)) => Err(format!("; its log at {url} cannot be read: {error}")),
        Err(_) => Err(format!("; its log at {url} did not come within {PATIENCE:?}")),
    }
}

fn excerpt(text: &str, url: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    let lines: Vec<String> = lines.map(|line| line.trim().chars().take(LINE).collect()).collect();
    format!("; {} [log: {url}]", lines.join(" | "))
}

/// The rows of lines such as `Reason: <why>. src line [<row>]; `.
fn refused_rows(text: &str) -> Vec<RefusedRow> {
    let row = |line: &str| {
        let (reason, row) = line.trim().strip_prefix("Reason: ")?.rsplit_once(" src line [")?;
        let source = row.strip_suffix("];").or_else(|| row.strip_suffix(']'))?;
        let reason = reason.trim_end_matches('.').chars().take(LINE).collect();
        Some(RefusedRow { reason, source: source.to_owned() })
    };
    text.lines().filter_map(row).collect()
}

/// Server and path of a log that a backend serves itself.
fn split(url: &str) -> Option<(Endpoint, String)> {
    let (scheme, rest) = Scheme::split(url)?;
    let (authority, path) = rest.split_at(rest.find('/')?);
    if !path.starts_with("/api/_load_error_log") {
        return None;
    }
    let endpoint = Endpoint::parse(authority, scheme.default_port()).ok()?;
    Some((endpoint.over(scheme), path.to_owned()))
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
    #[test]
    fn rows_are_found_in_the_lines_of_the_log() {
        let log = "Reason: column_name[id], null value for not null column, type=INT. src line [{\"a\": [1, 2]}]; \n\
                   Reason: . src line []; \n\
                   TOO MUCH ERROR! already reach 50. no more show next error.\n";
        let row = |reason: &str, source: &str| RefusedRow { reason: reason.into(), source: source.into() };
        let null = "column_name[id], null value for not null column, type=INT";
        assert_eq!(refused_rows(log), [row(null, "{\"a\": [1, 2]}"), row("", "")]);
        assert_eq!(refused_rows("<html>"), []);
    }
}
