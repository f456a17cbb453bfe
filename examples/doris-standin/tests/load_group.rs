//! Loads that are committed in groups.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use std::time::Instant;

use doris_standin::{Options, Running, Version};
use mysql_async::prelude::Queryable as _;
use serde_json::Value;
use support::{
    PASSWORD, connect, count, label_state, load, raw, request, root, start, start_with, wait_for_state,
};

/// Creates a table whose groups take loads for so long.
async fn create(running: &Running, table: &str, properties: &str) {
    let mut sql = connect(running, "root", PASSWORD).await;
    let statement = format!(
        "create table test.{table}(id bigint not null,name varchar(64),score int) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1',{properties})"
    );
    sql.query_drop(statement).await.unwrap();
}

async fn start_with_group(interval_ms: u32) -> Running {
    let running = start().await;
    create(&running, "g", &format!("'group_commit_interval_ms'='{interval_ms}'")).await;
    running
}

const SYNC: &str = "group_commit: sync_mode";
const ASYNC: &str = "group_commit: async_mode";

fn label(answer: &Value) -> &str {
    answer["Label"].as_str().unwrap()
}

#[tokio::test]
async fn a_load_in_a_group_is_answered_as_one() {
    let running = start_with_group(20).await;
    let answer = load(&running, "test.g", &[SYNC], "{\"id\":1}").await;
    assert_eq!((&answer["Status"], &answer["GroupCommit"]), (&"Success".into(), &true.into()), "{answer}");
    assert!(label(&answer).starts_with("group_commit_"), "{answer}");
    for absent in ["TwoPhaseCommit", "BeginTxnTimeMs", "CommitAndPublishTimeMs"] {
        assert!(answer.get(absent).is_none(), "{absent}: {answer}");
    }
    assert_eq!(count(&running, "test.g").await, 1, "a load that waits is visible when it is answered");
}

#[tokio::test]
async fn loads_of_one_interval_share_label_and_transaction() {
    let running = start_with_group(400).await;
    let begun = Instant::now();
    let first = load(&running, "test.g", &[ASYNC], "{\"id\":1}").await;
    let (second, third) = tokio::join!(
        load(&running, "test.g", &[SYNC], "{\"id\":2}\n{\"id\":3}"),
        load(&running, "test.g", &[SYNC], "{\"id\":4}"),
    );
    assert!(begun.elapsed().as_millis() >= 400, "loads that wait wait for the group's end");
    for answer in [&second, &third] {
        assert_eq!((&answer["Label"], &answer["TxnId"]), (&first["Label"], &first["TxnId"]), "{answer}");
    }
    assert_eq!(second["NumberLoadedRows"], 2, "each is told of its own rows: {second}");
    assert_eq!(count(&running, "test.g").await, 4);
    let ledger = support::json(&raw(running.fe, &request("GET /_standin/loads", &[], "")).await);
    assert_eq!(ledger.as_array().unwrap().len(), 1, "{ledger}");
    assert_eq!((&ledger[0]["rows"], &ledger[0]["state"]), (&4.into(), &"VISIBLE".into()), "{ledger}");
    let next = load(&running, "test.g", &[SYNC], "{\"id\":5}").await;
    assert_ne!(next["Label"], first["Label"], "the next interval's group is another");
}

#[tokio::test]
async fn a_load_that_does_not_wait_is_visible_when_the_interval_is_over() {
    let running = start_with_group(300).await;
    let answer = load(&running, "test.g", &[ASYNC], "{\"id\":1}").await;
    assert_eq!(answer["Status"], "Success", "{answer}");
    assert_eq!(count(&running, "test.g").await, 0);
    wait_for_state(&running, label(&answer), "VISIBLE").await;
    assert_eq!(count(&running, "test.g").await, 1);
}

#[tokio::test]
async fn a_group_that_holds_enough_bytes_is_published_at_once() {
    let running = start().await;
    create(&running, "g", "'group_commit_interval_ms'='600000','group_commit_data_bytes'='10'").await;
    let answer = load(&running, "test.g", &[ASYNC], "{\"id\":1}").await;
    assert_eq!(answer["LoadBytes"], 8);
    let answer = load(&running, "test.g", &[SYNC], "{\"id\":2}").await;
    assert_eq!(answer["Status"], "Success", "{answer}");
    assert_eq!(count(&running, "test.g").await, 2);
}

#[tokio::test]
async fn bad_rows_fail_their_load_and_not_the_group() {
    let running = start_with_group(200).await;
    let good = load(&running, "test.g", &[ASYNC], "{\"id\":1}").await;
    let bad = load(&running, "test.g", &[SYNC], "{\"id\":2}\n{\"name\":\"x\"}").await;
    assert_eq!(bad["Message"], "[DATA_QUALITY_ERROR]too many filtered rows", "{bad}");
    wait_for_state(&running, label(&good), "VISIBLE").await;
    assert_eq!(count(&running, "test.g").await, 1);
    let alone = load(&running, "test.g", &[SYNC], "{\"name\":\"x\"}").await;
    assert_eq!(alone["Status"], "Fail", "{alone}");
    wait_for_state(&running, label(&alone), "ABORTED").await;
}

#[tokio::test]
async fn with_many_rows_in_a_group_bad_ones_are_left_out() {
    let running = start_with_group(20).await;
    let body = "{\"id\":1}\n".repeat(10_000) + "{\"name\":\"x\"}";
    let answer = load(&running, "test.g", &[SYNC], &body).await;
    assert_eq!(
        (&answer["Status"], &answer["NumberFilteredRows"]),
        (&"Success".into(), &1.into()),
        "{answer}"
    );
    assert_eq!(count(&running, "test.g").await, 10_000);
}

#[tokio::test]
async fn rows_of_a_group_outlive_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options { data: Some(dir.path().to_owned()), ..Options::default() };
    let running = start_with(options()).await;
    create(&running, "g", "'group_commit_interval_ms'='600000'").await;
    for id in 1..=2 {
        let answer = load(&running, "test.g", &[ASYNC], &format!("{{\"id\":{id}}}")).await;
        assert_eq!(answer["Status"], "Success", "{answer}");
    }
    assert_eq!(count(&running, "test.g").await, 0);
    running.shutdown().await;
    let again = Options { password: PASSWORD.to_owned(), ..options() };
    let running = doris_standin::Standin::start(again).await.unwrap();
    assert_eq!(count(&running, "test.g").await, 2);
}

#[tokio::test]
async fn a_label_and_a_group_go_not_together() {
    let running = start().await;
    let answer = load(&running, "test.t", &[ASYNC, "label: l"], "{\"id\":1}").await;
    let message = "[INVALID_ARGUMENT]label and group_commit can't be set at the same time";
    assert_eq!((&answer["Status"], &answer["Message"]), (&"Fail".into(), &message.into()));
}

#[tokio::test]
async fn a_chunked_load_in_a_group_loses_its_label_and_waits() {
    let running = start_with_group(20).await;
    let headers = [&root(), "format: json", ASYNC, "label: mine", "Transfer-Encoding: chunked"];
    let put = request("PUT /api/test/g/_stream_load", &headers, "8\r\n{\"id\":1}\r\n0\r\n\r\n");
    let answer = support::json(&raw(running.be, &put).await);
    assert!(label(&answer).starts_with("group_commit_"), "{answer}");
    assert_eq!(count(&running, "test.g").await, 1);
    assert_eq!(label_state(&running, "mine").await, "UNKNOWN");
}

#[tokio::test]
async fn what_cannot_be_grouped_is_committed_by_itself() {
    let running = start().await;
    let answer = load(&running, "test.t", &[SYNC, "two_phase_commit: true"], "{\"id\":1}").await;
    assert_eq!((&answer["TwoPhaseCommit"], answer.get("GroupCommit")), (&"true".into(), None), "{answer}");
    for version in [Version::V1_2, Version::V2_0] {
        let running = start_with(Options { version, ..Options::default() }).await;
        let headers = [ASYNC, "label: l", "read_json_by_line: true"];
        let answer = load(&running, "test.t", &headers, "{\"id\":1}").await;
        assert_eq!((label(&answer), answer.get("GroupCommit")), ("l", None), "{version}: {answer}");
    }
}

#[tokio::test]
async fn tables_that_change_take_no_groups() {
    let running = start().await;
    let analysis = "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = ";
    create(&running, "heavy", "'light_schema_change'='false'").await;
    let answer = load(&running, "test.heavy", &[SYNC], "{\"id\":1}").await;
    let message = "table light_schema_change is false, can't do stream load with group commit mode";
    assert_eq!(answer["Message"], format!("{analysis}{message}"));
    assert_eq!((&answer["TxnId"], label(&answer)), (&(-1).into(), ""), "{answer}");
}

#[tokio::test]
async fn a_table_whose_schema_changes_takes_no_groups_until_it_has_changed() {
    let options = Options { alter_time: std::time::Duration::from_millis(700), ..Options::default() };
    let running = start_with(options).await;
    create(&running, "g", "'group_commit_interval_ms'='20'").await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("alter table test.g modify column score bigint").await.unwrap();
    let answer = load(&running, "test.g", &[SYNC], "{\"id\":1}").await;
    let message =
        "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = insert table g is blocked on schema change";
    assert_eq!(answer["Message"], message, "{answer}");
    let deadline = Instant::now() + std::time::Duration::from_secs(20);
    while load(&running, "test.g", &[SYNC], "{\"id\":2}").await["Status"] != "Success" {
        assert!(Instant::now() < deadline, "still blocked");
    }
}
