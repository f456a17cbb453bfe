//! What the front end tells of tables, databases and itself over HTTP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use mysql_async::prelude::Queryable;
use support::{PASSWORD, basic, connect, raw, root, said, start};

#[tokio::test]
async fn tables_are_shown_to_whoever_may_read_them() {
    let running = start().await;
    let nop = basic("nop", "x");
    let refused = "Access denied; you need (at least one of) the Admin_priv,Select_priv privilege(s) for this operation";
    for path in ["/api/test/t/_schema", "/api/test/t/_count"] {
        assert_eq!(said(&running, &format!("GET {path}"), &[&nop], "").await, refused);
    }
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("grant select_priv on test.t to nop").await.unwrap();
    assert_eq!(said(&running, "GET /api/test/t/_count", &[&nop], "").await, r#"{"size":0,"status":200}"#);
    assert_eq!(said(&running, "GET /api/test/u/_count", &[&nop], "").await, refused);
}

#[tokio::test]
async fn decimals_are_shown_with_their_precision() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("create table test.d(id int, a decimal(9,2) comment 'x', b decimal(38,9)) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')").await.unwrap();
    let found = said(&running, "GET /api/test/d/_schema", &[&root()], "").await;
    let columns = r#"{"name":"a","aggregation_type":"NONE","scale":"2","comment":"x","type":"DECIMAL32","precision":"9"},{"name":"b","aggregation_type":"NONE","scale":"9","comment":"","type":"DECIMAL128","precision":"38"}"#;
    assert!(found.contains(columns), "{found}");
}

#[tokio::test]
async fn light_schema_changes_are_asked_for_with_a_body() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("create table test.heavy(id int) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1','light_schema_change'='false')").await.unwrap();
    let root = root();
    let add = r#"{"isDropColumn":false,"columnName":"c"}"#;
    for (table, body, expected) in [
        ("test/t", add, "null"),
        ("test/t", r#"{"isDropColumn":true,"columnName":"score"}"#, "null"),
        (
            "test/t",
            r#"{"isDropColumn":true,"columnName":"ID"}"#,
            "Column ID is primary key in materializedIndex that can't do the light schema change",
        ),
        ("test/heavy", add, "table heavy disable light schema change"),
        ("test/nope", add, "errCode = 7, detailMessage = table not found, tableName=nope"),
        ("nodb/t", add, "errCode = 7, detailMessage = unknown databases, dbName=nodb"),
        (
            "test/t",
            "c",
            "java.lang.IllegalStateException: Expected BEGIN_OBJECT but was STRING at line 1 column 1 path $",
        ),
        (
            "test/t",
            "{}",
            "Cannot invoke \"java.lang.Boolean.booleanValue()\" because \"ddlRequestBody.isDropColumn\" is null",
        ),
    ] {
        let line = format!("GET /api/enable_light_schema_change/{table}");
        assert_eq!(said(&running, &line, &[&root], body).await, expected, "{table} {body}");
    }
    let missing = said(&running, "GET /api/enable_light_schema_change/test/t", &[&root], "").await;
    assert!(missing.starts_with("Required request body is missing: "), "{missing}");
}

#[tokio::test]
async fn databases_and_tables_are_listed_in_parts() {
    let running = start().await;
    let (root, nop) = (root(), basic("nop", "x"));
    let path = "/api/meta/namespaces/default_cluster/databases";
    for (path, who, expected) in [
        (path.to_owned(), &root, r#"["__internal_schema","information_schema","mysql","test","test2"]"#),
        (path.to_owned(), &nop, r#"["information_schema","mysql"]"#),
        (format!("{path}?limit=2&offset=3"), &root, r#"["test","test2"]"#),
        (format!("{path}?limit=2&offset=9"), &root, r#"["test2"]"#),
        (format!("{path}?offset=1"), &root, "Param offset should be set with param limit"),
        (format!("{path}?limit=-1"), &root, "Param limit should >= 0"),
        (format!("{path}?limit=x"), &root, "For input string: \"x\""),
        (format!("{path}/test/tables"), &nop, "[]"),
        (format!("{path}/nodb/tables"), &root, "errCode = 7, detailMessage = unknown databases, dbName=nodb"),
        ("/api/meta/namespaces/hive/databases".to_owned(), &root, "Unknown catalog hive"),
        (
            "/api/meta/namespaces/internal/databases/test/tables".to_owned(),
            &root,
            "Only support 'default_cluster' now",
        ),
    ] {
        assert_eq!(said(&running, &format!("GET {path}"), &[who], "").await, expected, "{path}");
    }
}

#[tokio::test]
async fn small_answers_tell_what_is_missing() {
    let running = start().await;
    let root = root();
    for (line, expected) in [
        ("GET /api/show_meta_info", "Missing action parameter"),
        ("GET /api/show_meta_info?action=x", "Unknown action: x"),
        ("GET /api/bootstrap?cluster_id=x&token=y", "invalid cluster id format: x"),
        ("GET /api/bootstrap?cluster_id=5&token=y", "invalid cluster id: 5"),
        ("GET /api/test/get_load_state", "No label selected"),
        ("GET /api/test/get_load_state?label=never", "UNKNOWN"),
        (
            "GET /api/nodb/get_load_state?label=x",
            "errCode = 7, detailMessage = unknown databases, dbName=nodb",
        ),
        ("POST /api/nodb/_cancel?label=x", "errCode = 7, detailMessage = unknown databases, dbName=nodb"),
        ("PUT /api/test/t/_stream_load_2pc", "No transaction id or label selected."),
        ("DELETE /api/test/t/_schema", "Request method 'DELETE' not supported"),
        ("GET /api/health/", r#"{"online_backend_num":1,"total_backend_num":1}"#),
    ] {
        assert_eq!(said(&running, line, &[&root], "").await, expected, "{line}");
    }
    let head = raw(running.fe, b"GET /api/health HTTP/1.1\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
    assert!(head.ends_with("<h1>Bad Message 400</h1><pre>reason: No Host</pre>"), "{head}");
    let node = said(&running, "GET /rest/v2/manager/node/node_list", &[&root], "").await;
    assert_eq!(node, format!(r#"{{"backend":["{}"],"frontend":["{}"]}}"#, running.be, running.fe));
}
