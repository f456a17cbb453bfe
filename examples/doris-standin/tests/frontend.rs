//! Which loads the front end sends on and what it says of the others, beyond what was recorded.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use doris_standin::{Options, Standin};
use mysql_async::prelude::Queryable;
use support::{PASSWORD, basic, connect, raw, read_answer, request, root, said, start};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const EXPECT: &str = "Expect: 100-continue";

#[tokio::test]
async fn what_was_asked_for_stands_in_the_address_again() {
    let running = start().await;
    for (path, header, target) in [
        ("/api/test/t/_stream_load?a=b", "x: y", "/api/test/t/_stream_load?a=b"),
        ("/api/test/t%2Fu/_stream_load", "x: y", "/api/test/t/u/_stream_load?"),
        ("/api/test/t/_stream_load", "group_commit: OFF_MODE", "/api/test/t/_stream_load?"),
        ("/api/test/t/_stream_load_2pc", "txn_id: 1", "/api/test/t/_stream_load_2pc?"),
    ] {
        let load = request(&format!("PUT {path}"), &[&root(), EXPECT, header, "txn_operation: abort"], "");
        let answer = raw(running.fe, &load).await;
        let expected = format!("\r\nLocation: http://root:secret@{}{target}\r\n", running.be);
        assert!(answer.contains(&expected), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_load_is_cancelled_only_by_who_may_load_into_the_whole_database() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    for statement in [
        "create user one identified by 'x'",
        "grant load_priv on test.t to one",
        "create user all_of_it identified by 'x'",
        "grant load_priv on test.* to all_of_it",
    ] {
        sql.query_drop(statement).await.unwrap();
    }
    support::load(&running, "test.t", &["label: pre", "two_phase_commit: true"], r#"{"id":1}"#).await;
    for (user, answer) in [
        (
            "one",
            r#"{"msg":"Unauthorized","code":401,"data":"Access denied for user 'one' to database 'test'","count":0}"#,
        ),
        ("all_of_it", r#"{"msg":"success","code":0,"data":null,"count":0}"#),
    ] {
        let answered =
            raw(running.fe, &request("POST /api/test/_cancel?label=pre", &[&basic(user, "x")], "")).await;
        assert!(answered.contains(answer), "{user}: {answered}");
    }
}

#[tokio::test]
async fn a_body_pushed_without_waiting_is_swallowed_and_the_redirect_read() {
    let running = start().await;
    let mut stream = TcpStream::connect(running.fe).await.unwrap();
    let length = 30_000_000;
    let head =
        request("PUT /api/test/t/_stream_load", &[&root(), EXPECT, &format!("Content-Length: {length}")], "");
    stream.write_all(&head).await.unwrap();
    stream.write_all(&vec![b'x'; length]).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 307 Temporary Redirect\r\n"), "{answer}");
}

#[tokio::test]
async fn redirects_lead_to_the_address_that_is_advertised() {
    let between = "127.0.0.2:8040".parse().unwrap();
    let options =
        Options { be_advertised: Some(between), password: PASSWORD.to_owned(), ..Options::default() };
    let running = Standin::start(options).await.unwrap();
    let load = request("PUT /api/test/t/_stream_load", &[&root(), EXPECT], "");
    let answer = raw(running.fe, &load).await;
    let expected = "Location: http://root:secret@127.0.0.2:8040/api/test/t/_stream_load?";
    assert!(answer.contains(expected), "{answer}");
    assert_ne!(running.be, between);
}

#[tokio::test]
async fn the_order_in_which_a_load_is_looked_at_is_the_recorded_ones() {
    let running = start().await;
    let (root, nop, wrong) = (root(), basic("nop", "x"), basic("root", "wrong"));
    let load = "PUT /api/test/nope/_stream_load";
    let mode = "Header `group_commit` can only be `sync_mode`, `async_mode` or `off_mode`.";
    let rows: [(&[&str], &str); 9] = [
        // Group commit first, before anybody is asked who they are.
        (&["group_commit: maybe"], mode),
        (&["group_commit:"], mode),
        (&["group_commit: async_mode"], "table is invalid: nope"),
        // Then who it is, then the header that loads must have.
        (&["group_commit: sync_mode"], "Need auth information."),
        (&["token: abc"], "Invalid token: abc"),
        (&[&wrong], "Access denied for user 'root@127.0.0.1' (using password: YES)"),
        (&[&nop], "There is no 100-continue header"),
        // Then what may be done, and only then the table.
        (
            &[&nop, EXPECT, "group_commit: sync_mode"],
            "Access denied; you need (at least one of) the Admin_priv,Load_priv privilege(s) for this operation",
        ),
        (&[&root, EXPECT, "group_commit: sync_mode"], "OlapTable not found."),
    ];
    for (headers, expected) in rows {
        assert_eq!(said(&running, load, headers, "").await, expected, "{headers:?}");
    }
    let headers = [root.as_str(), EXPECT, "group_commit: SYNC_MODE"];
    assert_eq!(said(&running, "PUT /api/nodb/t/_stream_load", &headers, "").await, "Database not found.");
}

#[tokio::test]
async fn loads_by_sql_name_their_table_in_a_header_for_group_commit() {
    let running = start().await;
    let root = root();
    for (sql, expected) in [
        ("sql: insert into test.nope select 1", "table is invalid: nope"),
        ("sql: insert into nodb.t(id) select 1", "database is invalid for dbName: nodb"),
        ("sql: insert into t select 1", "parse db and tb with wrong sql:insert into t select 1"),
        ("x: y", "Cannot invoke \"String.split(String)\" because \"sql\" is null"),
    ] {
        let headers = [root.as_str(), EXPECT, "group_commit: async_mode", sql];
        assert_eq!(said(&running, "PUT /api/_http_stream", &headers, "").await, expected);
    }
}

#[tokio::test]
async fn credentials_are_read_as_the_front_end_reads_them() {
    use base64::Engine as _;
    let running = start().await;
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let unpadded = encode("root:secret").trim_end_matches('=').to_owned();
    for (header, expected) in [
        // Neither the scheme nor the padding is looked at.
        (format!("Authorization: Whatever {unpadded}"), "[]"),
        (format!("Authorization: Basic {} x", encode("root:secret")), "Need auth information."),
        (format!("Authorization: {}", encode("root:secret")), "Need auth information."),
        ("Authorization:".to_owned(), "Need auth information."),
        (format!("Authorization: Basic {}", encode("rootsecret")), "begin 0, end -1, length 10"),
        ("Authorization: Basic ro*t".to_owned(), "invalid Base64 input character at 2: 42 (decimal)"),
        (
            format!("Authorization: Basic {}", encode("a@b@c:x")),
            "Access denied for user 'a@b@c@127.0.0.1' (using password: YES)",
        ),
        (
            format!("Authorization: Basic {}", encode("root:")),
            "Access denied for user 'root@127.0.0.1' (using password: NO)",
        ),
    ] {
        let path = "GET /api/meta/namespaces/default_cluster/databases?limit=0";
        assert_eq!(said(&running, path, &[&header], "").await, expected, "{header}");
    }
}
