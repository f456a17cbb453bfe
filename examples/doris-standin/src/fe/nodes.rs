//! Answers about the cluster: whether it serves, and which processes it has.

use serde_json::{Value, json};

use super::Call;
use super::answers::Answer;
use super::java_map::{self, DEFAULT_CAPACITY};
use super::login::{login, require};
use super::redirect::to_https;
use crate::accounts::Privilege;
use crate::cluster::Cluster;
use crate::nodes::{self, CLUSTER_ID, NodeList};
use crate::version::Version;

/// `GET /api/bootstrap`. More is told to whoever knows the cluster's token, which no client does.
pub(super) fn bootstrap(cluster: &Cluster, call: &Call) -> Result<Answer, Answer> {
    let parameter = |name| call.request.query_value(name);
    if let (Some(id), Some(token)) = (parameter("cluster_id"), parameter("token")) {
        let number: i32 =
            id.parse().map_err(|_| Answer::bad_request(&format!("invalid cluster id format: {id}")))?;
        return Err(Answer::error(&if number == CLUSTER_ID {
            format!("invalid token: {token}")
        } else {
            format!("invalid cluster id: {number}")
        }));
    }
    let mut ports = json!({ "replayedJournalId": 0, "queryPort": 0, "rpcPort": 0 });
    if cluster.version >= Version::V2_1 {
        ports["arrowFlightSqlPort"] = json!(0);
    }
    ports["version"] = json!("");
    Ok(Answer::success(&ports))
}

/// `GET /api/health`.
pub(super) fn health(cluster: &Cluster) -> Answer {
    let online = cluster.backends.all().filter(|(_, alive)| *alive).count();
    let entries = [("total_backend_num", cluster.backends.len()), ("online_backend_num", online)];
    let entries = entries.into_iter().map(|(key, count)| (key.to_owned(), json!(count)));
    Answer::success(&java_map::object(DEFAULT_CAPACITY, entries))
}

/// `GET /api/backends?is_alive=…`.
pub(super) fn backends(cluster: &Cluster, call: &Call) -> Result<Answer, Answer> {
    login(cluster, call)?;
    let only_alive =
        call.request.query_value("is_alive").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let listed = cluster.backends.all().filter(|(_, alive)| *alive || !only_alive);
    let backends: Vec<_> = listed
        .map(|(node, alive)| {
            let address = node.address;
            json!({ "ip": address.ip().to_string(), "http_port": address.port(), "is_alive": alive })
        })
        .collect();
    Ok(Answer::success(&json!({ "backends": backends })))
}

/// `GET /rest/v2/manager/node/backends` and `…/frontends`.
pub(super) fn list(cluster: &Cluster, call: &Call, list: fn(&Cluster) -> NodeList) -> Result<Answer, Answer> {
    may_look(cluster, call)?;
    to_https(cluster, call)?;
    let NodeList { columns, rows } = list(cluster);
    Ok(Answer::success(&json!({ "columnNames": columns, "rows": rows })))
}

/// `GET /rest/v2/manager/node/node_list`.
pub(super) fn addresses(cluster: &Cluster, call: &Call) -> Result<Answer, Answer> {
    may_look(cluster, call)?;
    let hosts = |list: NodeList| -> Value {
        let at = |name| list.columns.iter().position(|column| *column == name);
        let (Some(host), Some(port)) = (at("Host"), at("HttpPort")) else { return json!([]) };
        list.rows.iter().map(|row| format!("{}:{}", bracketed(&row[host]), row[port])).collect()
    };
    let entries =
        [("frontend", hosts(nodes::frontends(cluster))), ("backend", hosts(nodes::backends(cluster)))];
    let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), value));
    Ok(Answer::success(&java_map::object(DEFAULT_CAPACITY, entries)))
}

/// Every user may, from 2.0 on.
fn may_look(cluster: &Cluster, call: &Call) -> Result<(), Answer> {
    let user = login(cluster, call)?.user;
    if cluster.version >= Version::V2_0 {
        return Ok(());
    }
    require(cluster, &user, Privilege::Admin, "*", "*").map_err(|reason| Answer::unauthorized(&reason))
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}
