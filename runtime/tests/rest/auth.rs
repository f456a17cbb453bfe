//! Who may do what.

use crate::wire::{Answer, DEADLINE, Running};
use base64::{Engine, prelude::BASE64_STANDARD};
use runtime::rest::{Auth, Open, Plain, RestOptions};
use std::{fs, path::PathBuf, time::Duration};
use tempfile::TempDir;

const TOKEN: &str = "a-token-that-is-long-and-random";

/// The interface with a file of accounts.
struct Guarded {
    running: Running,
    file: PathBuf,
    _directory: TempDir,
}

impl Guarded {
    async fn start(open: Vec<Open>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("accounts");
        write(&file, "opensesame");
        let auth = Some(Auth::read(file.clone(), Plain::Allowed).unwrap());
        let running = Running::with(RestOptions { auth, open, ..RestOptions::default() }).await;
        Self { running, file, _directory: directory }
    }

    async fn ask(&self, request: &str, authorization: &str) -> Answer {
        let header = match authorization {
            "" => String::new(),
            _ => format!("Authorization: {authorization}\r\n"),
        };
        let head = "Host: h\r\nConnection: close\r\nContent-Length: 0\r\n";
        self.running.exchange(format!("{request} HTTP/1.1\r\n{head}{header}\r\n")).await
    }

    async fn check(&self, request: &str, authorization: &str, status: &str) {
        let answer = self.ask(request, authorization).await;
        assert_eq!(answer.status_line, format!("HTTP/1.1 {status}"), "{request} {authorization}");
    }
}

fn write(file: &PathBuf, alices: &str) {
    let hash = bcrypt::hash(alices, 4).unwrap();
    let lines = [
        format!("user alice admin {hash}"),
        "user bob read-only plain:looks only".into(),
        format!("token exporter read-only plain:{TOKEN}"),
        format!("token deploy admin plain:{TOKEN}2"),
    ];
    fs::write(file, lines.join("\n")).unwrap();
}

fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

#[tokio::test]
async fn users_and_tokens_are_let_in() {
    let guarded = Guarded::start(Vec::new()).await;
    let ok = "200 OK";
    for _ in 0..2 {
        guarded.check("GET /connectors/list", &basic("alice:opensesame"), ok).await;
        guarded.check("GET /connectors/list", &basic("bob:looks only"), ok).await;
    }
    guarded.check("GET /connectors/list", &format!("Bearer {TOKEN}"), ok).await;
    guarded.check("GET /connectors/list", &format!("bearer  {TOKEN}2"), ok).await;
}

#[tokio::test]
async fn others_are_not_whatever_they_ask_for() {
    let guarded = Guarded::start(Vec::new()).await;
    insta::assert_snapshot!("unauthorized", guarded.ask("GET /connectors/list", "").await);
    insta::assert_snapshot!(
        "unauthorized_wrong",
        guarded.ask("GET /connectors/list", &basic("alice:x")).await
    );
    let refused = "401 Unauthorized";
    for request in ["GET /metrics", "GET /nosuch", "POST /connectors/c", "HEAD /connectors/list"] {
        guarded.check(request, "", refused).await;
    }
    for wrong in ["alice:", "alice:opensesame2", "alice", "Alice:opensesame", ":", "exporter:x", "bob:looks"]
    {
        guarded.check("GET /connectors/list", &basic(wrong), refused).await;
    }
    let hash = fs::read_to_string(&guarded.file).unwrap();
    let hash = hash.lines().next().unwrap().rsplit(' ').next().unwrap();
    guarded.check("GET /connectors/list", &basic(&format!("alice:{hash}")), refused).await;
    for wrong in ["Bearer", "Bearer ", "Bearer x", "Basic %%%", "Digest x", "Basic \u{e9}"] {
        guarded.check("GET /connectors/list", wrong, refused).await;
    }
    guarded.check("GET /connectors/list", &format!("Bearer {TOKEN}3"), refused).await;
}

#[tokio::test]
async fn a_read_only_account_changes_nothing_by_any_method() {
    let guarded = Guarded::start(Vec::new()).await;
    let bob = basic("bob:looks only");
    insta::assert_snapshot!("forbidden", guarded.ask("GET /connectors/c/stop", &bob).await);
    for request in
        ["GET /connectors/c?config=%7B%7D", "GET /connectors/stopAll", "POST /connectors/c", "DELETE /x"]
    {
        guarded.check(request, &bob, "403 Forbidden").await;
        guarded.check(request, &format!("Bearer {TOKEN}"), "403 Forbidden").await;
    }
    guarded.check("POST /connectors/c", &format!("Bearer {TOKEN}2"), "200 OK").await;
}

#[tokio::test]
async fn what_is_open_can_be_looked_at_without_credentials() {
    let guarded = Guarded::start(vec![Open::Metrics]).await;
    guarded.check("GET /metrics", "", "200 OK").await;
    guarded.check("GET /metrics", "Bearer wrong", "200 OK").await;
    guarded.check("POST /metrics", "", "401 Unauthorized").await;
    guarded.check("GET /health", "", "401 Unauthorized").await;
}

#[tokio::test]
async fn a_changed_file_counts_and_a_broken_one_does_not() {
    let guarded = Guarded::start(Vec::new()).await;
    let is_let_in = async |password: &str| {
        let answer = guarded.ask("GET /connectors/list", &basic(&format!("alice:{password}"))).await;
        answer.status_line == "HTTP/1.1 200 OK"
    };
    assert!(is_let_in("opensesame").await);
    write(&guarded.file, "another");
    let taken = async {
        while !is_let_in("another").await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(DEADLINE, taken).await.unwrap();
    assert!(!is_let_in("opensesame").await);
    fs::write(&guarded.file, "").unwrap();
    // Longer than the file goes unseen.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(is_let_in("another").await);
}
