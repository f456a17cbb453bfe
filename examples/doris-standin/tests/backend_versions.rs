//! How the answers of the back end differ between release lines.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use doris_standin::{Options, Running, Version};
use serde_json::Value;
use support::{load, load_text, raw, request, root, start_with};

async fn start(version: Version) -> Running {
    start_with(Options { version, ..Options::default() }).await
}

/// Sends every version the same load and compares the message, oldest first.
async fn check(table: &str, headers: &[&str], expected: [&str; 4]) {
    for (version, expected) in Version::ALL.into_iter().zip(expected) {
        let running = start(version).await;
        let answer = load(&running, table, headers, "{\"id\":1}").await;
        assert_eq!(answer["Message"], expected, "{version}: {answer}");
    }
}

#[tokio::test]
async fn fields_came_with_versions() {
    let fields = |version: Version| {
        let mut fields = vec!["TxnId", "Label"];
        if version >= Version::V2_0 {
            fields.push("Comment");
        }
        fields.extend(["TwoPhaseCommit", "Status", "Message", "NumberTotalRows", "NumberLoadedRows"]);
        fields.extend(["NumberFilteredRows", "NumberUnselectedRows", "LoadBytes", "LoadTimeMs"]);
        fields.extend(["BeginTxnTimeMs", "StreamLoadPutTimeMs", "ReadDataTimeMs", "WriteDataTimeMs"]);
        if version >= Version::V2_1 {
            fields.push("ReceiveDataTimeMs");
        }
        fields.push("CommitAndPublishTimeMs");
        fields
    };
    for version in Version::ALL {
        let running = start(version).await;
        let answer = load_text(&running, "test.t", &["comment: why"], "{\"id\":1}").await;
        let Value::Object(answer) = support::json(&answer) else { panic!("no object: {answer}") };
        assert_eq!(answer.keys().collect::<Vec<_>>(), fields(version), "{version}");
        assert!(answer.get("Comment").is_none_or(|comment| comment == "why"), "{version}: {answer:?}");
    }
}

#[tokio::test]
async fn refusals_are_worded_anew() {
    let old = "TStatus: errCode = 7, detailMessage = unknown table, tableName=nope";
    let coded = "[NOT_FOUND]TStatus: errCode = 7, detailMessage = unknown table, tableName=nope";
    let new = "[NOT_FOUND]TStatus: errCode = 7, detailMessage = table not found, tableName=nope";
    check("test.nope", &[], [old, coded, coded, new]).await;

    let unknown = "unknown database, database=";
    let first = format!("TStatus: errCode = 2, detailMessage = {unknown}default_cluster:nope");
    let coded = format!("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {unknown}nope");
    let new = format!("[NOT_FOUND]TStatus: errCode = 7, detailMessage = {unknown}nope");
    check("nope.t", &[], [&first, &coded, &new, &new]).await;

    let old = "unknown data format, format=avro";
    let new = "[INTERNAL_ERROR]unknown data format, format=avro";
    check("test.t", &["format: avro"], [old, new, new, new]).await;
}

#[tokio::test]
async fn colons_are_in_labels_from_2_0_on() {
    let refused =
        "TStatus: errCode = 2, detailMessage = Label format error. regex: ^[-_A-Za-z0-9]{1,128}$, label: a:b";
    check("test.t", &["label: a:b"], [refused, "OK", "OK", "OK"]).await;
}

#[tokio::test]
async fn a_used_label_tells_the_transactions_state_from_2_1_on() {
    for version in Version::ALL {
        let running = start(version).await;
        let first = load(&running, "test.t", &["label: l"], "{\"id\":1}").await;
        let second = load(&running, "test.t", &["label: l"], "{\"id\":1}").await;
        let code = if version < Version::V2_0 { "" } else { "[LABEL_ALREADY_EXISTS]" };
        let state = if version < Version::V2_1 { "" } else { ", status [VISIBLE]." };
        let id = &first["TxnId"];
        let expected = format!(
            "{code}TStatus: errCode = 2, detailMessage = Label [l] has already been used, relate to txn [{id}]{state}"
        );
        assert_eq!(second["Message"], expected, "{version}");
        assert_eq!(second["ExistingJobStatus"], "FINISHED", "{version}");
    }
}

#[tokio::test]
async fn refusals_of_the_second_phase_are_called_otherwise_in_1_2() {
    for version in Version::ALL {
        let running = start(version).await;
        let check = async |id: &str, expected: [&str; 2]| {
            let id = format!("txn_id: {id}");
            let headers = [&root(), id.as_str(), "txn_operation: commit", "Content-Length: 0"];
            let put = request("PUT /api/test/_stream_load_2pc", &headers, "");
            let answer = support::json(&raw(running.be, &put).await);
            assert_eq!(
                answer["status"],
                expected[usize::from(version > Version::V1_2)],
                "{version}: {answer}"
            );
        };
        check("999999", ["Analysis error", "ANALYSIS_ERROR"]).await;
        check("abc", ["Internal error", "INTERNAL_ERROR"]).await;
    }
}
