//! Faults on request, and the ledger that tells what really happened.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use std::time::Duration;

use doris_standin::Running;
use serde_json::{Value, json};
use support::{count, label_state, load, load_text, raw, request, root, set_faults, start, wait_for_state};

const ROW: &str = "{\"id\":1}";

async fn ledger(running: &Running) -> Value {
    support::json(&raw(running.be, &request("GET /_standin/loads", &[], "")).await)
}

async fn release(running: &Running) {
    raw(running.fe, &request("POST /_standin/release", &["Content-Length: 0"], "")).await;
}

#[tokio::test]
async fn a_load_can_be_committed_and_the_answer_lost() {
    let running = start().await;
    set_faults(&running, &json!([{"at": "be.stream_load", "kind": "commit_then_drop"}])).await;
    assert_eq!(load_text(&running, "test.t", &["label: x"], ROW).await, "");
    let again = load(&running, "test.t", &["label: x"], ROW).await;
    assert_eq!(again["ExistingJobStatus"], "FINISHED");
    assert_eq!(count(&running, "test.t").await, 1);
    let loads = ledger(&running).await;
    assert_eq!(
        (&loads[0]["label"], &loads[0]["state"], &loads[0]["rows"]),
        (&json!("x"), &json!("VISIBLE"), &json!(1))
    );
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_told_and_only_its_table() {
    let running = start().await;
    set_faults(
        &running,
        &json!([{"at": "be.stream_load", "kind": "status", "status": 503, "count": 2, "table": "test.t"}]),
    )
    .await;
    assert_eq!(load(&running, "test.u", &[], ROW).await["Status"], "Success");
    for _ in 0..2 {
        assert!(
            load_text(&running, "test.t", &[], ROW).await.starts_with("HTTP/1.1 503 Service Unavailable\r\n")
        );
    }
    assert_eq!(load(&running, "test.t", &[], ROW).await["Status"], "Success");
    let left = support::json(&raw(running.fe, &request("GET /_standin/faults", &[], "")).await);
    assert_eq!(left, json!({"faults": []}));
}

#[tokio::test]
async fn publish_timeout_commits_now_and_shows_later() {
    let running = start().await;
    set_faults(&running, &json!([{"at": "be.stream_load", "kind": "publish_timeout"}])).await;
    let answer = load(&running, "test.t", &["label: x"], ROW).await;
    assert_eq!(answer["Status"], "Publish Timeout");
    assert_eq!(
        answer["Message"],
        "[PUBLISH_TIMEOUT]TStatus: transaction commit successfully, BUT data will be visible later"
    );
    assert_eq!(label_state(&running, "x").await, "COMMITTED");
    assert_eq!(count(&running, "test.t").await, 0);
    assert_eq!(load(&running, "test.t", &["label: x"], ROW).await["ExistingJobStatus"], "FINISHED");
    release(&running).await;
    wait_for_state(&running, "x", "VISIBLE").await;
    assert_eq!(count(&running, "test.t").await, 1);
}

#[tokio::test]
async fn a_label_can_stay_running_and_end_either_way() {
    for (then, state, rows) in [("visible", "VISIBLE", 1), ("aborted", "ABORTED", 0)] {
        let running = start().await;
        set_faults(
            &running,
            &json!([{"at": "be.stream_load", "kind": "running", "delay_ms": 300, "then": then}]),
        )
        .await;
        assert_eq!(load_text(&running, "test.t", &["label: x"], ROW).await, "");
        assert_eq!(load(&running, "test.t", &["label: x"], ROW).await["ExistingJobStatus"], "RUNNING");
        wait_for_state(&running, "x", state).await;
        assert_eq!(count(&running, "test.t").await, rows);
    }
}

#[tokio::test]
async fn answers_can_be_late_held_garbled_or_refused() {
    let running = start().await;
    set_faults(
        &running,
        &json!([
            {"at": "be.stream_load", "kind": "hang"},
            {"at": "be.stream_load", "kind": "garbage", "commit": true},
            {"at": "be.stream_load", "kind": "fail", "message": "[INTERNAL_ERROR]tablet error: [E-235]too many versions"},
            {"at": "be.stream_load", "kind": "auth_failure"},
            {"at": "be.stream_load", "kind": "drop_before_commit"},
            {"at": "be.stream_load", "kind": "slow", "delay_ms": 50},
            {"at": "fe.stream_load", "kind": "dead_backend"},
        ]),
    )
    .await;
    let started = std::time::Instant::now();
    let (held, ()) = tokio::join!(load(&running, "test.t", &["label: a"], ROW), async {
        while label_state(&running, "a").await == "UNKNOWN" {
            release(&running).await;
        }
    });
    assert_eq!(held["Status"], "Success");
    assert!(load_text(&running, "test.t", &["label: b"], ROW).await.contains("<html>"));
    assert_eq!(label_state(&running, "b").await, "VISIBLE");
    let failed = load(&running, "test.t", &["label: c"], ROW).await;
    assert!(failed["Message"].as_str().unwrap().contains("E-235"), "{failed}");
    assert!(
        load(&running, "test.t", &["label: d"], ROW).await["Message"]
            .as_str()
            .unwrap()
            .contains("Access denied")
    );
    assert_eq!(load_text(&running, "test.t", &["label: e"], ROW).await, "");
    assert_eq!(label_state(&running, "e").await, "ABORTED");
    assert_eq!(load(&running, "test.t", &["label: e"], ROW).await["Status"], "Success");
    assert!(started.elapsed() >= Duration::from_millis(50));
    let answer =
        raw(running.fe, &request("PUT /api/test/t/_stream_load", &[&root(), "Expect: 100-continue"], ""))
            .await;
    assert!(answer.contains("Location: http://root:@127.0.0.1:1/api/test/t/_stream_load?"), "{answer}");
    assert_eq!(count(&running, "test.t").await, 3);
}

#[tokio::test]
async fn a_fault_that_makes_no_sense_is_refused() {
    let running = start().await;
    for body in
        [r#"[{"at":"fe.stream_load","kind":"commit_then_drop"}]"#, r#"[{"at":"nowhere","kind":"drop"}]"#, "{"]
    {
        let length = format!("Content-Length: {}", body.len());
        let answer = raw(running.fe, &request("PUT /_standin/faults", &[&length], body)).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n") && answer.contains("error"), "{answer}");
    }
}
