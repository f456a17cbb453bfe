//! How long labels are kept, and what becomes of loads that do not end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a failed assumption fails the test"
)]

mod support;

use std::time::Duration;

use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};
use support::{
    PASSWORD, connect, count, label_state, load, load_text, raw, request, root, set_faults, start,
    wait_for_state,
};

const ROW: &str = "{\"id\":1}";
const EMPTY: &[&str] = &["Content-Length: 0"];

async fn start_with(options: Options) -> Running {
    let running = Standin::start(Options { password: PASSWORD.to_owned(), ..options }).await.unwrap();
    let mut sql = connect(&running, "root", PASSWORD).await;
    for statement in [
        "create database test",
        "create table test.t(id bigint) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
    ] {
        sql.query_drop(statement).await.unwrap();
    }
    running
}

async fn admin(running: &Running, line: &str) -> Value {
    support::json(&raw(running.fe, &request(line, EMPTY, "")).await)
}

#[tokio::test]
async fn a_label_that_is_forgotten_is_as_one_never_used_and_its_rows_stay() {
    let running = start().await;
    for label in ["x", "y"] {
        load(&running, "test.t", &[&format!("label: {label}")], ROW).await;
    }
    assert_eq!(admin(&running, "POST /_standin/labels/forget?label=x").await, json!({"forgotten": 1}));
    assert_eq!(
        (label_state(&running, "x").await.as_str(), label_state(&running, "y").await.as_str()),
        ("UNKNOWN", "VISIBLE")
    );
    assert_eq!(load(&running, "test.t", &["label: x"], ROW).await["Status"], "Success");
    assert_eq!(admin(&running, "POST /_standin/labels/forget").await, json!({"forgotten": 2}));
    assert_eq!(label_state(&running, "y").await, "UNKNOWN");
    assert_eq!(count(&running, "test.t").await, 3);
}

#[tokio::test]
async fn a_load_that_runs_is_not_forgotten() {
    let running = start().await;
    set_faults(
        &running,
        &json!([{"at": "be.stream_load", "kind": "running", "delay_ms": 60_000, "then": "visible"}]),
    )
    .await;
    load_text(&running, "test.t", &["label: x"], ROW).await;
    assert_eq!(admin(&running, "POST /_standin/labels/forget").await, json!({"forgotten": 0}));
    assert_eq!(label_state(&running, "x").await, "PREPARE");
}

#[tokio::test]
async fn labels_are_forgotten_by_age_and_by_number() {
    let running =
        start_with(Options { label_keep: Some(Duration::from_millis(50)), ..Options::default() }).await;
    load(&running, "test.t", &["label: x"], ROW).await;
    wait_for_state(&running, "x", "UNKNOWN").await;
    let running = start_with(Options { label_count: 2, ..Options::default() }).await;
    for label in ["a", "b", "c"] {
        load(&running, "test.t", &[&format!("label: {label}")], ROW).await;
    }
    assert_eq!(label_state(&running, "a").await, "UNKNOWN");
    assert_eq!(label_state(&running, "b").await, "VISIBLE");
}

#[tokio::test]
async fn a_state_without_a_label_is_refused() {
    let running = start().await;
    let answer = raw(running.fe, &request("GET /api/test/get_load_state", &[&root()], "")).await;
    assert_eq!(
        support::json(&answer),
        json!({"msg": "Bad Request", "code": 403, "data": "No label selected", "count": 0})
    );
}

#[tokio::test]
async fn a_load_that_is_held_runs_until_released_and_then_goes_on() {
    let running = start().await;
    set_faults(&running, &json!([{"at": "be.stream_load", "kind": "hold"}])).await;
    let (held, ()) = tokio::join!(load(&running, "test.t", &["label: x"], ROW), async {
        wait_for_state(&running, "x", "PREPARE").await;
        assert_eq!(load(&running, "test.t", &["label: x"], ROW).await["ExistingJobStatus"], "RUNNING");
        while label_state(&running, "x").await == "PREPARE" {
            admin(&running, "POST /_standin/release").await;
        }
    });
    assert_eq!(held["Status"], "Success");
    assert_eq!(count(&running, "test.t").await, 1);
}

#[tokio::test]
async fn a_load_can_be_committed_and_its_answer_held_back() {
    let running = start().await;
    set_faults(&running, &json!([{"at": "be.stream_load", "kind": "commit_then_hang"}])).await;
    let held = load(&running, "test.t", &["label: x"], ROW);
    let mut held = std::pin::pin!(held);
    tokio::select! {
        answer = &mut held => panic!("answered: {answer}"),
        () = wait_for_state(&running, "x", "VISIBLE") => {}
    }
    // A release goes to those who wait already.
    let answer = loop {
        tokio::select! {
            answer = &mut held => break answer,
            _ = admin(&running, "POST /_standin/release") => {}
        }
    };
    assert_eq!(answer["Status"], "Success");
}

#[tokio::test]
async fn a_load_that_outlives_its_timeout_is_aborted_and_its_label_free() {
    for fault in [json!({"kind": "hold"}), json!({"kind": "slow_reader", "bytes_per_second": 1})] {
        let running = start().await;
        let mut fault = fault;
        fault["at"] = json!("be.stream_load");
        set_faults(&running, &json!([fault])).await;
        let upload = load_text(&running, "test.t", &["label: x", "timeout: 1"], ROW);
        tokio::select! {
            answer = upload => panic!("answered: {answer}"),
            () = wait_for_state(&running, "x", "ABORTED") => {}
        }
        assert_eq!(load(&running, "test.t", &["label: x"], ROW).await["Status"], "Success", "{fault}");
        assert_eq!(count(&running, "test.t").await, 1);
    }
}

#[tokio::test]
async fn a_load_that_was_timed_out_is_told_so_when_it_goes_on() {
    let running = start().await;
    set_faults(&running, &json!([{"at": "be.stream_load", "kind": "hold"}])).await;
    let (late, ()) = tokio::join!(load(&running, "test.t", &["label: x", "timeout: 1"], ROW), async {
        wait_for_state(&running, "x", "ABORTED").await;
        admin(&running, "POST /_standin/release").await;
    });
    let message = late["Message"].as_str().unwrap();
    assert!(message.contains("already aborted. abort reason: timeout by txn manager"), "{message}");
    assert_eq!(count(&running, "test.t").await, 0);
}
