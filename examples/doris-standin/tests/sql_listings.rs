//! SHOW STREAM LOAD, SHOW LOAD and SHOW PROC.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use doris_standin::Options;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row};
use support::{PASSWORD, connect, load, refusal};

async fn labels(sql: &mut Conn, statement: &str) -> Vec<String> {
    let rows: Vec<Row> = sql.query(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    rows.into_iter().map(|row| row.get("Label").unwrap()).collect()
}

#[tokio::test]
async fn loads_are_not_told_of_unless_that_was_switched_on() {
    let running = support::start().await;
    load(&running, "test.t", &["label: a"], "{\"id\":1}").await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    assert!(labels(&mut sql, "show stream load from test").await.is_empty());
}

#[tokio::test]
async fn loads_are_told_of_well_or_not_and_by_what_is_asked_for() {
    let running = support::start_with(Options { stream_load_record: true, ..Options::default() }).await;
    load(&running, "test.t", &["label: good", "comment: of mine"], "{\"id\":1}").await;
    load(&running, "test.t", &["label: bad"], "{\"id\":null}").await;
    load(&running, "test.u", &["label: gone"], "{\"id\":7}").await;
    load(&running, "test.u", &["label: gone"], "{\"id\":7}").await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    for (narrowed, expected) in [
        ("from test", vec!["good", "bad", "gone", "gone"]),
        ("from test where label = 'good'", vec!["good"]),
        ("from test where label like 'g%' order by Label desc", vec!["good", "gone", "gone"]),
        ("from test where status = 'fail'", vec!["bad"]),
        ("from test where status = 'success' and label like 'go%' limit 1", vec!["good"]),
        ("from test limit 1, 2", vec!["bad", "gone"]),
        ("from test2", vec![]),
    ] {
        assert_eq!(labels(&mut sql, &format!("show stream load {narrowed}")).await, expected, "{narrowed}");
    }
    let mut rows: Vec<Row> = sql.query("show stream load from test where label = 'bad'").await.unwrap();
    let row = rows.remove(0);
    let text = |name: &str| row.get::<String, _>(name).unwrap();
    assert_eq!(
        ["Db", "Table", "ClientIp", "Status", "TotalRows", "LoadedRows", "FilteredRows", "User"].map(text),
        ["test", "t", "127.0.0.1", "Fail", "1", "0", "1", "root"]
    );
    assert!(text("Message").contains("too many filtered rows"), "{row:?}");
    assert!(text("Url").contains("/api/_load_error_log?file="), "{row:?}");
    let mut rows: Vec<Row> = sql.query("show stream load from test where label = 'good'").await.unwrap();
    let row = rows.remove(0);
    let text = |name: &str| row.get::<String, _>(name).unwrap();
    assert_eq!(["Url", "LoadBytes", "Comment"].map(text), ["N/A", "8", "of mine"]);
    assert_eq!(text("StartTime").len(), "2026-11-22 20:49:34.123".len(), "{row:?}");
}

#[tokio::test]
async fn conditions_that_do_not_fit_are_refused() {
    let running = support::start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let looks =
        "Where clause should looks like: LABEL = \"your_load_label\", or LABEL LIKE \"matcher\",  or ";
    for (statement, expected) in [
        (
            "show stream load from test where table = 't'",
            format!("{looks}STATUS = \"SUCCESS|FAIL\",  or compound predicate with operator AND"),
        ),
        (
            "show load from test where label > 'a'",
            format!(
                "{looks}STATE = \"PENDING|ETL|LOADING|FINISHED|CANCELLED\",  or compound predicate with operator AND"
            ),
        ),
        ("show stream load from nodb", "Unknown database 'nodb'".to_owned()),
        ("show stream load", "No database selected".to_owned()),
    ] {
        assert_eq!(refusal(&mut sql, statement).await, expected, "{statement}");
    }
}

#[tokio::test]
async fn running_loads_are_counted_by_database() {
    let running = support::start().await;
    load(&running, "test.t", &["two_phase_commit: true"], "{\"id\":1}").await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let rows: Vec<Row> = sql.query("show proc '/transactions'").await.unwrap();
    let found: Vec<(String, String)> = rows
        .into_iter()
        .map(|row| (row.get("DbName").unwrap(), row.get("RunningTransactionNum").unwrap()))
        .collect();
    let expected = [("test", "1"), ("test2", "0"), ("Total", "1")];
    assert_eq!(found, expected.map(|(name, count)| (name.to_owned(), count.to_owned())));
    let mut nop = connect(&running, "nop", "x").await;
    assert!(refusal(&mut nop, "show proc '/transactions'").await.starts_with("Access denied"));
}
