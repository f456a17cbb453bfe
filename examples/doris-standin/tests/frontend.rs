//! The front end's HTTP answers, compared word for word with those of a real one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;
use support::{PASSWORD, basic, connect, raw, read_answer, request, root, start};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const EXPECT: &str = "Expect: 100-continue";
const VARY: &str =
    "Vary: Origin\nVary: Access-Control-Request-Method\nVary: Access-Control-Request-Headers\n";

/// An answer with the date blanked, chunks joined, and ports named.
fn normal(running: &Running, answer: &str) -> String {
    let answer = answer.replace("\r\n", "\n");
    let (head, body) = answer.split_once("\n\n").unwrap();
    let head: Vec<String> = head
        .lines()
        .map(|line| if line.starts_with("Date: ") { "Date: …".to_owned() } else { line.to_owned() })
        .collect();
    let head = head.join("\n").replace(&running.be.to_string(), "BE");
    let body = if head.contains("Transfer-Encoding: chunked") {
        let lines: Vec<&str> = body.lines().collect();
        assert_eq!(usize::from_str_radix(lines[0], 16).unwrap(), lines[1].len());
        lines[1].to_owned()
    } else {
        body.to_owned()
    };
    format!("{head}\n\n{}", body.replace(&running.be.port().to_string(), "PORT"))
}

async fn check(running: &Running, line: &str, headers: &[&str], expected: &str) {
    let answer = raw(running.fe, &request(line, headers, "")).await;
    assert_eq!(normal(running, &answer), expected, "{line} with {headers:?}");
}

/// JSON on a connection that stays open.
fn kept(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\nDate: …\n{VARY}Content-Type: application/json\nTransfer-Encoding: chunked\n\n{body}"
    )
}

/// JSON on a connection that closes because the body was never asked for.
fn closed(body: &str) -> String {
    format!("HTTP/1.1 200 OK\nDate: …\n{VARY}Content-Type: application/json\nConnection: close\n\n{body}")
}

fn redirected(location: &str) -> String {
    format!(
        "HTTP/1.1 307 Temporary Redirect\nDate: …\n{VARY}Content-Language: en\nLocation: {location}\nConnection: close\n\n"
    )
}

fn page(path: &str, length: usize, more: &str) -> String {
    format!(
        "HTTP/1.1 404 Not Found\nCache-Control: must-revalidate,no-cache,no-store\nContent-Type: text/html;charset=iso-8859-1\n\
         Content-Length: {length}\n{more}\n<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=ISO-8859-1\"/>\n\
         <title>Error 404 Not Found</title>\n</head>\n<body><h2>HTTP ERROR 404 Not Found</h2>\n<table>\n\
         <tr><th>URI:</th><td>{path}</td></tr>\n<tr><th>STATUS:</th><td>404</td></tr>\n\
         <tr><th>MESSAGE:</th><td>Not Found</td></tr>\n<tr><th>SERVLET:</th><td>dispatcherServlet</td></tr>\n\
         </table>\n\n</body>\n</html>\n"
    )
}

#[tokio::test]
async fn answers_about_cluster_and_tables_are_as_recorded() {
    let running = start().await;
    let root = root();
    let auth = [root.as_str()];
    check(&running, "GET /api/bootstrap", &[], &kept(r#"{"msg":"success","code":0,"data":{"replayedJournalId":0,"queryPort":0,"rpcPort":0,"arrowFlightSqlPort":0,"version":""},"count":0}"#)).await;
    check(
        &running,
        "GET /api/health",
        &[],
        &kept(
            r#"{"msg":"success","code":0,"data":{"online_backend_num":1,"total_backend_num":1},"count":0}"#,
        ),
    )
    .await;
    check(&running, "GET /api/backends", &auth, &kept(r#"{"msg":"success","code":0,"data":{"backends":[{"ip":"127.0.0.1","http_port":PORT,"is_alive":true}]},"count":0}"#)).await;
    check(&running, "GET /api/test/t/_schema", &auth, &kept(r#"{"msg":"success","code":0,"data":{"keysType":"DUP_KEYS","properties":[{"name":"id","aggregation_type":"","comment":"","type":"BIGINT"},{"name":"name","aggregation_type":"NONE","comment":"","type":"VARCHAR"},{"name":"score","aggregation_type":"NONE","comment":"","type":"INT"}],"status":200},"count":0}"#)).await;
    check(&running, "GET /api/test/a/_schema", &auth, &kept(r#"{"msg":"success","code":0,"data":{"keysType":"AGG_KEYS","properties":[{"name":"id","aggregation_type":"","comment":"","type":"BIGINT"},{"name":"score","aggregation_type":"SUM","comment":"","type":"INT"}],"status":200},"count":0}"#)).await;
    check(&running, "GET /api/test/nope/_schema", &auth, &kept(r#"{"msg":"Error","code":1,"data":"errCode = 7, detailMessage = table not found, tableName=nope","count":0}"#)).await;
    check(&running, "GET /api/nodb/nope/_schema", &auth, &kept(r#"{"msg":"Error","code":1,"data":"errCode = 7, detailMessage = unknown databases, dbName=nodb","count":0}"#)).await;
    check(
        &running,
        "GET /api/test/t/_count",
        &auth,
        &kept(r#"{"msg":"success","code":0,"data":{"size":0,"status":200},"count":0}"#),
    )
    .await;
    check(&running, "GET /", &[], &page("/", 373, "")).await;
    check(&running, "GET /nope", &[], &page("/nope", 377, "")).await;
    check(
        &running,
        "PUT /api//t/_stream_load",
        &[&root, EXPECT, "Content-Length: 0"],
        &page("/api//t/_stream_load", 392, "Connection: close\n"),
    )
    .await;
}

#[tokio::test]
async fn answers_without_authentication_are_as_recorded() {
    let running = start().await;
    let unauthorized = r#"{"msg":"Unauthorized","code":401,"data":"Need auth information.","count":0}"#;
    for line in ["GET /api/backends", "GET /api/test/t/_schema", "GET /api/test/get_load_state?label=zzz"] {
        check(&running, line, &[], &kept(unauthorized)).await;
    }
    let load = "PUT /api/test/t/_stream_load";
    check(&running, load, &[EXPECT, "Content-Length: 0"], &closed(unauthorized)).await;
    check(&running, load, &["Content-Length: 0"], &kept(unauthorized)).await;
    let denied = r#"{"msg":"Unauthorized","code":401,"data":"Access denied for user 'root@127.0.0.1' (using password: YES)","count":0}"#;
    check(&running, load, &[&basic("root", "wrong"), EXPECT, "Content-Length: 0"], &closed(denied)).await;
    let no_privilege = r#"{"status":"FAILED","msg":"Access denied; you need (at least one of) the Admin_priv,Load_priv privilege(s) for this operation"}"#;
    check(&running, load, &[&basic("nop", "x"), EXPECT, "Content-Length: 0"], &closed(no_privilege)).await;
}

#[tokio::test]
async fn loads_are_redirected_as_recorded() {
    let running = start().await;
    let root = root();
    let put = [root.as_str(), EXPECT, "label: x", "Content-Length: 12"];
    for (path, target) in [
        ("/api/test/t/_stream_load", "/api/test/t/_stream_load?"),
        ("/api/test/t/_stream_load/", "/api/test/t/_stream_load/?"),
        ("/api/test/t/_stream_load?", "/api/test/t/_stream_load?"),
        ("/api/test/t/_stream_load?a=b", "/api/test/t/_stream_load?a=b"),
        ("/api/test/nope/_stream_load", "/api/test/nope/_stream_load?"),
        ("/api/nodb/nope/_stream_load", "/api/nodb/nope/_stream_load?"),
        ("/api/test/t%20%E4%B8%AD/_stream_load", "/api/test/t%20%E4%B8%AD/_stream_load?"),
        ("/api/_http_stream", "/api/_http_stream?"),
    ] {
        check(&running, &format!("PUT {path}"), &put, &redirected(&format!("http://root:secret@BE{target}")))
            .await;
    }
    let load = "PUT /api/test/t/_stream_load";
    let cluster = basic("root@default_cluster", "secret");
    check(&running, load, &[&cluster, EXPECT], &redirected("http://root:secret@BE/api/test/t/_stream_load?"))
        .await;
    let odd = basic("odd", "a:b@c/d%e#f?g h+é");
    check(
        &running,
        load,
        &[&odd, EXPECT],
        &redirected("http://odd:a:b%40c%2Fd%25e%23f%3Fg%20h+%C3%A9@BE/api/test/t/_stream_load?"),
    )
    .await;
    check(
        &running,
        load,
        &[&root, EXPECT, "group_commit: OFF_MODE"],
        &redirected("http://root:secret@BE/api/test/t/_stream_load?"),
    )
    .await;
    check(
        &running,
        load,
        &[&root, EXPECT, "group_commit: async_mode"],
        &redirected("http://root:secret@BE/api/test/t/_stream_load?"),
    )
    .await;
}

#[tokio::test]
async fn loads_are_refused_as_recorded() {
    let running = start().await;
    let root = root();
    let load = "PUT /api/test/t/_stream_load";
    check(
        &running,
        load,
        &[&root, "Content-Length: 0"],
        &kept(r#"{"status":"FAILED","msg":"There is no 100-continue header"}"#),
    )
    .await;
    check(&running, load, &[&root, "Expect: zzz", "Content-Length: 0"], "HTTP/1.1 417 Expectation Failed\nContent-Type: text/html;charset=iso-8859-1\nContent-Length: 61\nConnection: close\n\n<h1>Bad Message 417</h1><pre>reason: Expectation Failed</pre>").await;
    for method in ["POST", "GET"] {
        let body = format!(
            r#"{{"msg":"Internal Error","code":500,"data":"Request method '{method}' not supported","count":0}}"#
        );
        let expected =
            format!("HTTP/1.1 200 OK\nDate: …\nContent-Type: application/json\nConnection: close\n\n{body}");
        check(&running, &format!("{method} /api/test/t/_stream_load"), &[&root, EXPECT], &expected).await;
    }
    check(
        &running,
        "PUT /api/nodb/nope/_stream_load",
        &[&root, EXPECT, "group_commit: async_mode"],
        &closed(r#"{"status":"FAILED","msg":"database is invalid for dbName: nodb"}"#),
    )
    .await;
    check(
        &running,
        "PUT /api/test/nope/_stream_load",
        &[&root, EXPECT, "group_commit: async_mode"],
        &closed(r#"{"status":"FAILED","msg":"table is invalid: nope"}"#),
    )
    .await;
    check(&running, load, &[&root, EXPECT, "group_commit: maybe"], &closed(r#"{"status":"FAILED","msg":"Header `group_commit` can only be `sync_mode`, `async_mode` or `off_mode`."}"#)).await;
    check(&running, "PUT /api/test/t/_load?label=zz", &[&root, EXPECT], &closed(r#"{"msg":"Not Found","code":404,"data":"The mini load operation has been disabled by default, if you need to add disable_mini_load=false in fe.conf.","count":0}"#)).await;
}

#[tokio::test]
async fn two_phase_requests_are_answered_as_recorded() {
    let running = start().await;
    let root = root();
    let path = "PUT /api/test/_stream_load_2pc";
    check(
        &running,
        path,
        &[&root],
        &kept(r#"{"status":"FAILED","msg":"No transaction id or label selected."}"#),
    )
    .await;
    check(
        &running,
        path,
        &[&root, "txn_id: 1"],
        &kept(r#"{"status":"FAILED","msg":"No transaction operation('commit' or 'abort') selected."}"#),
    )
    .await;
    check(
        &running,
        path,
        &["txn_id: 1", "txn_operation: commit"],
        &kept(r#"{"msg":"Unauthorized","code":401,"data":"Need auth information.","count":0}"#),
    )
    .await;
    let expected = format!(
        "HTTP/1.1 307 Temporary Redirect\nDate: …\n{VARY}Content-Language: en\nLocation: http://root:secret@BE/api/test/_stream_load_2pc?\nContent-Length: 0\n\n"
    );
    check(&running, path, &[&root, "txn_id: 1", "txn_operation: zap"], &expected).await;
}

#[tokio::test]
async fn labels_are_cancelled_as_recorded() {
    let running = start().await;
    let root = root();
    let auth = [root.as_str()];
    let cancel = |label: &str| format!("POST /api/test/_cancel{label}");
    check(&running, &cancel("?label=nolabel"), &auth, &kept(r#"{"msg":"Error","code":1,"data":"errCode = 2, detailMessage = txn with label nolabel does not exist","count":0}"#)).await;
    check(
        &running,
        &cancel(""),
        &auth,
        &kept(r#"{"msg":"Bad Request","code":403,"data":"No label specified","count":0}"#),
    )
    .await;
    support::load(&running, "test.t", &["label: ok"], r#"{"id":1}"#).await;
    check(&running, &cancel("?label=ok"), &auth, &kept(r#"{"msg":"Error","code":1,"data":"errCode = 2, detailMessage = transaction not found","count":0}"#)).await;
    support::load(&running, "test.t", &["label: pre", "two_phase_commit: true"], r#"{"id":1}"#).await;
    check(
        &running,
        "GET /api/test/get_load_state?label=pre",
        &auth,
        &kept(r#"{"msg":"success","code":0,"data":"PRECOMMITTED","count":0}"#),
    )
    .await;
    check(
        &running,
        &cancel("?label=pre"),
        &auth,
        &kept(r#"{"msg":"success","code":0,"data":null,"count":0}"#),
    )
    .await;
    check(
        &running,
        "GET /api/test/get_load_state?label=pre",
        &auth,
        &kept(r#"{"msg":"success","code":0,"data":"ABORTED","count":0}"#),
    )
    .await;
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
        check(&running, "POST /api/test/_cancel?label=pre", &[&basic(user, "x")], &kept(answer)).await;
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
async fn an_http_1_0_client_gets_no_connection_header() {
    let running = start().await;
    let text = format!(
        "PUT /api/test/t/_stream_load HTTP/1.0\r\n{}\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        root()
    );
    let answer = normal(&running, &raw(running.fe, text.as_bytes()).await);
    assert_eq!(
        answer,
        redirected("http://root:secret@BE/api/test/t/_stream_load?").replace("Connection: close\n", "")
    );
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
