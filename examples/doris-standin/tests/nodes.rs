//! Several back ends, one of them away, and addresses of IPv6.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use doris_standin::{Options, Running};
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};
use support::{PASSWORD, count, raw, read_answer, request, root, start_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ROW: &str = "{\"id\":1}";

fn three(heartbeat: Duration) -> Options {
    Options { backends: NonZeroUsize::new(3).unwrap(), heartbeat, ..Options::default() }
}

/// Where a load into `test.t` is sent.
async fn redirected(running: &Running, header: &str) -> String {
    let load = request("PUT /api/test/t/_stream_load", &[&root(), "Expect: 100-continue", header], "");
    let answer = raw(running.fe, &load).await;
    let location = answer.lines().find_map(|line| line.strip_prefix("Location: http://root:secret@"));
    let location = location.unwrap_or_else(|| panic!("{answer}"));
    location.split('/').next().unwrap().to_owned()
}

async fn get(running: &Running, path: &str) -> Value {
    support::json(&raw(running.fe, &request(&format!("GET {path}"), &[&root()], "")).await)
}

async fn switch(running: &Running, number: usize, word: &str) -> Value {
    let line = format!("POST /_standin/backends/{number}/{word}");
    support::json(&raw(running.fe, &request(&line, &["Content-Length: 0"], "")).await)
}

#[tokio::test]
async fn loads_are_spread_over_the_back_ends() {
    let running = start_with(three(Duration::ZERO)).await;
    let mut sent = Vec::new();
    for _ in 0..6 {
        sent.push(redirected(&running, "label: x").await);
    }
    let addresses: Vec<String> = running.backends.iter().map(ToString::to_string).collect();
    assert_eq!(sent, [addresses.clone(), addresses].concat());
    for (number, backend) in running.backends.iter().enumerate() {
        let headers = [root(), "format: json".to_owned(), format!("Content-Length: {}", ROW.len())];
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let load = request("PUT /api/test/t/_stream_load", &headers, ROW);
        assert_eq!(support::json(&raw(*backend, &load).await)["Status"], "Success", "back end {number}");
    }
    assert_eq!(count(&running, "test.t").await, 3);
}

#[tokio::test]
async fn group_commits_of_a_table_are_gathered_by_one_back_end() {
    let running = start_with(three(Duration::ZERO)).await;
    let first = redirected(&running, "group_commit: sync_mode").await;
    for _ in 0..3 {
        assert_eq!(redirected(&running, "group_commit: sync_mode").await, first);
    }
}

#[tokio::test]
async fn a_back_end_that_is_away_refuses_connections_and_gets_no_loads_once_noticed() {
    let running = start_with(three(Duration::ZERO)).await;
    let state = switch(&running, 1, "stop").await;
    assert_eq!(state["backends"][1]["serves"], json!(false));
    assert!(TcpStream::connect(running.backends[1]).await.is_err());
    let away = running.backends[1].to_string();
    for _ in 0..4 {
        assert_ne!(redirected(&running, "label: x").await, away);
    }
    let health = get(&running, "/api/health").await;
    assert_eq!(health["data"], json!({"online_backend_num": 2, "total_backend_num": 3}));
    let all = get(&running, "/api/backends").await;
    assert_eq!(all["data"]["backends"][1]["is_alive"], json!(false));
    let alive = get(&running, "/api/backends?is_alive=true").await;
    assert_eq!(alive["data"]["backends"].as_array().unwrap().len(), 2);

    switch(&running, 1, "start").await;
    TcpStream::connect(running.backends[1]).await.unwrap();
    assert_eq!(get(&running, "/api/health").await["data"]["online_backend_num"], 3);
}

#[tokio::test]
async fn until_it_is_noticed_loads_are_sent_to_a_back_end_that_is_away() {
    let running = start_with(three(Duration::from_secs(3600))).await;
    switch(&running, 0, "stop").await;
    assert_eq!(redirected(&running, "label: x").await, running.backends[0].to_string());
    assert_eq!(get(&running, "/api/health").await["data"]["online_backend_num"], 3);
}

#[tokio::test]
async fn with_all_back_ends_away_loads_are_refused() {
    let running = start_with(Options { heartbeat: Duration::ZERO, ..Options::default() }).await;
    switch(&running, 0, "stop").await;
    let load = request("PUT /api/test/t/_stream_load", &[&root(), "Expect: 100-continue"], "");
    let answer = support::json(&raw(running.fe, &load).await);
    assert_eq!(answer["status"], "FAILED");
    let text = answer["msg"].as_str().unwrap();
    assert!(text.starts_with("errCode = 2, detailMessage = No backend load available"), "{text}");
}

#[tokio::test]
async fn over_ipv6_addresses_stand_in_brackets() {
    let free = "[::1]:0".parse().unwrap();
    let options = Options { fe_http: free, be_http: free, mysql: free, ..Options::default() };
    let running = start_with(options).await;
    assert_eq!(redirected(&running, "label: x").await, running.be.to_string());
    assert!(running.be.to_string().starts_with("[::1]:"));
    assert_eq!(get(&running, "/api/backends").await["data"]["backends"][0]["ip"], "::1");
    let answer = support::load(&running, "test.t", &["max_filter_ratio: 1"], "{\"id\":\"x\"}").await;
    let url = answer["ErrorURL"].as_str().unwrap_or_else(|| panic!("{answer}"));
    assert!(url.starts_with(&format!("http://{}/api/_load_error_log?file=", running.be)), "{url}");
    let denied = raw(running.fe, &request("GET /api/backends", &[&support::basic("root", "x")], "")).await;
    assert!(denied.contains("Access denied for user 'root@::1' (using password: YES)"), "{denied}");
    support::try_connect(running.mysql, "root", PASSWORD, None).await.unwrap();
}

#[tokio::test]
async fn sql_knows_the_back_ends_too() {
    let running = start_with(three(Duration::ZERO)).await;
    switch(&running, 2, "stop").await;
    let listed: Vec<mysql_async::Row> = support::rows(&running, "show backends").await;
    let alive: Vec<String> = listed.iter().map(|row| row.get("Alive").unwrap()).collect();
    assert_eq!(alive, ["true", "true", "false"]);
    let port: String = listed[0].get("HttpPort").unwrap();
    assert_eq!(port, running.be.port().to_string());
    let frontends: Vec<mysql_async::Row> = support::rows(&running, "show frontends").await;
    assert_eq!(frontends[0].get::<String, _>("IsMaster").unwrap(), "true");

    let mut root = support::connect(&running, "root", PASSWORD).await;
    let table = |copies: u32| {
        format!(
            "create table test.copied(id int) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='{copies}')"
        )
    };
    root.query_drop(table(3)).await.unwrap();
    let refused = root.query_drop(table(4)).await.unwrap_err().to_string();
    assert!(refused.contains("replication num is 4, available backend num is 3"), "{refused}");
    let mut nop = support::connect(&running, "nop", "x").await;
    let refused = nop.query_drop("show backends").await.unwrap_err().to_string();
    assert!(refused.contains("1227") && refused.contains("privilege(s) for this operation"), "{refused}");
}

#[tokio::test]
async fn a_back_end_that_goes_away_breaks_its_connections() {
    let running = start_with(Options::default()).await;
    let mut stream = TcpStream::connect(running.be).await.unwrap();
    stream.write_all(&request("GET /api/health", &[], "")).await.unwrap();
    assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 200 "));
    switch(&running, 0, "stop").await;
    let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_u8()).await;
    assert!(ended.expect("the connection breaks before the deadline").is_err());
}

#[tokio::test]
async fn over_a_port_of_both_kinds_clients_of_ipv4_are_known_by_their_own_address() {
    let both = "[::]:0".parse().unwrap();
    let running = start_with(Options { fe_http: both, mysql: both, ..Options::default() }).await;
    let here = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let wrong = request("GET /api/backends", &[&support::basic("nop", "wrong")], "");
    let denied = raw(here(running.fe.port()), &wrong).await;
    assert!(denied.contains("Access denied for user 'nop@127.0.0.1'"), "{denied}");
    let denied = support::try_connect(here(running.mysql.port()), "nop", "wrong", None).await;
    let denied = denied.unwrap_err().to_string();
    assert!(denied.contains("Access denied for user 'nop@127.0.0.1'"), "{denied}");
}
