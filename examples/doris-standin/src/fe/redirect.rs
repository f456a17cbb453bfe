//! Sends loads on to the back end: 307, user and password in the address, the body unread.

use std::fmt::Write as _;

use super::Call;
use super::answers::Answer;
use super::login;
use crate::accounts::{Credentials, Privilege};
use crate::cluster::Cluster;

const NO_LOAD_PRIVILEGE: &str =
    "Access denied; you need (at least one of) the Admin_priv,Load_priv privilege(s) for this operation";

/// `PUT /api/{db}/{table}/_stream_load`.
pub(super) fn load(cluster: &Cluster, call: &Call, database: &str, table: &str) -> Answer {
    let headers = &call.request.headers;
    let group_commit = headers.get("group_commit").map(str::to_ascii_lowercase);
    if let Some(mode) = &group_commit
        && !matches!(mode.as_str(), "sync_mode" | "async_mode" | "off_mode")
    {
        return Answer::failed("Header `group_commit` can only be `sync_mode`, `async_mode` or `off_mode`.");
    }
    let credentials = match login(cluster, call) {
        Ok(credentials) => credentials,
        Err(error) => return error.into(),
    };
    if headers.get("Expect").is_none() {
        return Answer::failed("There is no 100-continue header");
    }
    if !cluster.accounts.may(&credentials.user, Privilege::Load, database, table) {
        return Answer::failed(NO_LOAD_PRIVILEGE);
    }
    if group_commit.is_some_and(|mode| mode != "off_mode") {
        match cluster.store.database(database) {
            None => return Answer::failed(&format!("database is invalid for dbName: {database}")),
            Some(found) if found.table(table).is_none() => {
                return Answer::failed(&format!("table is invalid: {table}"));
            }
            Some(_) => {}
        }
    }
    Answer::redirect(location(cluster, call, &credentials))
}

/// `PUT /api/_http_stream`.
pub(super) fn plain(cluster: &Cluster, call: &Call) -> Answer {
    match login(cluster, call) {
        Ok(_) if call.request.headers.get("Expect").is_none() => {
            Answer::failed("There is no 100-continue header")
        }
        Ok(credentials) => Answer::redirect(location(cluster, call, &credentials)),
        Err(error) => error.into(),
    }
}

/// `PUT /api/{db}/_stream_load_2pc`.
pub(super) fn two_phase(cluster: &Cluster, call: &Call) -> Answer {
    let credentials = match login(cluster, call) {
        Ok(credentials) => credentials,
        Err(error) => return error.into(),
    };
    let headers = &call.request.headers;
    if headers.get("txn_id").is_none() && headers.get("label").is_none() {
        return Answer::failed("No transaction id or label selected.");
    }
    if headers.get("txn_operation").is_none() {
        return Answer::failed("No transaction operation('commit' or 'abort') selected.");
    }
    Answer::redirect(location(cluster, call, &credentials))
}

/// `PUT /api/{db}/{table}/_load`, which newer servers refuse.
pub(super) fn mini_load(cluster: &Cluster, call: &Call) -> Answer {
    match login(cluster, call) {
        Ok(_) => Answer::not_found(
            "The mini load operation has been disabled by default, if you need to add disable_mini_load=false in fe.conf.",
        ),
        Err(error) => error.into(),
    }
}

/// A redirect to where nobody listens.
pub(super) fn dead(parts: &[&str]) -> Answer {
    Answer::redirect(format!("http://root:@127.0.0.1:1/{}?", encoded(&parts.join("/"), "/_-.")))
}

fn location(cluster: &Cluster, call: &Call, credentials: &Credentials) -> String {
    format!(
        "http://{}:{}@{}{}?{}",
        encoded(&credentials.user, USER_INFO),
        encoded(&credentials.password, USER_INFO),
        cluster.be,
        call.request.path,
        call.request.query
    )
}

/// What `java.net.URI` leaves as it is in user information, beside letters and digits.
const USER_INFO: &str = "-_.!~*'();:&=+$,";

fn encoded(text: &str, left: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || left.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(out, "%{byte:02X}").unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_is_encoded_as_java_does() {
        assert_eq!(encoded("a:b@c/d%e#f?g h+é", USER_INFO), "a:b%40c%2Fd%25e%23f%3Fg%20h+%C3%A9");
    }
}
