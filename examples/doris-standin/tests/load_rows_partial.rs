//! Loads that update some columns, and loads into partitions.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use doris_standin::{Options, Running, Version};
use serde_json::{Value, json};
use support::types::execute;
use support::{load, raw, request, root, rows, start, start_with};

const HEADERS: [&str; 3] = ["format: csv", "column_separator: ,", "partial_columns: true"];
const ID_AND_SCORE: &str = "columns: id,score";

async fn start_with_rows() -> Running {
    let running = start().await;
    execute(&running, "insert into test.u values (1,'a',1),(2,'b',2)").await;
    running
}

async fn update(running: &Running, table: &str, headers: &[&str], body: &str) -> Value {
    load(running, table, &[&HEADERS, headers].concat(), body).await
}

async fn found(running: &Running) -> Vec<(i64, Option<String>, i32)> {
    rows(running, "select * from test.u order by id").await
}

fn row(id: i64, name: Option<&str>, score: i32) -> (i64, Option<String>, i32) {
    (id, name.map(str::to_owned), score)
}

#[tokio::test]
async fn columns_that_are_not_named_keep_their_values() {
    let running = start_with_rows().await;
    let answer = update(&running, "test.u", &[ID_AND_SCORE], "1,10\n3,30\n3,31").await;
    assert_eq!(answer["Status"], "Success", "{answer}");
    assert_eq!(found(&running).await, [row(1, Some("a"), 10), row(2, Some("b"), 2), row(3, None, 31)]);
    // Keys alone, and a row that deletes.
    update(&running, "test.u", &["columns: id,__DORIS_DELETE_SIGN__"], "1,1\n2,0").await;
    assert_eq!(found(&running).await, [row(2, Some("b"), 2), row(3, None, 31)]);
}

#[tokio::test]
async fn expressions_count_as_named_columns() {
    let running = start_with_rows().await;
    update(&running, "test.u", &["columns: id,x,name=upper(x)"], "1,new").await;
    assert_eq!(found(&running).await, [row(1, Some("NEW"), 1), row(2, Some("b"), 2)]);
}

#[tokio::test]
async fn without_names_whole_rows_are_written() {
    let running = start_with_rows().await;
    let headers = ["partial_columns: true"];
    let answer = load(&running, "test.u", &headers, "{\"id\":1,\"score\":10}").await;
    assert_eq!(answer["Status"], "Success", "{answer}");
    assert_eq!(found(&running).await, [row(1, None, 10), row(2, Some("b"), 2)]);
}

#[tokio::test]
async fn updates_wait_for_a_decision_as_rows_do() {
    let running = start_with_rows().await;
    let headers = [ID_AND_SCORE, "two_phase_commit: true", "label: l"];
    let answer = update(&running, "test.u", &headers, "1,10").await;
    execute(&running, "insert into test.u values (1,'later',5)").await;
    let id = format!("txn_id: {}", answer["TxnId"]);
    let headers = [&root(), &id, "txn_operation: commit", "Content-Length: 0"];
    raw(running.be, &request("PUT /api/test/_stream_load_2pc", &headers, "")).await;
    assert_eq!(found(&running).await, [row(1, Some("later"), 10), row(2, Some("b"), 2)]);
}

#[tokio::test]
async fn in_strict_mode_new_keys_are_filtered() {
    let running = start_with_rows().await;
    let headers = [ID_AND_SCORE, "strict_mode: true", "max_filter_ratio: 0.5"];
    let answer = update(&running, "test.u", &headers, "1,10\n3,30").await;
    assert_eq!(
        (&answer["NumberLoadedRows"], &answer["NumberFilteredRows"]),
        (&json!(1), &json!(1)),
        "{answer}"
    );
    assert_eq!(found(&running).await, [row(1, Some("a"), 10), row(2, Some("b"), 2)]);
}

#[tokio::test]
async fn new_keys_need_something_for_every_column() {
    let running = start().await;
    execute(
        &running,
        "create table test.n(id int, name varchar(9) not null, score int) unique key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
    )
    .await;
    execute(&running, "insert into test.n values (1,'a',1)").await;
    assert_eq!(update(&running, "test.n", &[ID_AND_SCORE], "1,10").await["Status"], "Success");
    let answer = update(&running, "test.n", &[ID_AND_SCORE], "1,11\n2,20").await;
    assert_eq!(
        answer["Message"],
        "[INVALID_SCHEMA]the unmentioned column `name` should have default value or be nullable for newly inserted rows in non-strict mode partial update"
    );
    assert_eq!(rows::<i32>(&running, "select score from test.n").await, [10]);
}

#[tokio::test]
async fn updates_that_cannot_be_are_refused() {
    let check = async |version: Version, table: &str, columns: &str, expected: &str| {
        let running = start_with(Options { version, ..Options::default() }).await;
        let answer = update(&running, table, &[columns], "1,10").await;
        let message = answer["Message"].as_str().unwrap();
        assert!(message.ends_with(expected), "{table} {columns}: {message}");
    };
    let only = "Only unique key merge on write support partial update";
    check(Version::V3_0, "test.t", ID_AND_SCORE, only).await;
    check(Version::V3_0, "test.a", ID_AND_SCORE, only).await;
    check(Version::V1_2, "test.u", ID_AND_SCORE, only).await;
    check(
        Version::V3_0,
        "test.u",
        "columns: name,score",
        "Partial update should include all key columns, missing: id",
    )
    .await;
    check(
        Version::V3_0,
        "test.u",
        "columns: id,__DORIS_SEQUENCE_COL__",
        "Partial update should not include invisible column except delete sign column: __DORIS_SEQUENCE_COL__",
    )
    .await;
}

#[tokio::test]
async fn partitions_must_be_the_tables_own() {
    let running = start().await;
    execute(
        &running,
        "create table test.p(id int) duplicate key(id) partition by range(id) (partition p1 values less than ('10'), partition p2 values [('10'),('20'))) distributed by hash(id) buckets 1 properties('replication_num'='1')",
    )
    .await;
    let check = async |table: &str, header: &str, refused: Option<&str>| {
        let answer = load(&running, table, &["format: csv", "columns: id", header], "1").await;
        let expected = refused.map_or("OK".to_owned(), |detail| {
            format!("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {detail}")
        });
        assert_eq!(answer["Message"], expected.as_str(), "{header}");
    };
    check("test.p", "partitions: p1, P2", None).await;
    check("test.p", "partitions: p1,p3", Some("Unknown partition 'p3' in table 'p'")).await;
    check("test.p", "temporary_partitions: p1", Some("Unknown partition 'p1' in table 'p'")).await;
    check("test.t", "partitions: t", None).await;
}

#[tokio::test]
async fn a_row_must_belong_to_a_partition() {
    let check = async |column: &str, clause: &str, header: &str, values: &[(&str, bool)]| {
        let running = start().await;
        execute(
            &running,
            &format!(
                "create table test.p({column}, n int) duplicate key(k) partition by {clause} distributed by hash(k) buckets 1 properties('replication_num'='1')"
            ),
        )
        .await;
        for (value, belongs) in values {
            let body = format!("{value},1");
            let answer = load(&running, "test.p", &[HEADERS[0], HEADERS[1], header], &body).await;
            assert_eq!(answer["Status"] == "Success", *belongs, "{value} by {clause}: {answer}");
        }
    };
    let days = "range(k) (partition p1 values less than ('2024-01-01'), partition p2 values less than ('2024-02-01'))";
    check(
        "k date",
        days,
        "partitions:",
        &[("2023-12-31", true), ("2024-01-31", true), ("2024-02-01", false), ("\\N", true)],
    )
    .await;
    check("k date", days, "partitions: p2", &[("2023-12-31", false), ("2024-01-01", true)]).await;
    let numbers = "range(k) (partition p1 values [('1'),('10')), partition p2 values [('20'),('30')))";
    check("k int", numbers, "partitions:", &[("9", true), ("10", false), ("20", true), ("\\N", false)]).await;
    let rest = "range(k) (partition p1 values less than ('5'), partition p2 values less than maxvalue)";
    check("k int", rest, "partitions: p2", &[("4", false), ("1000", true)]).await;
    let listed = "list(k) (partition p1 values in ('a', 'b'), partition p2 values in ('c'))";
    check("k varchar(9)", listed, "partitions:", &[("b", true), ("c", true), ("d", false)]).await;
}
