//! The back end: answers word for word where they were recorded, rows, filters, labels, two-phase commits.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]

mod support;

use std::io::Read as _;

use serde_json::{Value, json};
use support::{
    basic, count, label_state, load, load_text, raw, read_answer, request, root, rows, start, wait_for_state,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt};
use tokio::net::TcpStream;

/// The answer's JSON with what differs from run to run blanked.
fn blanked(answer: &str) -> String {
    let body = &answer[answer.find("\r\n\r\n{").unwrap() + 4..];
    let lines = body.lines().map(|line| match line.split_once(": ") {
        Some((key, _)) if key.ends_with("Ms\"") || (key.contains("TxnId") && !line.contains("-1")) => {
            let comma = if line.ends_with(',') { "," } else { "" };
            format!("{key}: _{comma}")
        }
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The whole reply, with these lines between `Comment` and the counts.
fn reply(id: &str, label: &str, middle: &str, counts: [u64; 5]) -> String {
    let [total, loaded, filtered, unselected, bytes] = counts;
    format!(
        "{{\n    \"TxnId\": {id},\n    \"Label\": \"{label}\",\n    \"Comment\": \"\",\n{middle}\n    \"NumberTotalRows\": {total},\n    \
         \"NumberLoadedRows\": {loaded},\n    \"NumberFilteredRows\": {filtered},\n    \"NumberUnselectedRows\": {unselected},\n    \
         \"LoadBytes\": {bytes},\n    \"LoadTimeMs\": _,\n    \"BeginTxnTimeMs\": _,\n    \"StreamLoadPutTimeMs\": _,\n    \
         \"ReadDataTimeMs\": _,\n    \"WriteDataTimeMs\": _,\n    \"ReceiveDataTimeMs\": _,\n    \"CommitAndPublishTimeMs\": _\n}}"
    )
}

fn failed(message: &str) -> String {
    format!("    \"TwoPhaseCommit\": \"false\",\n    \"Status\": \"Fail\",\n    \"Message\": \"{message}\",")
}

#[tokio::test]
async fn a_load_is_answered_as_recorded_and_its_label_refused_the_second_time() {
    let running = start().await;
    let headers = ["label: ok", "format: csv", "column_separator: ,", "Expect: 100-continue"];
    let first = load_text(&running, "test.t", &headers, "1,a,1\n2,b,2\n").await;
    assert!(first.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html; version=0.0.4\r\nContent-Length: "), "{first}");
    let middle = "    \"TwoPhaseCommit\": \"false\",\n    \"Status\": \"Success\",\n    \"Message\": \"OK\",";
    assert_eq!(blanked(&first), reply("_", "ok", middle, [2, 2, 0, 0, 12]));
    let id = support::json(&first)["TxnId"].as_i64().unwrap();

    let second = load_text(&running, "test.t", &headers, "").await;
    assert!(second.starts_with("HTTP/1.1 200 OK\r\n"), "no 100 before a refusal: {second}");
    assert!(second.contains("\r\nConnection: close\r\n"), "{second}");
    let middle = format!(
        "    \"TwoPhaseCommit\": \"false\",\n    \"Status\": \"Label Already Exists\",\n    \"ExistingJobStatus\": \"FINISHED\",\n    \"Message\": \"[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = Label [ok] has already been used, relate to txn [{id}], status [VISIBLE].\","
    );
    assert_eq!(blanked(&second), reply("-1", "ok", &middle, [0; 5]));
    assert_eq!(count(&running, "test.t").await, 2);
}

#[tokio::test]
async fn refusals_are_worded_as_recorded() {
    let running = start().await;
    let analysis = "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = ";
    let regex = "Label format error. regex: ^[-_A-Za-z0-9:]{1,128}$, label: ";
    let wrong = basic("root", "wrong");
    let check = async |table: &str, headers: &[&str], id: &str, label: &str, message: &str| {
        let answer = load_text(&running, table, headers, "{\"id\":1}").await;
        assert_eq!(blanked(&answer), reply(id, label, &failed(message), [0; 5]), "{table} {headers:?}");
    };
    check(
        "nodb.t",
        &["label: a"],
        "-1",
        "a",
        "[NOT_FOUND]TStatus: errCode = 7, detailMessage = unknown database, database=nodb",
    )
    .await;
    check(
        "test.nope",
        &["label: a"],
        "-1",
        "a",
        "[NOT_FOUND]TStatus: errCode = 7, detailMessage = table not found, tableName=nope",
    )
    .await;
    check(
        "test.T",
        &["label: a"],
        "-1",
        "a",
        "[NOT_FOUND]TStatus: errCode = 7, detailMessage = table not found, tableName=T",
    )
    .await;
    check(
        "test2.t",
        &["label: a"],
        "-1",
        "a",
        "[NOT_FOUND]TStatus: errCode = 7, detailMessage = table not found, tableName=t",
    )
    .await;
    check(
        "test.t",
        &["label: a", &wrong],
        "-1",
        "a",
        &format!("{analysis}Access denied for user 'root@127.0.0.1' (using password: YES)"),
    )
    .await;
    check("test.t", &["label: a b"], "-1", "a b", &format!("{analysis}{regex}a b")).await;
    check("test.t", &["label: é"], "-1", "\\u00c3\\u00a9", &format!("{analysis}{regex}\\u00c3\\u00a9")).await;
    check("test.t", &["label: #"], "-1", "#", &format!("{analysis}{regex}#")).await;
    check(
        "test.t",
        &["label: a", "timeout: 0"],
        "-1",
        "a",
        &format!("{analysis}Invalid timeout: 0. Timeout should between 1 and 259200 seconds"),
    )
    .await;
    check(
        "test.t",
        &["label: a", "timezone: Mars/X"],
        "_",
        "a",
        &format!("{analysis}Unknown or incorrect time zone: 'Mars/X'"),
    )
    .await;
    check(
        "test.t",
        &["label: a", "partitions: p9"],
        "_",
        "a",
        &format!("{analysis}Unknown partition 'p9' in table 't'"),
    )
    .await;
    check(
        "test.t",
        &["label: a", "partial_columns: true"],
        "_",
        "a",
        &format!("{analysis}Only unique key merge on write support partial update"),
    )
    .await;
    check(
        "test.u",
        &["label: a", "function_column.sequence_col: score"],
        "_",
        "a",
        &format!("{analysis}There is no sequence column in the table u"),
    )
    .await;
    check(
        "test.t",
        &["label: a", "columns: name,score"],
        "_",
        "a",
        &format!("{analysis}Column has no default value. column: id"),
    )
    .await;
    check(
        "test.t",
        &["label: a", "compress_type: gz"],
        "-1",
        "a",
        "[INTERNAL_ERROR]compress data of JSON format is not supported.",
    )
    .await;
    check(
        "test.t",
        &["label: a", "format: avro"],
        "-1",
        "a",
        "[INTERNAL_ERROR]unknown data format, format=avro",
    )
    .await;
    assert_eq!(count(&running, "test.t").await, 0);
}

async fn check_rows(
    headers: &[&str],
    body: &str,
    counts: (u64, u64, u64),
    expected: &[(i64, Option<&str>, Option<i32>)],
) {
    let running = start().await;
    let answer = load(&running, "test.t", headers, body).await;
    let found = ["NumberTotalRows", "NumberLoadedRows", "NumberFilteredRows"]
        .map(|key| answer[key].as_u64().unwrap());
    assert_eq!(found, <[u64; 3]>::from(counts), "{body:?}: {answer}");
    let rows: Vec<(i64, Option<String>, Option<i32>)> =
        rows(&running, "select * from test.t order by id").await;
    let expected: Vec<_> =
        expected.iter().map(|(id, name, score)| (*id, name.map(str::to_owned), *score)).collect();
    assert_eq!(rows, expected, "{body:?}");
}

#[tokio::test]
async fn json_becomes_rows() {
    check_rows(
        &[],
        "{\"id\":1,\"name\":\"a\\u00e9\",\"score\":2,\"other\":[1]}\n\n{\"id\":\"2\"}",
        (2, 2, 0),
        &[(1, Some("aé"), Some(2)), (2, None, None)],
    )
    .await;
    check_rows(
        &["strip_outer_array: true"],
        "[{\"id\":1},\n {\"id\":2,\"score\":\"7\"}]",
        (2, 2, 0),
        &[(1, None, None), (2, None, Some(7))],
    )
    .await;
    // Keys are matched with their case, and of equal keys the first counts.
    check_rows(&[], "{\"id\":1,\"NAME\":\"x\",\"score\":1,\"score\":2}", (1, 1, 0), &[(1, None, Some(1))])
        .await;
    check_rows(
        &["columns: id,tmp,score"],
        "{\"id\":1,\"tmp\":9,\"name\":\"x\",\"score\":3}",
        (1, 1, 0),
        &[(1, None, Some(3))],
    )
    .await;
    // What cannot be cast becomes NULL, unless the mode is strict.
    check_rows(&[], "{\"id\":1,\"score\":\"x\"}", (1, 1, 0), &[(1, None, None)]).await;
    check_rows(
        &["hidden_columns: __DORIS_DELETE_SIGN__"],
        "{\"id\":1,\"__DORIS_DELETE_SIGN__\":\"1\"}",
        (1, 1, 0),
        &[(1, None, None)],
    )
    .await;
    check_rows(&["label:", "compress_type:"], "", (0, 0, 0), &[]).await;
}

#[tokio::test]
async fn one_bad_row_too_many_fails_the_whole_load() {
    let null = "column(id) values is null while columns is not nullable";
    for (body, reason) in [
        ("{\"id\":1}\n{\"name\":\"x\"}", null),
        ("{\"id\":1}\n{\"id\":null}", null),
        ("{\"id\":1}\n{\"id\":\"x\"}", null),
        ("{\"id\":1}\n{\"other\":1}", "All fields is null, this is a invalid row."),
        ("{\"id\":1}\n{\"id\":2", "Parse json data for JsonDoc failed. code: 3"),
        ("{\"id\":1}\n[{\"id\":2}]", "JSON data is array-object, `strip_outer_array` must be TRUE."),
    ] {
        let running = start().await;
        let answer = load(&running, "test.t", &["label: x"], body).await;
        assert_eq!(answer["Message"], "[DATA_QUALITY_ERROR]too many filtered rows", "{body}");
        assert_eq!(
            (&answer["NumberTotalRows"], &answer["NumberFilteredRows"]),
            (&json!(2), &json!(1)),
            "{body}"
        );
        assert_eq!(count(&running, "test.t").await, 0);
        assert_eq!(label_state(&running, "x").await, "ABORTED");
        let url = answer["ErrorURL"].as_str().unwrap();
        let path = url.strip_prefix(&format!("http://{}", running.be)).unwrap();
        let log = raw(running.be, &request(&format!("GET {path}"), &[], "")).await;
        assert!(log.contains(&format!("Reason: {reason}")) && log.contains("src line ["), "{log}");
        // Within the ratio the rest is loaded, under the same label.
        let answer = load(&running, "test.t", &["label: x", "max_filter_ratio: 0.5"], body).await;
        assert_eq!(
            (&answer["Status"], &answer["NumberLoadedRows"]),
            (&json!("Success"), &json!(1)),
            "{answer}"
        );
        assert!(answer["ErrorURL"].is_string());
    }
}

#[tokio::test]
async fn strict_mode_filters_what_cannot_be_cast() {
    let running = start().await;
    let answer = load(&running, "test.t", &["strict_mode: true"], "{\"id\":1,\"score\":\"x\"}").await;
    assert_eq!(answer["NumberFilteredRows"], 1);
    let too_long = format!("{{\"id\":1,\"name\":\"{}\"}}", "é".repeat(33));
    let answer = load(&running, "test.t", &[], &too_long).await;
    assert_eq!(answer["NumberFilteredRows"], 1);
}

#[tokio::test]
async fn two_objects_on_a_line_fail_the_load() {
    let running = start().await;
    let answer = load(&running, "test.t", &["max_filter_ratio: 1"], "{\"id\":1}{\"id\":2}").await;
    assert_eq!(answer["Message"], "[DATA_QUALITY_ERROR]Multiple JSON objects in a single line");
    assert_eq!(count(&running, "test.t").await, 0);
}

#[tokio::test]
async fn the_last_row_of_a_key_stays_and_delete_signs_delete() {
    let running = start().await;
    load(
        &running,
        "test.u",
        &[],
        "{\"id\":1,\"name\":\"a\"}\n{\"id\":1,\"name\":\"b\"}\n{\"id\":2,\"name\":\"c\"}",
    )
    .await;
    let hidden = ["hidden_columns: __DORIS_DELETE_SIGN__"];
    load(
        &running,
        "test.u",
        &hidden,
        "{\"id\":2,\"__DORIS_DELETE_SIGN__\":\"1\"}\n{\"id\":3,\"__DORIS_DELETE_SIGN__\":0}",
    )
    .await;
    assert_eq!(
        rows::<(i64, Option<String>)>(&running, "select id, name from test.u order by id").await,
        [(1, Some("b".to_owned())), (3, None)]
    );
    load(&running, "test.a", &[], "{\"id\":1,\"score\":2}\n{\"id\":1,\"score\":3}").await;
    assert_eq!(rows::<(i64, i64)>(&running, "select id, score from test.a").await, [(1, 5)]);
}

#[tokio::test]
async fn bodies_come_counted_chunked_and_over_http_1_0() {
    let running = start().await;
    let chunked = request(
        "PUT /api/test/t/_stream_load",
        &[&root(), "format: json", "Transfer-Encoding: chunked"],
        "4\r\n{\"id\r\n4\r\n\":1}\r\n0\r\n\r\n",
    );
    assert_eq!(support::json(&raw(running.be, &chunked).await)["Status"], "Success");
    let old = format!(
        "PUT /api/test/t/_stream_load/ HTTP/1.0\r\n{}\r\nformat: json\r\nContent-Length: 8\r\n\r\n{{\"id\":2}}",
        root()
    );
    assert_eq!(support::json(&raw(running.be, old.as_bytes()).await)["Status"], "Success");
    let neither = request("PUT /api/test/t/_stream_load", &[&root(), "format: json"], "");
    let answer = support::json(&raw(running.be, &neither).await);
    assert!(answer["Message"].as_str().unwrap().starts_with("[INVALID_ARGUMENT]"), "{answer}");
    assert_eq!(count(&running, "test.t").await, 2);
}

#[tokio::test]
async fn an_upload_that_dies_half_way_leaves_nothing_and_frees_its_label() {
    let running = start().await;
    let mut stream = TcpStream::connect(running.be).await.unwrap();
    let half = request(
        "PUT /api/test/t/_stream_load",
        &[&root(), "label: half", "format: json", "Content-Length: 1000"],
        "{\"id\":1}\n",
    );
    stream.write_all(&half).await.unwrap();
    wait_for_state(&running, "half", "PREPARE").await;
    let clash = load(&running, "test.t", &["label: half"], "{\"id\":1}").await;
    assert_eq!(clash["ExistingJobStatus"], "RUNNING");
    drop(stream);
    wait_for_state(&running, "half", "ABORTED").await;
    assert_eq!(count(&running, "test.t").await, 0);
    assert_eq!(load(&running, "test.t", &["label: half"], "{\"id\":1}").await["Status"], "Success");
}

#[tokio::test]
async fn a_load_cancelled_while_its_body_comes_keeps_nothing() {
    let running = start().await;
    let mut stream = TcpStream::connect(running.be).await.unwrap();
    let body = "{\"id\":1}";
    let head = request(
        "PUT /api/test/t/_stream_load",
        &[&root(), "label: run", "format: json", "Content-Length: 8"],
        "",
    );
    stream.write_all(&head).await.unwrap();
    wait_for_state(&running, "run", "PREPARE").await;
    raw(running.fe, &request("POST /api/test/_cancel?label=run", &[&root(), "Content-Length: 0"], "")).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    let answer = support::json(&read_answer(&mut stream).await);
    assert_eq!(answer["Status"], "Fail");
    assert!(
        answer["Message"].as_str().unwrap().ends_with("is already aborted. abort reason: user cancel"),
        "{answer}"
    );
    assert_eq!(count(&running, "test.t").await, 0);
}

#[tokio::test]
async fn two_phase_commits_end_as_recorded() {
    let running = start().await;
    let second = async |headers: &[&str]| {
        let root = root();
        let mut all = vec![root.as_str(), "Content-Length: 0"];
        all.extend_from_slice(headers);
        let answer =
            support::json(&raw(running.be, &request("PUT /api/test/_stream_load_2pc", &all, "")).await);
        (answer["status"].as_str().unwrap().to_owned(), answer["msg"].as_str().unwrap().to_owned())
    };
    let success = |msg: &str| ("Success".to_owned(), msg.to_owned());
    let refused =
        |msg: &str| ("ANALYSIS_ERROR".to_owned(), format!("TStatus: errCode = 2, detailMessage = {msg}"));
    let prepare = async |label: &str| {
        let header = format!("label: {label}");
        let answer: Value =
            load(&running, "test.u", &[&header, "two_phase_commit: true"], "{\"id\":1,\"name\":\"p\"}").await;
        assert_eq!((&answer["Status"], &answer["TwoPhaseCommit"]), (&json!("Success"), &json!("true")));
        answer["TxnId"].to_string()
    };
    let id = prepare("p1").await;
    let (txn, commit, abort) = (format!("txn_id: {id}"), "txn_operation: commit", "txn_operation: abort");
    assert_eq!(count(&running, "test.u").await, 0);
    assert_eq!(load(&running, "test.u", &["label: p1"], "").await["ExistingJobStatus"], "PRECOMMITTED");
    assert_eq!(second(&[&txn, commit]).await, success(&format!("transaction [{id}] commit successfully.")));
    assert_eq!(count(&running, "test.u").await, 1);
    assert_eq!(
        second(&[&txn, commit]).await,
        refused(&format!("transaction [{id}] is already visible, not pre-committed."))
    );
    assert_eq!(
        second(&[&txn, abort]).await,
        refused(&format!("transaction [{id}] is already VISIBLE, could not abort."))
    );
    assert_eq!(second(&["label: p1", abort]).await, refused("running transaction not found, label=p1"));
    let id = prepare("p2").await;
    let txn = format!("txn_id: {id}");
    assert_eq!(second(&[&txn, abort]).await, success(&format!("transaction [{id}] abort successfully.")));
    assert_eq!(
        second(&[&txn, commit]).await,
        refused(&format!("transaction [{id}] is already aborted. abort reason: User Abort"))
    );
    prepare("p3").await;
    assert_eq!(second(&["label: p3", commit]).await, success("label [p3] commit successfully."));
    let id = prepare("p4").await;
    assert_eq!(
        second(&["label: p4", &format!("txn_id: {id}"), commit]).await,
        success(&format!("label [p4] transaction [{id}] commit successfully."))
    );
    assert_eq!(second(&["txn_id: 999999", commit]).await, refused("transaction [999999] not found"));
    assert_eq!(second(&["label: nolabel", abort]).await, refused("transaction not found, label=nolabel"));
    assert_eq!(
        second(&["txn_id: abc", commit]).await,
        ("INTERNAL_ERROR".to_owned(), "convert txn_id [abc] failed, reason=stoull".to_owned())
    );
}

#[tokio::test]
async fn answers_are_gzip_for_clients_that_take_it() {
    let running = start().await;
    let check = async |accept: &str, zipped: bool| {
        let headers = [&root(), accept, "format: json", "Content-Length: 8"];
        let mut stream = TcpStream::connect(running.be).await.unwrap();
        let put = request(
            "PUT /api/test/t/_stream_load",
            &[&headers[..], &["Connection: close"]].concat(),
            "{\"id\":1}",
        );
        stream.write_all(&put).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        assert_eq!(head.contains("\r\nContent-Encoding: gzip\r\n"), zipped, "{accept}: {head}");
        let mut body = String::new();
        if zipped {
            flate2::read::GzDecoder::new(&answer[end..]).read_to_string(&mut body).unwrap();
        } else {
            body = String::from_utf8(answer[end..].to_vec()).unwrap();
        }
        assert!(body.contains("\"Status\": \"Success\""), "{accept}: {body}");
    };
    check("Accept-Encoding: gzip, deflate", true).await;
    check("Accept-Encoding: deflate", false).await;
    check("Accept: */*", false).await;
}
