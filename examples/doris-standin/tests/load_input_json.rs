//! How rows are found in bodies of JSON.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use doris_standin::{Options, Version};
use support::{error_log, load, rows, start, start_with};

type Row = (i64, Option<String>, Option<i32>);

fn row(id: i64, name: Option<&str>, score: Option<i32>) -> Row {
    (id, name.map(str::to_owned), score)
}

/// Loads a body and compares the rows there are.
async fn check(headers: &[&str], body: &str, expected: &[Row]) {
    let running = start().await;
    let answer = load(&running, "test.t", headers, body).await;
    assert_eq!(answer["Status"], "Success", "{body}: {answer}");
    let found: Vec<Row> = rows(&running, "select * from test.t order by id").await;
    assert_eq!(found, expected, "{headers:?} {body}");
}

/// Loads a body and compares the first line of the log of bad rows.
async fn check_refused(headers: &[&str], body: &str, expected: &str) {
    let running = start().await;
    let answer = load(&running, "test.t", headers, body).await;
    assert_eq!(answer["Message"], "[DATA_QUALITY_ERROR]too many filtered rows", "{body}: {answer}");
    let log = error_log(&running, &answer).await;
    assert_eq!(log.lines().next(), Some(expected), "{headers:?} {body}");
}

#[tokio::test]
async fn paths_say_by_position_where_fields_are() {
    let paths = r#"jsonpaths: ["$.key.id", "$.names[1]", "$.\"a.b\""]"#;
    check(&[paths], r#"{"key":{"id":7},"names":["x","y"],"a.b":3}"#, &[row(7, Some("y"), Some(3))]).await;
    // What is not there counts as missing.
    check(&[paths], r#"{"key":{"id":8},"names":["x"]}"#, &[row(8, None, None)]).await;
    check(
        &[r#"jsonpaths: ["$.s","$.i"]"#, "columns: score,id"],
        r#"{"i":1,"s":5,"name":"not asked for"}"#,
        &[row(1, None, Some(5))],
    )
    .await;
    check(
        &[r#"jsonpaths: ["$.i"]"#, "columns: id", "strip_outer_array: true"],
        r#"[{"i":1},{"i":2}]"#,
        &[row(1, None, None), row(2, None, None)],
    )
    .await;
    check_refused(
        &[paths],
        r#"{"id":1}"#,
        "Reason: All fields is null or not matched, this is a invalid row.. src line [{\"id\":1}]; ",
    )
    .await;
}

#[tokio::test]
async fn a_root_says_where_in_a_document_rows_are() {
    check(&["json_root: $.data"], r#"{"data":{"id":1,"score":2},"id":9}"#, &[row(1, None, Some(2))]).await;
    check(
        &["json_root: $.data.rows", "strip_outer_array: true"],
        r#"{"data":{"rows":[{"id":1},{"id":2}]}}"#,
        &[row(1, None, None), row(2, None, None)],
    )
    .await;
    check_refused(
        &["json_root: $.data"],
        r#"{"id":1}"#,
        "Reason: JSON Root not found.. src line [{\"id\":1}]; ",
    )
    .await;
}

#[tokio::test]
async fn wrong_paths_fail_the_load() {
    let running = start().await;
    let answer = load(&running, "test.t", &["jsonpaths: $.id"], "{\"id\":1}").await;
    assert_eq!(answer["Message"], "[INVALID_JSON_PATH]Invalid json path: $.id");
}

#[tokio::test]
async fn lines_are_the_default_from_2_1_on() {
    for version in Version::ALL {
        let running = start_with(Options { version, ..Options::default() }).await;
        let answer = load(&running, "test.t", &[], "{\"id\":1}\n{\"id\":2}").await;
        let message = match version {
            Version::V1_2 => "Multiple JSON objects in a single line",
            Version::V2_0 => "[DATA_QUALITY_ERROR]Multiple JSON objects in a single line",
            Version::V2_1 | Version::V3_0 => "OK",
        };
        assert_eq!(answer["Message"], message, "{version}");
        let answer = load(&running, "test.t", &["read_json_by_line: true"], "{\"id\":1}\n{\"id\":2}").await;
        assert_eq!(answer["NumberLoadedRows"], 2, "{version}: {answer}");
        let answer = load(&running, "test.t", &["read_json_by_line: false"], "{\"id\":\n1}").await;
        assert_eq!(answer["NumberLoadedRows"], 1, "{version}: {answer}");
    }
}

#[tokio::test]
async fn lines_may_end_otherwise() {
    let expected = [row(1, None, None), row(2, None, None)];
    check(&[], "\u{feff}{\"id\":1}\r\n\r\n{\"id\":2}\r\n", &expected).await;
    check(&["line_delimiter: \\x01"], "{\"id\":1}\u{1}{\"id\":2}", &expected).await;
    check(&["line_delimiter: ||"], "{\"id\":1}||{\"id\":2}||", &expected).await;
    check(&["read_json_by_line: true", "strip_outer_array: true"], "[{\"id\":1}]\n[{\"id\":2}]", &expected)
        .await;
}

#[tokio::test]
async fn what_is_no_object_is_a_bad_row() {
    let array = "JSON data is array-object, `strip_outer_array` must be TRUE.";
    check_refused(&[], "[{\"id\":1}]", &format!("Reason: {array}. src line [[{{\"id\":1}}]]; ")).await;
    let no_array = "JSON data is not an array-object, `strip_outer_array` must be FALSE.";
    check_refused(
        &["strip_outer_array: true"],
        "{\"id\":1}",
        &format!("Reason: {no_array}. src line [{{\"id\":1}}]; "),
    )
    .await;
    check_refused(&[], "17", "Reason: Not an json object or json array. src line [17]; ").await;
    check_refused(&["strip_outer_array: true"], "[1]", "Reason: Expect json object value. src line [1]; ")
        .await;
    check_refused(&["strip_outer_array: true"], "[]", "Reason: Empty json line. src line [[]]; ").await;
    let empty = "Parse json data for JsonDoc failed. code: 12, error info: EMPTY: no JSON found";
    check_refused(&[], " ", &format!("Reason: {empty}. src line [ ]; ")).await;
}

#[tokio::test]
async fn numbers_go_through_doubles_in_1_2_unless_told() {
    let number = "123456789012345678901234567890.125";
    let check = async |version: Version, headers: &[&str], expected: &str| {
        let running = start_with(Options { version, ..Options::default() }).await;
        let body = format!("{{\"id\":1,\"name\":{number}}}");
        let answer = load(&running, "test.t", headers, &body).await;
        assert_eq!(answer["Status"], "Success", "{answer}");
        assert_eq!(rows::<String>(&running, "select name from test.t").await, [expected], "{version}");
    };
    check(Version::V1_2, &[], "123456789012345680000000000000").await;
    check(Version::V1_2, &["num_as_string: true"], number).await;
    check(Version::V3_0, &[], number).await;
}

#[tokio::test]
async fn keys_are_taken_to_come_in_the_first_objects_order_in_1_2_if_told() {
    let body = r#"[{"id":1,"name":"a","score":1},{"id":2,"score":7,"name":"8"}]"#;
    let headers = ["strip_outer_array: true", "fuzzy_parse: true"];
    for version in Version::ALL {
        let running = start_with(Options { version, ..Options::default() }).await;
        let answer = load(&running, "test.t", &headers, body).await;
        assert_eq!(answer["Status"], "Success", "{answer}");
        let found: Vec<Row> = rows(&running, "select * from test.t order by id").await;
        let second = match version {
            Version::V1_2 => row(2, Some("7"), Some(8)),
            _ => row(2, Some("8"), Some(7)),
        };
        assert_eq!(found, [row(1, Some("a"), Some(1)), second], "{version}");
    }
}

#[tokio::test]
async fn a_long_document_of_known_length_must_be_lines() {
    let running = start().await;
    let check = async |headers: &[&str], expected: &str| {
        let mut all = vec!["Content-Length: 104857601", "Expect: 100-continue"];
        all.extend_from_slice(headers);
        let answer = support::head(&running, "test.t", &all).await;
        assert!(answer.contains(expected), "{headers:?}: {answer}");
    };
    let refused = "json body size 104857601 exceed BE's conf `streaming_load_json_max_mb` 104857600.";
    check(&["format: json"], refused).await;
    check(&["format: json", "strip_outer_array: true"], refused).await;
    check(&["format: json", "read_json_by_line: true"], "HTTP/1.1 100 Continue").await;
    check(&["format: csv"], "HTTP/1.1 100 Continue").await;
}
