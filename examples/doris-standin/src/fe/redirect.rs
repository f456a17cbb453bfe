//! Sends clients on: to a back end, user and password in the address and the body unread; or to the port that speaks HTTPS.

use std::net::SocketAddr;

use super::Call;
use super::answers::Answer;
use super::java_uri::Target;
use crate::accounts::Credentials;
use crate::cluster::Cluster;
use crate::http::Scheme;
use crate::version::Version;

/// What is said when no back end is believed to be alive.
const NO_BACKEND: &str = "errCode = 2, detailMessage = No backend load available., policy: computeNode=false | query=false | \
                          load=true | schedule=false | tags= | medium=null";

/// To the back end whose turn it is.
pub(super) fn to_backend(cluster: &Cluster, call: &Call, credentials: &Credentials) -> Answer {
    redirect(cluster, call, credentials, cluster.backends.next())
}

/// To the back end that gathers the group commits of a table.
pub(super) fn to_backend_of(
    cluster: &Cluster,
    call: &Call,
    credentials: &Credentials,
    database: &str,
    table: &str,
) -> Answer {
    redirect(cluster, call, credentials, cluster.backends.of_table(database, table))
}

/// To where nobody listens.
pub(super) fn to_nobody(call: &Call) -> Answer {
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    Answer::redirect(address(call, "root:", nobody).unwrap_or_default())
}

/// To the HTTPS port, for a client of the other one where HTTPS is on.
///
/// # Errors
/// The redirect, which is then the answer.
pub(super) fn to_https(cluster: &Cluster, call: &Call) -> Result<(), Answer> {
    match https_address(cluster, call, true) {
        Some(address) => Err(Answer::redirect(address)),
        None => Ok(()),
    }
}

/// The container's redirect of everything that only reads, whatever the path is for.
pub(super) fn of_container(cluster: &Cluster, call: &Call) -> Option<Answer> {
    let path = &call.request.path;
    let covered = call.request.method == "GET" && (path.starts_with("/api/") || path.starts_with("/rest/"));
    let address = https_address(cluster, call, false).filter(|_| covered)?;
    Some(Answer::found(address))
}

fn https_address(cluster: &Cluster, call: &Call, always_query: bool) -> Option<String> {
    let https = cluster.fe.https.filter(|_| call.scheme == Scheme::Http)?;
    let (path, query) = (&call.request.path, &call.request.query);
    let mark = if always_query || !query.is_empty() { "?" } else { "" };
    Some(format!("https://{}:{}{path}{mark}{query}", call.host, https.port()))
}

fn redirect(cluster: &Cluster, call: &Call, credentials: &Credentials, to: Option<SocketAddr>) -> Answer {
    let Some(backend) = to else { return Answer::failed(NO_BACKEND) };
    let Credentials { user, password } = credentials;
    let of_cluster = if cluster.version < Version::V2_1 { "@default_cluster" } else { "" };
    match address(call, &format!("{user}{of_cluster}:{password}"), backend) {
        Ok(address) => Answer::redirect(address),
        Err(reason) => Answer::failed(&reason),
    }
}

fn address(call: &Call, user_info: &str, to: SocketAddr) -> Result<String, String> {
    let target = Target {
        scheme: call.scheme.name(),
        user_info: Some(user_info),
        authority: &to.to_string(),
        path: &call.request.path,
        query: &call.request.query,
    };
    target.address()
}
