//! SQL over the front end's HTTP port.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use mysql_async::prelude::Queryable;
use support::{PASSWORD, basic, connect, raw, request, root, said, start};

#[tokio::test]
async fn statements_over_http_are_refused_in_their_three_ways() {
    let running = start().await;
    let root = root();
    let parser =
        "Failed to execute sql: org.apache.doris.common.AnalysisException: errCode = 2, detailMessage = ";
    let query = async |database: &str, statement: &str| {
        let body = serde_json::json!({ "stmt": statement }).to_string();
        let line = format!("POST /api/query/default_cluster/{database}");
        let text = said(&running, &line, &[&root], &body).await;
        // Connections are numbered.
        let digits: String = text
            .split("(conn=")
            .nth(1)
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        text.replace(&format!("(conn={digits})"), "(conn=N)")
    };
    for (database, statement, expected) in [
        (
            "test",
            "\n  hello world",
            format!("{parser}Syntax error in line 2:\n  hello world\n  ^\nEncountered: IDENTIFIER\nExpected\n"),
        ),
        (
            "test",
            "use test2",
            "Failed to execute sql: java.lang.Exception: Unsupported statement type".to_owned(),
        ),
        (
            "test",
            "select * from nope",
            "Failed to execute sql: java.sql.SQLException: (conn=N) errCode = 2, detailMessage = Table [nope] does not exist in database [test].".to_owned(),
        ),
        (
            "nodb",
            "select 1",
            "Failed to execute sql: java.sql.SQLSyntaxErrorException: (conn=N) errCode = 2, detailMessage = Unknown database 'nodb'".to_owned(),
        ),
        ("test", "", "Missing statement request body".to_owned()),
    ] {
        assert_eq!(query(database, statement).await, expected);
    }
    let path = "POST /api/query/default_cluster/test";
    assert_eq!(said(&running, path, &[], r#"{"stmt":"select 1"}"#).await, "Cookie is invalid");
    let waits = said(&running, path, &[&root], r#"{"stmt":"select 1","is_sync":false}"#).await;
    assert_eq!(waits, "Not support async query execution");
    let bare = said(&running, path, &[&root], "select 1").await;
    assert_eq!(
        bare,
        "java.lang.IllegalStateException: Expected BEGIN_OBJECT but was STRING at line 1 column 1 path $"
    );
}

#[tokio::test]
async fn results_over_http_keep_digits_and_are_cut_only_when_not_streamed() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("create table test.d(id int, a decimal(38,9), b varchar(20)) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')").await.unwrap();
    sql.query_drop("insert into test.d values (1, 12345678901234567890123456789.123456789, '<a&b=\\'c\\'>'), (2, null, null)").await.unwrap();
    let body = r#"{"stmt":"select * from d order by id","limit":1}"#;
    let length = format!("Content-Length: {}", body.len());
    let root = root();
    let path = "POST /api/query/default_cluster/test";
    let streamed = raw(running.fe, &request(path, &[&root, &length], body)).await;
    let rows = "[\n            [1,12345678901234567890123456789.123456789,\"\\u003ca\\u0026b\\u003d\\u0027c\\u0027\\u003e\"],\n            [2,null,null]\n        ]";
    assert!(streamed.contains(rows), "{streamed}");
    let whole = [root.as_str(), &length, "X-Doris-Stream: false"];
    let whole = raw(running.fe, &request(path, &whole, body)).await;
    let rows = r#"{"msg":"success","code":0,"data":{"data":[[1,12345678901234567890123456789.123456789,"<a&b='c'>"]],"meta":[{"name":"id","type":"INT"},{"name":"a","type":"DECIMAL"},{"name":"b","type":"CHAR"}],"time":"#;
    assert!(whole.contains(rows), "{whole}");
}

#[tokio::test]
async fn a_session_is_kept_in_a_cookie() {
    let running = start().await;
    let login = raw(running.fe, &request("POST /rest/v1/login", &[&root(), "Content-Length: 0"], "")).await;
    assert!(login.contains(r#"{"msg":"Login success!","code":200}"#), "{login}");
    let cookie = login.lines().find_map(|line| line.strip_prefix("Set-Cookie: ")).unwrap();
    let key = cookie.split(';').next().unwrap();
    let tables = "GET /api/meta/namespaces/default_cluster/databases/test/tables";
    let known = format!("Cookie: other=1; {key}");
    assert_eq!(said(&running, tables, &[&known], "").await, r#"["a","t","u"]"#);
    assert_eq!(said(&running, tables, &["Cookie: PALO_SESSION_ID=guess"], "").await, "Cookie is invalid");
    let nop = [basic("nop", "x"), "Content-Length: 0".to_owned()];
    let nop: Vec<&str> = nop.iter().map(String::as_str).collect();
    let refused = said(&running, "POST /rest/v1/login", &nop, "").await;
    assert!(refused.starts_with("Access denied; you need (at least one of) the Admin_priv "), "{refused}");
}
