//! A stand-in under test, raw HTTP to it, and SQL through a real client.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::expect_used, reason = "a failed assumption fails the test")]

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Conn, OptsBuilder};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const PASSWORD: &str = "secret";
pub(crate) mod recorded;
pub(crate) mod types;

const DEADLINE: Duration = Duration::from_secs(20);
const TABLES: &[&str] = &[
    "create database test",
    "create database test2",
    "create table test.t(id bigint not null,name varchar(64),score int) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
    "create table test.u(id bigint not null,name varchar(64),score int) unique key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
    "create table test.a(id bigint not null,score int sum) aggregate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
    "create user nop identified by 'x'",
    "create user odd identified by 'a:b@c/d%e#f?g h+é'",
    "grant all on *.* to odd",
];

/// A stand-in with two databases, a table of each model, and three users.
pub(crate) async fn start() -> Running {
    start_with(Options::default()).await
}

/// The same, started with other options; the password is always the tests'.
pub(crate) async fn start_with(options: Options) -> Running {
    let running = Standin::start(Options { password: PASSWORD.to_owned(), ..options }).await.unwrap();
    let mut sql = connect(&running, "root", PASSWORD).await;
    for statement in TABLES {
        sql.query_drop(*statement).await.unwrap();
    }
    running
}

pub(crate) async fn connect(running: &Running, user: &str, password: &str) -> Conn {
    try_connect(running.mysql, user, password, None).await.unwrap()
}

pub(crate) async fn try_connect(
    address: SocketAddr,
    user: &str,
    password: &str,
    database: Option<&str>,
) -> Result<Conn, mysql_async::Error> {
    let options = OptsBuilder::default()
        .ip_or_hostname(address.ip().to_string())
        .tcp_port(address.port())
        .user(Some(user))
        .pass(Some(password))
        .db_name(database)
        .prefer_socket(false);
    Conn::new(options).await
}

/// The rows of a query, as root.
pub(crate) async fn rows<T: FromRow + Send + 'static>(running: &Running, query: &str) -> Vec<T> {
    connect(running, "root", PASSWORD).await.query(query).await.unwrap()
}

/// What a statement is refused with, without the front end's usual prefix.
pub(crate) async fn refusal(sql: &mut Conn, statement: &str) -> String {
    match sql.query_drop(statement).await {
        Err(mysql_async::Error::Server(error)) => {
            error.message.trim_start_matches("errCode = 2, detailMessage = ").to_owned()
        }
        other => panic!("{statement}: {other:?}"),
    }
}

pub(crate) async fn count(running: &Running, table: &str) -> u64 {
    rows::<u64>(running, &format!("select count(*) from {table}")).await[0]
}

/// `Authorization` for a user and password.
pub(crate) fn basic(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

pub(crate) fn root() -> String {
    basic("root", PASSWORD)
}

/// Sends bytes and reads until the server closes or has nothing more to say.
pub(crate) async fn raw(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    read_answer(&mut stream).await
}

/// One answer: until it is complete by its own account, or the server closes.
pub(crate) async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = async {
        while !is_complete(&bytes) {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                break;
            }
        }
    };
    tokio::time::timeout(DEADLINE, read).await.expect("an answer before the deadline");
    String::from_utf8(bytes).unwrap()
}

fn is_complete(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&text);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    if head.contains("Transfer-Encoding: chunked") {
        return body.ends_with("\r\n0\r\n\r\n");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    length.is_some_and(|length| body.len() >= length.parse::<usize>().unwrap())
}

/// A request with these header lines.
pub(crate) fn request(line: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("{line} HTTP/1.1\r\nHost: x\r\n");
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// A load straight to the back end; its answer as JSON.
pub(crate) async fn load(running: &Running, table: &str, headers: &[&str], body: &str) -> Value {
    json(&load_text(running, table, headers, body).await)
}

pub(crate) async fn load_text(running: &Running, table: &str, headers: &[&str], body: &str) -> String {
    let (authorization, length) = (root(), format!("Content-Length: {}", body.len()));
    let mut all = vec![authorization.as_str(), length.as_str(), "format: json"];
    all.retain(|line| {
        !line.starts_with("format") || !headers.iter().any(|header| header.starts_with("format"))
    });
    all.retain(|line| !line.starts_with("Auth") || !headers.iter().any(|header| header.starts_with("Auth")));
    all.extend_from_slice(headers);
    let path = table.replace('.', "/");
    raw(running.be, &request(&format!("PUT /api/{path}/_stream_load"), &all, body)).await
}

/// The same, with a body that need not be text.
pub(crate) async fn load_bytes(running: &Running, table: &str, headers: &[&str], body: &[u8]) -> Value {
    let (authorization, length) = (root(), format!("Content-Length: {}", body.len()));
    let mut all = vec![authorization.as_str(), length.as_str()];
    if !headers.iter().any(|header| header.starts_with("format")) {
        all.push("format: json");
    }
    all.extend_from_slice(headers);
    let path = table.replace('.', "/");
    let mut bytes = request(&format!("PUT /api/{path}/_stream_load"), &all, "");
    bytes.extend_from_slice(body);
    json(&raw(running.be, &bytes).await)
}

/// What the back end says to the head of a load alone.
pub(crate) async fn head(running: &Running, table: &str, headers: &[&str]) -> String {
    let root = root();
    let mut all = vec![root.as_str()];
    all.extend_from_slice(headers);
    let path = table.replace('.', "/");
    let mut stream = TcpStream::connect(running.be).await.unwrap();
    stream.write_all(&request(&format!("PUT /api/{path}/_stream_load"), &all, "")).await.unwrap();
    let mut bytes = Vec::new();
    let read = async {
        while !(bytes == b"HTTP/1.1 100 Continue\r\n\r\n" || is_complete(&bytes)) {
            assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "the connection was closed");
        }
    };
    tokio::time::timeout(DEADLINE, read).await.expect("an answer before the deadline");
    String::from_utf8(bytes).unwrap()
}

/// The log of bad rows that an answer names.
pub(crate) async fn error_log(running: &Running, answer: &Value) -> String {
    let url = answer["ErrorURL"].as_str().unwrap_or_else(|| panic!("no ErrorURL in {answer}"));
    let path = url.strip_prefix(&format!("http://{}", running.be)).unwrap();
    let answer = raw(running.be, &request(&format!("GET {path}"), &[], "")).await;
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// The JSON in an answer's body.
pub(crate) fn json(answer: &str) -> Value {
    let start = answer.find(['{', '[']).unwrap_or_else(|| panic!("no JSON in {answer:?}"));
    let end = answer.rfind(['}', ']']).unwrap();
    serde_json::from_str(&answer[start..=end]).unwrap_or_else(|error| panic!("{error} in {answer}"))
}

/// The state of a label, by the front end.
pub(crate) async fn label_state(running: &Running, label: &str) -> String {
    let line = format!("GET /api/test/get_load_state?label={label}");
    let answer = json(&raw(running.fe, &request(&line, &[&root()], "")).await);
    answer["data"].as_str().unwrap().to_owned()
}

/// Waits until a label is in a state.
pub(crate) async fn wait_for_state(running: &Running, label: &str, wanted: &str) {
    let wait = async {
        while label_state(running, label).await != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ended = tokio::time::timeout(DEADLINE, wait).await;
    assert!(ended.is_ok(), "label {label} is not {wanted} but {}", label_state(running, label).await);
}

/// Switches faults on.
pub(crate) async fn set_faults(running: &Running, faults: &Value) {
    let body = faults.to_string();
    let length = format!("Content-Length: {}", body.len());
    let answer = raw(running.fe, &request("PUT /_standin/faults", &[&length], &body)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// The `data`, or else the `msg`, of what the front end answers.
pub(crate) async fn said(running: &Running, line: &str, headers: &[&str], body: &str) -> String {
    let length = format!("Content-Length: {}", body.len());
    let mut headers = headers.to_vec();
    if !body.is_empty() {
        headers.push(&length);
    }
    let answer = raw(running.fe, &request(line, &headers, body)).await;
    let found = json(&answer);
    let text = found.get("data").or_else(|| found.get("msg")).unwrap();
    text.as_str().map_or_else(|| text.to_string(), str::to_owned)
}
