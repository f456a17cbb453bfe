//! The program: what it prints, how it ends, and what survives its being killed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed assumption fails the test"
)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mysql_async::prelude::Queryable;
use support::{json, raw, request, root, try_connect};

struct Program {
    child: Child,
    fe: SocketAddr,
    be: SocketAddr,
    mysql: SocketAddr,
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doris-standin"));
    let free = "127.0.0.1:0";
    command.args(["--fe-http", free, "--be-http", free, "--mysql", free, "--password", "secret", "--data"]);
    command.arg(data).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(data: &Path) -> Program {
    let mut child = command(data).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("not Doris"));
    let mut address = |name: &str| {
        let line = lines.next().unwrap();
        line.strip_prefix(name).unwrap_or_else(|| panic!("{line}")).parse().unwrap()
    };
    let (fe, be, mysql) = (address("fe-http="), address("be-http="), address("mysql="));
    assert_eq!(lines.next().as_deref(), Some("ready"));
    Program { child, fe, be, mysql }
}

/// Loads with curl, following the redirect with credentials; what curl printed.
fn curl(program: &Program, label: &str, body: &str) -> String {
    let mut child = Command::new("curl")
        .args(["-s", "--location-trusted", "-u", "root:secret", "-H", "format: json", "-T", "-"])
        .args(["-H", &format!("label: {label}"), &format!("http://{}/api/test/t/_stream_load", program.fe)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("curl is needed for this test");
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[tokio::test]
async fn what_was_answered_success_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..5000).map(|id| format!("{{\"id\":{id}}}\n")).collect();
    {
        let program = start(dir.path());
        let mut sql = try_connect(program.mysql, "root", "secret", None).await.unwrap();
        sql.query_drop("create database test").await.unwrap();
        sql.query_drop("create table test.t(id bigint) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')").await.unwrap();
        sql.query_drop("create user other identified by 'pw'").await.unwrap();
        let answer = curl(&program, "first", &rows);
        assert!(answer.contains("\"Status\": \"Success\""), "{answer}");
        // Dropping the program kills it with signal 9.
    }
    let program = start(dir.path());
    let answer = curl(&program, "first", &rows);
    assert!(answer.contains("\"ExistingJobStatus\": \"FINISHED\""), "{answer}");
    let mut sql = try_connect(program.mysql, "root", "secret", Some("test")).await.unwrap();
    let found: Option<(u64, u64)> = sql.query_first("select count(*), sum(id) from t").await.unwrap();
    assert_eq!(found, Some((5000, 12_497_500)));
    try_connect(program.mysql, "other", "pw", None).await.unwrap();
}

#[tokio::test]
async fn what_was_prepared_or_decided_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let headers = |label: &str| {
        [root(), format!("label: {label}"), "format: json".to_owned(), "Content-Length: 8".to_owned()]
    };
    let load = async |program: &Program, label: &str, more: &str| {
        let lines = headers(label);
        let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        lines.push(more);
        json(&raw(program.be, &request("PUT /api/test/t/_stream_load", &lines, "{\"id\":1}")).await)["Status"]
            .clone()
    };
    {
        let program = start(dir.path());
        let mut sql = try_connect(program.mysql, "root", "secret", None).await.unwrap();
        sql.query_drop("create database test").await.unwrap();
        sql.query_drop("create table test.t(id bigint) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')").await.unwrap();
        assert_eq!(load(&program, "prepared", "two_phase_commit: true").await, "Success");
        let fault = r#"[{"at":"be.stream_load","kind":"publish_timeout"}]"#;
        let length = format!("Content-Length: {}", fault.len());
        raw(program.be, &request("PUT /_standin/faults", &[&length], fault)).await;
        assert_eq!(load(&program, "decided", "x: y").await, "Publish Timeout");
    }
    let program = start(dir.path());
    let mut sql = try_connect(program.mysql, "root", "secret", Some("test")).await.unwrap();
    // What was decided is published; what was prepared still waits.
    assert_eq!(sql.query_first::<u64, _>("select count(*) from t").await.unwrap(), Some(1));
    let commit = [&root(), "label: prepared", "txn_operation: commit", "Content-Length: 0"];
    let answer = json(&raw(program.be, &request("PUT /api/test/_stream_load_2pc", &commit, "")).await);
    assert_eq!(answer["msg"], "label [prepared] commit successfully.");
    assert_eq!(sql.query_first::<u64, _>("select count(*) from t").await.unwrap(), Some(2));
}

#[test]
fn a_taken_port_is_named_with_the_flag_that_moves_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let dir = tempfile::tempdir().unwrap();
    let output = command(dir.path()).args(["--be-http", &address]).output().unwrap();
    // A flag given twice is wrong usage; so give the whole line.
    assert_eq!(output.status.code(), Some(2));
    let output = Command::new(env!("CARGO_BIN_EXE_doris-standin"))
        .args(["--fe-http", "127.0.0.1:0", "--be-http", &address, "--mysql", "127.0.0.1:0", "--data"])
        .arg(dir.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&address) && text.contains("--be-http"), "{text}");
}

#[test]
fn sigterm_ends_it_with_zero() {
    let dir = tempfile::tempdir().unwrap();
    let mut program = start(dir.path());
    let pid = program.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}

#[test]
fn versions_back_ends_and_https_are_chosen_on_the_command_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = command(dir.path())
        .args(["--version", "2.0", "--backends", "2", "--fe-https", "127.0.0.1:0"])
        .args(["--tls-name", "doris.example", "--tls-client-ca"])
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let lines: Vec<String> = lines.take_while(|line| line != "ready").collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let names: Vec<&str> = lines[1..].iter().map(|line| line.split('=').next().unwrap()).collect();
    assert_eq!(names, ["fe-http", "fe-https", "root-certificate", "be-http", "be-http", "mysql"]);
    let root = dir.path().join("tls").join("ca.pem");
    assert!(lines.contains(&format!("root-certificate={}", root.display())) && root.exists(), "{lines:?}");
}

#[test]
fn what_is_not_stood_in_for_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (["--version", "4.0"], "there are 1.2, 2.0, 2.1 and 3.0"),
        (["--backends", "0"], "--backends"),
        (["--tls-key", "x"], "--tls-certificate"),
        (["--tls-name", "x"], "--fe-https"),
    ] {
        let output = command(dir.path()).args(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(expected), "{text}");
    }
}
