//! How the answers of the front end differ between release lines.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use doris_standin::{Options, Running, Version};
use support::{PASSWORD, basic, json, raw, request, root, start_with};

async fn start(version: Version) -> Running {
    start_with(Options { version, ..Options::default() }).await
}

/// Asks every version the same and compares what it says, oldest first.
async fn check(line: &str, headers: &[&str], expected: [&str; 4]) {
    for (version, expected) in Version::ALL.into_iter().zip(expected) {
        let running = start(version).await;
        let answer = raw(running.fe, &request(line, headers, "")).await;
        let answer = answer.replace(&running.be.port().to_string(), "BE");
        assert!(answer.contains(expected), "{version}: no {expected:?} in {answer}");
    }
}

#[tokio::test]
async fn the_cluster_stands_in_addresses_until_2_1() {
    let root = root();
    let with = "Location: http://root%40default_cluster:secret@127.0.0.1:BE/api/test/t/_stream_load?\r\n";
    let without = "Location: http://root:secret@127.0.0.1:BE/api/test/t/_stream_load?\r\n";
    let headers = [root.as_str(), "Expect: 100-continue"];
    check("PUT /api/test/t/_stream_load", &headers, [with, with, without, without]).await;
}

#[tokio::test]
async fn transactions_are_finished_by_id_alone_in_1_2() {
    let root = root();
    let no_id = r#"{"status":"FAILED","msg":"No transaction id selected."}"#;
    let sent_on = "HTTP/1.1 307 ";
    let by_label = [root.as_str(), "label: x", "txn_operation: commit"];
    check("PUT /api/test/_stream_load_2pc", &by_label, [no_id, sent_on, sent_on, sent_on]).await;
    let neither = r#"{"status":"FAILED","msg":"No transaction id or label selected."}"#;
    check("PUT /api/test/_stream_load_2pc", &[&root], [no_id, neither, neither, neither]).await;
}

#[tokio::test]
async fn group_commit_is_looked_at_from_2_1_on() {
    let root = root();
    let refused = "Header `group_commit` can only be `sync_mode`, `async_mode` or `off_mode`.";
    let headers = [root.as_str(), "Expect: 100-continue", "group_commit: maybe"];
    let sent_on = "HTTP/1.1 307 ";
    check("PUT /api/test/t/_stream_load", &headers, [sent_on, sent_on, refused, refused]).await;
    let sql = [root.as_str(), "Expect: 100-continue"];
    let unknown = "HTTP/1.1 404 ";
    check("PUT /api/_http_stream", &sql, [unknown, unknown, sent_on, sent_on]).await;
}

#[tokio::test]
async fn a_wrong_password_is_worded_with_the_cluster_in_1_2() {
    let wrong = basic("root", "wrong");
    let old = "Access denied for default_cluster:root@127.0.0.1";
    let new = "Access denied for user 'root@127.0.0.1' (using password: YES)";
    check("GET /api/backends", &[&wrong], [old, new, new, new]).await;
}

#[tokio::test]
async fn an_unknown_table_is_worded_anew_in_3_0() {
    let root = root();
    let old = "errCode = 7, detailMessage = unknown table, tableName=nope";
    let new = "errCode = 7, detailMessage = table not found, tableName=nope";
    check("GET /api/test/nope/_schema", &[&root], [old, old, old, new]).await;
}

#[tokio::test]
async fn unique_tables_merge_on_read_unless_told_in_1_2() {
    let root = root();
    let old = r#"{"name":"name","aggregation_type":"REPLACE","comment":"","type":"VARCHAR"}"#;
    let new = r#"{"name":"name","aggregation_type":"NONE","comment":"","type":"VARCHAR"}"#;
    check("GET /api/test/u/_schema", &[&root], [old, new, new, new]).await;
}

#[tokio::test]
async fn the_port_of_arrow_flight_is_told_from_2_1_on() {
    let old = r#""rpcPort":0,"version":"#;
    let new = r#""rpcPort":0,"arrowFlightSqlPort":0,"version":"#;
    check("GET /api/bootstrap", &[], [old, old, new, new]).await;
}

#[tokio::test]
async fn results_are_written_bit_by_bit_from_2_0_on() {
    for version in Version::ALL {
        let running = start(version).await;
        let body = r#"{"stmt":"select count(*) as n from t"}"#;
        let headers = [root(), format!("Content-Length: {}", body.len())];
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let query = request("POST /api/query/default_cluster/test", &headers, body);
        let answer = raw(running.fe, &query).await;
        let streamed = answer.contains("Content-Type: application/json;charset=utf-8\r\n");
        assert_eq!(streamed, version >= Version::V2_0, "{version}: {answer}");
        assert_eq!(json(&answer)["data"]["data"], serde_json::json!([[0]]), "{version}");
    }
}

#[tokio::test]
async fn nodes_say_which_release_they_are_of() {
    for version in Version::ALL {
        let running = start(version).await;
        for list in ["backends", "frontends"] {
            let get = request(&format!("GET /rest/v2/manager/node/{list}"), &[&basic("root", PASSWORD)], "");
            let found = json(&raw(running.fe, &get).await);
            let columns = found["data"]["columnNames"].as_array().unwrap();
            let at = columns.iter().position(|column| column == "Version").unwrap();
            let release = found["data"]["rows"][0][at].as_str().unwrap().to_owned();
            assert!(release.starts_with(&format!("doris-{version}.")), "{list} of {version}: {release}");
        }
    }
}
