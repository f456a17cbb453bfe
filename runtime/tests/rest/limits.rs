//! Clients that send too much, too slowly, or at the wrong moment.

use crate::wire::{DEADLINE, Running};
use runtime::{
    config::RestAddress,
    rest::{self, RestOptions},
};
use std::{net::IpAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const CLUSTER_INFO: &str = r#"{"status":200,"body":["standalone-worker"]}"#;

#[tokio::test]
async fn a_body_over_a_million_bytes_is_too_large() {
    let running = Running::start().await;
    let fits = running.post("/connectors/c", vec![b' '; 1_000_000]).await;
    assert_eq!(fits.status_line, "HTTP/1.1 200 OK");
    let text = running.post("/connectors/c", vec![b' '; 1_000_001]).await;
    insta::assert_snapshot!("too_large", text);
    let head = "POST /connectors/c HTTP/1.1\r\nHost: h\r\nAccept: application/json\r\nConnection: close\r\n";
    let body = " ".repeat(1_000_001);
    let json = running.exchange(format!("{head}Content-Length: 1000001\r\n\r\n{body}")).await;
    insta::assert_snapshot!("too_large_as_json", json);
    let endless = running.exchange(format!("{head}Content-Length: 99999999999\r\n\r\n")).await;
    assert_eq!(endless.status_line, "HTTP/1.1 413 Payload Too Large");
}

#[tokio::test]
async fn a_chunked_body_is_read_and_limited_too() {
    let running = Running::start().await;
    let head =
        "POST /connectors/c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let chunked = running.exchange(format!("{head}1\r\n{{\r\n1\r\n}}\r\n0\r\n\r\n")).await;
    assert_eq!(chunked.body, r#"{"errorCode":500,"message":"Request config key: connector.class"}"#);
    let chunk = format!("80000\r\n{}\r\n", " ".repeat(0x80000));
    let large = running.exchange(format!("{head}{chunk}{chunk}0\r\n\r\n")).await;
    assert_eq!(large.status_line, "HTTP/1.1 413 Payload Too Large");
}

#[tokio::test]
async fn a_head_or_body_that_does_not_arrive_ends_the_connection() {
    let options = RestOptions { read_timeout: Duration::from_millis(50), ..RestOptions::default() };
    let running = Running::with(options).await;
    for begun in ["", "GET /getClusterInfo HT", "GET /getClusterInfo HTTP/1.1\r\nHost: h\r\n"] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        tokio::time::timeout(DEADLINE, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
    }
    let slow = running
        .exchange("POST /connectors/c HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{")
        .await;
    assert_eq!(slow.body, r#"{"errorCode":400,"message":"the body did not arrive in time"}"#);
}

#[tokio::test]
async fn a_body_that_comes_byte_by_byte_is_given_no_more_time() {
    let options = RestOptions { read_timeout: Duration::from_millis(200), ..RestOptions::default() };
    let running = Running::with(options).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let head = "POST /connectors/c HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 90000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let dripping = async {
        while writer.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut answer = vec![0; 512];
    let read = tokio::time::timeout(DEADLINE, async {
        tokio::select! {
            () = dripping => panic!("the connection broke without an answer"),
            read = reader.read(&mut answer) => read.unwrap(),
        }
    });
    let read = read.await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.contains("the body did not arrive in time"), "{answer}");
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answers_is_cut_off() {
    let options = RestOptions { read_timeout: Duration::from_millis(200), ..RestOptions::default() };
    let running = Running::with(options).await;
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    let requests = "GET /getClusterInfo HTTP/1.1\r\nHost: h\r\n\r\n".repeat(1_000);
    let asking = async { while stream.write_all(requests.as_bytes()).await.is_ok() {} };
    tokio::time::timeout(DEADLINE, asking).await.expect("it is still served");
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_again() {
    let running = Running::with(RestOptions { max_connections: 1, ..RestOptions::default() }).await;
    let first = TcpStream::connect(running.address).await.unwrap();
    insta::assert_snapshot!("one_connection_too_many", running.get("/getClusterInfo").await);
    drop(first);
    let served = async { while running.get("/getClusterInfo").await.body != CLUSTER_INFO {} };
    tokio::time::timeout(DEADLINE, served).await.unwrap();
}

#[tokio::test]
async fn one_request_too_many_is_told_to_come_again() {
    let running = Running::with(RestOptions { max_requests: 1, ..RestOptions::default() }).await;
    running.host.hold_changes();
    let change = running.get("/connectors/c/pause");
    tokio::pin!(change);
    assert!(tokio::time::timeout(Duration::from_millis(50), &mut change).await.is_err());
    insta::assert_snapshot!("one_request_too_many", running.get("/getClusterInfo").await);
    running.host.let_changes_go();
    change.await;
    assert_eq!(running.get("/getClusterInfo").await.body, CLUSTER_INFO);
}

#[tokio::test]
async fn pages_of_other_origins_are_allowed_nothing() {
    let running = Running::start().await;
    for request in ["GET /getClusterInfo", "OPTIONS /connectors/c"] {
        let asked = "Host: h\r\nOrigin: http://other.example\r\nAccess-Control-Request-Method: POST\r\nConnection: close";
        let answer = running.exchange(format!("{request} HTTP/1.1\r\n{asked}\r\n\r\n")).await;
        let is_cors = |name: &str| name.to_ascii_lowercase().starts_with("access-control-");
        assert!(!answer.headers.iter().any(|(name, _)| is_cors(name)), "{answer}");
    }
}

#[tokio::test]
async fn one_connection_serves_many_requests_of_either_version() {
    let running = Running::start().await;
    let request = "GET /getClusterInfo HTTP/1.1\r\nHost: h\r\n\r\n";
    let last = "GET /getClusterInfo HTTP/1.0\r\n\r\n";
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all([request, request, last].concat().as_bytes()).await.unwrap();
    let mut answers = String::new();
    tokio::time::timeout(DEADLINE, stream.read_to_string(&mut answers)).await.unwrap().unwrap();
    assert_eq!(answers.matches(CLUSTER_INFO).count(), 3, "{answers}");
}

#[tokio::test]
async fn reads_are_answered_while_a_change_waits() {
    let running = Running::start().await;
    running.host.hold_changes();
    let change = running.get("/connectors/c/pause");
    tokio::pin!(change);
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut change).await.is_err());
    assert_eq!(running.get("/connectors/list").await.body, r#"{"status":200,"body":{}}"#);
    running.host.let_changes_go();
    assert_eq!(change.await.body, r#"{"errorCode":500,"message":"Connector [c] does not exist"}"#);
}

#[tokio::test]
async fn a_change_that_takes_too_long_says_that_it_may_still_happen() {
    let options = RestOptions { request_timeout: Duration::from_millis(20), ..RestOptions::default() };
    let running = Running::with(options).await;
    running.host.hold_changes();
    let message = "the worker did not answer in time; what was asked may still happen";
    let expected = serde_json::json!({"errorCode": 500, "message": message}).to_string();
    assert_eq!(running.get("/connectors/c/pause").await.body, expected);
}

#[tokio::test]
async fn shutdown_lets_running_requests_finish_and_takes_no_new_ones() {
    let mut running = Running::start().await;
    running.host.hold_changes();
    let idle = TcpStream::connect(running.address).await.unwrap();
    let mut change = Box::pin(running.get("/connectors/c/pause"));
    assert!(tokio::time::timeout(Duration::from_millis(20), &mut change).await.is_err());
    running.shutdown.cancel();
    running.host.let_changes_go();
    assert_eq!(change.await.body, r#"{"errorCode":500,"message":"Connector [c] does not exist"}"#);
    tokio::time::timeout(DEADLINE, &mut running.server).await.unwrap().unwrap();
    assert!(TcpStream::connect(running.address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_key_that_moves_it() {
    let running = Running::start().await;
    let address = RestAddress { host: IpAddr::from([127, 0, 0, 1]), port: running.address.port() };
    let error = rest::bind(address).await.unwrap_err().to_string();
    let expected = "is taken by another process: stop it, or set httpPort to another port (0 for a free one)";
    assert_eq!(error, format!("{} {expected}", running.address));
}

#[tokio::test]
async fn head_is_answered_without_running_what_get_would() {
    let running = Running::start().await;
    running.host.hold_changes();
    let head = |path: &str| {
        running.exchange(format!("HEAD {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
    };
    insta::assert_snapshot!("head", head("/connectors/stop/all").await);
    insta::assert_snapshot!("head", head("/metrics").await);
    insta::assert_snapshot!("head_of_no_route", head("/nosuch").await);
}

#[tokio::test]
async fn a_large_answer_is_compressed_for_those_who_accept_it() {
    let running = Running::start().await;
    let get = |accept: &'static str| {
        running.exchange(format!(
            "GET /connectors/c/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{accept}\r\n"
        ))
    };
    let compressed = |answer: &crate::wire::Answer| {
        answer
            .headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("content-encoding") && value == "gzip")
    };
    for (note, expected) in [("short".to_owned(), false), ("x".repeat(2_000), true)] {
        let config = serde_json::json!({"connector.class": "bench.CountSinkConnector", "connect.topicnames": "t", "note": note});
        running.post("/connectors/c", config.to_string()).await;
        let plain = get("").await;
        let answer = get("Accept-Encoding: deflate, gzip\r\n").await;
        assert!(plain.body.contains(&note) && !compressed(&plain), "{plain}");
        assert_eq!((compressed(&answer), answer.body), (expected, plain.body));
    }
}
