//! Which loads are sent on to a back end, and what is said of the others.

use super::Call;
use super::answers::Answer;
use super::login::{login, require};
use super::redirect::{to_backend, to_backend_of, to_https};
use crate::accounts::Privilege;
use crate::cluster::Cluster;
use crate::version::Version;

const WRONG_MODE: &str = "Header `group_commit` can only be `sync_mode`, `async_mode` or `off_mode`.";
const NO_EXPECT: &str = "There is no 100-continue header";

/// How a load is to be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GroupCommit {
    Off,
    Sync,
    Async,
}

impl GroupCommit {
    /// Reads the header, which must not be empty; versions before group commit do not look at it.
    fn of(cluster: &Cluster, call: &Call) -> Result<Self, Answer> {
        let Some(mode) = call.request.headers.raw("group_commit") else { return Ok(Self::Off) };
        if cluster.version < Version::V2_1 {
            return Ok(Self::Off);
        }
        match mode.to_ascii_lowercase().as_str() {
            "off_mode" => Ok(Self::Off),
            "sync_mode" => Ok(Self::Sync),
            "async_mode" => Ok(Self::Async),
            _ => Err(Answer::failed(WRONG_MODE)),
        }
    }
}

/// `PUT /api/{db}/{table}/_stream_load`.
pub(super) fn stream(cluster: &Cluster, call: &Call, database: &str, table: &str) -> Result<Answer, Answer> {
    let group_commit = GroupCommit::of(cluster, call)?;
    if group_commit == GroupCommit::Async {
        // Before anybody is asked who they are.
        exists(cluster, database, table)?;
    }
    to_https(cluster, call)?;
    refuse_token(cluster, call)?;
    let credentials = login(cluster, call)?;
    expects_continue(call)?;
    require(cluster, &credentials.user, Privilege::Load, database, table)
        .map_err(|reason| Answer::failed(&reason))?;
    if group_commit == GroupCommit::Off {
        return Ok(to_backend(cluster, call, &credentials));
    }
    let Some(found) = cluster.store.database(database) else {
        return Err(Answer::failed("Database not found."));
    };
    if found.table(table).is_none() {
        return Err(Answer::failed("OlapTable not found."));
    }
    Ok(to_backend_of(cluster, call, &credentials, database, table))
}

/// `PUT /api/_http_stream`, whose table stands in the header `sql`.
pub(super) fn by_sql(cluster: &Cluster, call: &Call) -> Result<Answer, Answer> {
    let group_commit = GroupCommit::of(cluster, call)?;
    let table = match group_commit {
        GroupCommit::Off => None,
        GroupCommit::Sync | GroupCommit::Async => {
            let (database, table) = table_of(call.request.headers.get("sql"))?;
            exists(cluster, database, table)?;
            Some((database, table))
        }
    };
    let credentials = login(cluster, call)?;
    expects_continue(call)?;
    Ok(match table {
        Some((database, table)) => to_backend_of(cluster, call, &credentials, database, table),
        None => to_backend(cluster, call, &credentials),
    })
}

/// `PUT /api/{db}/_stream_load_2pc`, with or without a table in the path.
pub(super) fn two_phase(cluster: &Cluster, call: &Call) -> Result<Answer, Answer> {
    to_https(cluster, call)?;
    let credentials = login(cluster, call)?;
    let headers = &call.request.headers;
    if cluster.version < Version::V2_0 {
        if headers.get("txn_id").is_none() {
            return Err(Answer::failed("No transaction id selected."));
        }
    } else if headers.get("txn_id").is_none() && headers.get("label").is_none() {
        return Err(Answer::failed("No transaction id or label selected."));
    }
    if headers.get("txn_operation").is_none() {
        return Err(Answer::failed("No transaction operation('commit' or 'abort') selected."));
    }
    Ok(to_backend(cluster, call, &credentials))
}

/// `PUT /api/{db}/{table}/_load`, which is switched off before anybody is asked who they are.
pub(super) fn mini(cluster: &Cluster, call: &Call) -> Result<Answer, Answer> {
    to_https(cluster, call)?;
    Err(Answer::not_found(
        "The mini load operation has been disabled by default, if you need to add disable_mini_load=false in fe.conf.",
    ))
}

/// Tokens are of the cluster's own processes; no client has one.
fn refuse_token(cluster: &Cluster, call: &Call) -> Result<(), Answer> {
    match call.request.headers.get("token") {
        Some(token) if cluster.version >= Version::V2_1 => {
            Err(Answer::unauthorized(&format!("Invalid token: {token}")))
        }
        _ => Ok(()),
    }
}

fn expects_continue(call: &Call) -> Result<(), Answer> {
    if call.request.headers.get("Expect").is_some() { Ok(()) } else { Err(Answer::failed(NO_EXPECT)) }
}

fn exists(cluster: &Cluster, database: &str, table: &str) -> Result<(), Answer> {
    let Some(found) = cluster.store.database(database) else {
        return Err(Answer::failed(&format!("database is invalid for dbName: {database}")));
    };
    match found.table(table) {
        Some(_) => Ok(()),
        None => Err(Answer::failed(&format!("table is invalid: {table}"))),
    }
}

/// The third word, up to a parenthesis, as `database.table`.
fn table_of(sql: Option<&str>) -> Result<(&str, &str), Answer> {
    let Some(sql) = sql else {
        let text = "Cannot invoke \"String.split(String)\" because \"sql\" is null";
        return Err(Answer::failed(text));
    };
    let word = sql.split(' ').filter(|word| !word.is_empty()).nth(2);
    let name = word.map(|word| word.split('(').next().unwrap_or_default());
    match name.and_then(|name| name.split_once('.')) {
        Some((database, table)) if !table.is_empty() && !table.contains('.') => Ok((database, table)),
        _ => Err(Answer::failed(&format!("parse db and tb with wrong sql:{sql}"))),
    }
}
