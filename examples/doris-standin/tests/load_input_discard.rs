//! Loads whose rows are counted and not stored.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use std::io::Write as _;

use doris_standin::{Options, Running};
use serde_json::json;
use support::{count, label_state, load, load_bytes, raw, request, root, start_with, wait_for_state};

async fn start() -> Running {
    start_with(Options { discard: true, compressed_json: true, ..Options::default() }).await
}

#[tokio::test]
async fn lines_are_counted_and_nothing_is_stored() {
    let running = start().await;
    let check = async |headers: &[&str], body: &[u8], rows: u64| {
        let answer = load_bytes(&running, "test.t", headers, body).await;
        assert_eq!(answer["Status"], "Success", "{answer}");
        let found = [&answer["NumberTotalRows"], &answer["NumberLoadedRows"], &answer["LoadBytes"]];
        assert_eq!(found, [&json!(rows), &json!(rows), &json!(body.len())], "{headers:?}");
    };
    check(&[], b"{\"id\":1}\n{\"id\":2}", 2).await;
    check(&["format: csv"], b"not even\nthree values\nof a row\n", 3).await;
    check(&["format: csv", "line_delimiter: \\x01"], b"one\x01two", 2).await;
    check(&[], b"", 0).await;
    let long = "{\"id\":1}\n".repeat(100_000);
    check(&[], long.as_bytes(), 100_000).await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(long.as_bytes()).unwrap();
    check(&["compress_type: gz"], &encoder.finish().unwrap(), 100_000).await;
    assert_eq!(count(&running, "test.t").await, 0);
}

#[tokio::test]
async fn labels_and_transactions_are_as_ever() {
    let running = start().await;
    assert_eq!(load(&running, "test.t", &["label: a"], "x\ny").await["Status"], "Success");
    let again = load(&running, "test.t", &["label: a"], "x\ny").await;
    assert_eq!(again["ExistingJobStatus"], "FINISHED", "{again}");
    load(&running, "test.t", &["label: b", "two_phase_commit: true"], "x").await;
    assert_eq!(label_state(&running, "b").await, "PRECOMMITTED");
    let headers = [&root(), "label: b", "txn_operation: commit", "Content-Length: 0"];
    raw(running.be, &request("PUT /api/test/_stream_load_2pc", &headers, "")).await;
    wait_for_state(&running, "b", "VISIBLE").await;
    let missing = load(&running, "test.nope", &[], "x").await;
    assert_eq!(missing["Status"], "Fail", "{missing}");
    let ledger = raw(running.fe, &request("GET /_standin/loads", &[], "")).await;
    let loads = support::json(&ledger);
    let found: Vec<_> =
        loads.as_array().unwrap().iter().map(|load| (&load["label"], &load["rows"])).collect();
    assert_eq!(found, [(&json!("a"), &json!(2)), (&json!("b"), &json!(1))]);
}

#[tokio::test]
async fn a_body_that_cannot_be_opened_fails() {
    let running = start().await;
    let answer = load(&running, "test.t", &["label: z", "compress_type: gz"], "no gzip").await;
    assert_eq!(answer["Message"], "[INTERNAL_ERROR]Failed to inflate. return code: -3", "{answer}");
    assert_eq!(label_state(&running, "z").await, "ABORTED");
}
