//! Answers about what databases and tables there are.

use serde_json::{Value, json};

use super::Call;
use super::answers::Answer;
use super::java_map::{self, DEFAULT_CAPACITY};
use super::login::require;
use super::sessions::Sessions;
use super::tables::unknown_database;
use crate::accounts::Privilege;
use crate::cluster::Cluster;

const BUILT_IN: [&str; 3] = ["__internal_schema", "information_schema", "mysql"];

/// `GET /api/show_meta_info?action=…`, for anybody.
pub(super) fn info(cluster: &Cluster, call: &Call) -> Result<Answer, Answer> {
    let action =
        call.request.query_value("action").ok_or_else(|| Answer::bad_request("Missing action parameter"))?;
    match action.to_ascii_uppercase().as_str() {
        "SHOW_DB_SIZE" => Ok(Answer::success(&sizes(cluster))),
        "SHOW_HA" => Ok(Answer::success(&ha(cluster))),
        _ => Err(Answer::bad_request(&format!("Unknown action: {action}"))),
    }
}

/// `GET /api/meta/namespaces/{ns}/databases`.
pub(super) fn databases(
    cluster: &Cluster,
    sessions: &Sessions,
    call: &Call,
    namespace: &str,
) -> Result<Answer, Answer> {
    sessions.answer(cluster, call, |known| {
        if !matches!(namespace.to_ascii_lowercase().as_str(), "default_cluster" | "internal") {
            return Err(Answer::bad_request(&format!("Unknown catalog {namespace}")));
        }
        let user = &known.user;
        let mut names: Vec<String> = cluster
            .store
            .names()
            .into_iter()
            .filter(|name| cluster.accounts.may(user, Privilege::Select, name, "*"))
            .chain(BUILT_IN.into_iter().skip(1).map(str::to_owned))
            .collect();
        if cluster.accounts.may(user, Privilege::Admin, "*", "*") {
            names.push(BUILT_IN[0].to_owned());
        }
        names.sort_unstable();
        page(call, names)
    })
}

/// `GET /api/meta/namespaces/default_cluster/databases/{db}/tables`.
pub(super) fn tables(
    cluster: &Cluster,
    sessions: &Sessions,
    call: &Call,
    namespace: &str,
    database: &str,
) -> Result<Answer, Answer> {
    sessions.answer(cluster, call, |known| {
        if !namespace.eq_ignore_ascii_case("default_cluster") {
            return Err(Answer::bad_request("Only support 'default_cluster' now"));
        }
        let found = cluster.store.database(database).ok_or_else(|| unknown_database(database))?;
        let may = |table: &str| cluster.accounts.may(&known.user, Privilege::Select, database, table);
        let mut names: Vec<String> =
            found.tables().iter().map(|table| table.name.clone()).filter(|name| may(name)).collect();
        names.sort_unstable();
        page(call, names)
    })
}

/// `POST /rest/v1/login`, for administrators.
pub(super) fn login(cluster: &Cluster, sessions: &Sessions, call: &Call) -> Result<Answer, Answer> {
    sessions.answer(cluster, call, |known| {
        require(cluster, &known.user, Privilege::Admin, "*", "*")
            .map_err(|reason| Answer::unauthorized(&reason))?;
        Ok(Answer::bare(&json!({ "msg": "Login success!", "code": 200 })))
    })
}

/// The part of a list that `limit` and `offset` ask for.
fn page(call: &Call, names: Vec<String>) -> Result<Answer, Answer> {
    let number = |name: &str| match call.request.query_value(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<i64>()
            .map(Some)
            .map_err(|_| Answer::internal_error(Some(&format!("For input string: \"{text}\"")))),
    };
    let (limit, offset) = (number("limit")?, number("offset")?);
    let Some(limit) = limit else {
        if offset.is_some() {
            return Err(Answer::bad_request("Param offset should be set with param limit"));
        }
        return Ok(Answer::success(&json!(names)));
    };
    let limit = usize::try_from(limit).map_err(|_| Answer::bad_request("Param limit should >= 0"))?;
    let offset =
        usize::try_from(offset.unwrap_or(0)).map_err(|_| Answer::bad_request("Param offset should >= 0"))?;
    // Past the end, the last name is shown again.
    let from = offset.min(names.len().saturating_sub(1));
    let to = limit.saturating_add(offset).min(names.len()).max(from);
    Ok(Answer::success(&json!(names[from..to])))
}

/// Bytes of each database's loads, as far as they are still remembered.
fn sizes(cluster: &Cluster) -> Value {
    let size = |name: &str| -> u64 {
        let found = cluster.store.database(name);
        let loads = found.map(|database| database.transactions()).unwrap_or_default();
        loads.iter().filter(|load| load.published_at.is_some()).map(|load| load.bytes).sum()
    };
    let names = BUILT_IN.into_iter().map(str::to_owned).chain(cluster.store.names());
    java_map::object(
        DEFAULT_CAPACITY,
        names.map(|name| {
            let bytes = size(&name);
            (name, json!(bytes))
        }),
    )
}

fn ha(cluster: &Cluster) -> Value {
    let host = cluster.fe.http.ip().to_string();
    let entries = [
        ("role", "MASTER"),
        ("current_journal_id", "1"),
        ("master", &host),
        ("electable_nodes", &host),
        ("observer_nodes", ""),
        ("can_read", "true"),
        ("is_ready", "true"),
        ("last_checkpoint_version", "0"),
        ("last_checkpoint_time", "0"),
    ];
    java_map::object(
        DEFAULT_CAPACITY,
        entries.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))),
    )
}
