//! How rows are found in bodies of separated values.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use doris_standin::{Options, Version};
use support::{error_log, load, load_bytes, rows, start, start_with};

type Row = (i64, Option<String>, Option<i32>);

fn row(id: i64, name: Option<&str>, score: Option<i32>) -> Row {
    (id, name.map(str::to_owned), score)
}

async fn check(headers: &[&str], body: &str, expected: &[Row]) {
    let running = start().await;
    let mut all = headers.to_vec();
    if !headers.iter().any(|header| header.starts_with("format")) {
        all.push("format: csv");
    }
    let answer = load(&running, "test.t", &all, body).await;
    assert_eq!(answer["Status"], "Success", "{headers:?}: {answer}");
    let found: Vec<Row> = rows(&running, "select * from test.t order by id").await;
    assert_eq!(found, expected, "{headers:?} {body:?}");
}

#[tokio::test]
async fn values_and_lines_end_as_headers_say() {
    let expected = [row(1, Some("a"), Some(1)), row(2, None, None)];
    check(&[], "1\ta\t1\n2\t\\N\t\\N\n", &expected).await;
    check(&["column_separator: ,"], "1,a,1\r\n\r\n2,\\N,\\N", &expected).await;
    check(&["column_separator: \\x01", "line_delimiter: \\x02"], "1\x01a\x011\x022\x01\\N\x01\\N", &expected)
        .await;
    check(&["column_separator: \\x0102"], "1\x01\x02a\x01\x021\n2\x01\x02\\N\x01\x02\\N", &expected).await;
    check(&["column_separator: ||", "line_delimiter: ;;"], "1||a||1;;2||\\N||\\N;;", &expected).await;
    check(&["column_separator: ,"], "\u{feff}1,a,1\n2,\\N,\\N", &expected).await;
}

#[tokio::test]
async fn lines_at_the_top_are_skipped() {
    let comma = "column_separator: ,";
    let expected = [row(1, Some("a"), Some(1))];
    check(&[comma, "skip_lines: 2"], "one\ntwo\n1,a,1\n", &expected).await;
    check(&[comma, "format: csv_with_names"], "id,name,score\n1,a,1\n", &expected).await;
    check(
        &[comma, "format: CSV_with_names_and_types", "skip_lines: 7"],
        "id,name,score\nbigint,varchar,int\n1,a,1\n",
        &expected,
    )
    .await;
}

#[tokio::test]
async fn quotes_and_empty_values_mean_what_headers_say() {
    let comma = "column_separator: ,";
    check(&[comma], "1,\"a\",1", &[row(1, Some("\"a\""), Some(1))]).await;
    check(&[comma, "trim_double_quotes: true"], "\"1\",\"\\N\",\"1\"", &[row(1, Some("\\N"), Some(1))]).await;
    check(&[comma, "enclose: \""], "1,\"a,\nb\",1", &[row(1, Some("a,\nb"), Some(1))]).await;
    check(&[comma], "1,,1", &[row(1, Some(""), Some(1))]).await;
    check(&[comma, "empty_field_as_null: true"], "1,,1", &[row(1, None, Some(1))]).await;
}

#[tokio::test]
async fn what_is_newer_is_not_looked_at_by_older_versions() {
    let check = async |version: Version, header: &str, body: &str, expected: (&str, u64)| {
        let running = start_with(Options { version, ..Options::default() }).await;
        let headers = ["format: csv", "column_separator: ,", header];
        let answer = load(&running, "test.t", &headers, body).await;
        assert_eq!(answer["NumberLoadedRows"], expected.1, "{version} {header}: {answer}");
        let names: Vec<Option<String>> = rows(&running, "select name from test.t").await;
        assert_eq!(names.first().cloned().flatten().unwrap_or_default(), expected.0, "{version} {header}");
    };
    check(Version::V1_2, "enclose: \"", "1,\"a\",1", ("\"a\"", 1)).await;
    check(Version::V2_0, "enclose: \"", "1,\"a\",1", ("a", 1)).await;
    check(Version::V1_2, "skip_lines: 1", "1,x,1\n2,y,2", ("x", 2)).await;
    check(Version::V2_0, "skip_lines: 1", "1,x,1\n2,y,2", ("y", 1)).await;
}

#[tokio::test]
async fn headers_that_make_no_sense_fail_the_load_once_it_has_begun() {
    let running = start().await;
    let check = async |headers: &[&str], expected: &str| {
        let mut all = vec!["format: csv"];
        all.extend_from_slice(headers);
        let answer = load(&running, "test.t", &all, "1\ta\t1").await;
        assert_eq!(answer["Message"], expected, "{headers:?}");
        assert!(answer["TxnId"].as_i64().unwrap() > 0, "{headers:?}: {answer}");
    };
    check(&["enclose: ''"], "[INVALID_ARGUMENT]enclose must be single-char, actually is ''").await;
    check(&["escape: ab"], "[INVALID_ARGUMENT]escape must be single-char, actually is ab").await;
    check(&["skip_lines: -1"], "[INVALID_ARGUMENT]Invalid 'skip_lines': -1").await;
    check(&["strict_mode: yes"], "[INVALID_ARGUMENT]Invalid strict mode format. Must be bool type").await;
    check(
        &["partitions: t", "temporary_partitions: t"],
        "[INVALID_ARGUMENT]Can not specify both partitions and temporary partitions",
    )
    .await;
    let analysis = "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = ";
    check(&["column_separator: \\x"], &format!("{analysis}Hex str is empty")).await;
    check(&["line_delimiter: \\x1"], &format!("{analysis}Hex str length error")).await;
    check(&["column_separator: \\xg0"], &format!("{analysis}Hex str format error")).await;
}

#[tokio::test]
async fn the_log_shows_lines_that_are_no_rows_and_fields_that_do_not_fit() {
    let running = start().await;
    let headers = ["format: csv", "column_separator: ,", "strict_mode: true", "max_filter_ratio: 1"];
    let body = [&b"1,a\n2,b,c\n3,\xff,1\n4,\\N,x y\n5,e,5\n"[..]].concat();
    let answer = load_bytes(&running, "test.t", &headers, &body).await;
    assert_eq!((&answer["NumberTotalRows"], &answer["NumberLoadedRows"]), (&5.into(), &1.into()), "{answer}");
    let log = error_log(&running, &answer).await;
    let lines: Vec<&str> = log.lines().filter(|line| !line.is_empty()).collect();
    let less = "actual column number in csv file is  less than  schema column number.actual number: 2, schema column number: 3; line delimiter: [";
    assert!(lines[0].starts_with(&format!("Reason: {less}")), "{log}");
    let strict = "column(score) value is incorrect while strict mode is true, src value is";
    assert!(log.contains("column separator: [,], . src line [1,a]; "), "{log}");
    assert!(log.contains(&format!("Reason: {strict} c. src line [2 b c]; ")), "{log}");
    assert!(log.contains(&format!("Reason: {strict} x y. src line [4 NULL x y]; ")), "{log}");
    let utf8 = "Unable to display, only support csv data in utf8 codec";
    assert!(log.contains(&format!("Reason: {utf8}. src line [Unable to display]; ")), "{log}");
}

#[tokio::test]
async fn a_load_that_tolerates_no_bad_rows_stops_once_the_log_is_full() {
    let running = start().await;
    let body = "bad\n".repeat(10_000);
    let answer = load(&running, "test.t", &["format: csv"], &body).await;
    assert_eq!(answer["Message"], "[DATA_QUALITY_ERROR]too many filtered rows");
    assert_eq!(answer["NumberFilteredRows"], 52, "{answer}");
    let log = error_log(&running, &answer).await;
    assert!(log.ends_with("TOO MUCH ERROR! already reach 50. show no more next error.\n"), "{log}");
    let answer = load(&running, "test.t", &["format: csv", "max_filter_ratio: 0.5"], &body).await;
    assert_eq!(answer["NumberFilteredRows"], 10_000, "{answer}");
    // Rows that were read are cast a block at a time.
    let strict = ["format: csv", "strict_mode: true"];
    let answer = load(&running, "test.t", &strict, &"1\ta\tbad\n".repeat(10_000)).await;
    assert_eq!(answer["NumberFilteredRows"], 4064, "{answer}");
    let answer = load(&running, "test.t", &strict, &"1\ta\tbad\n".repeat(100)).await;
    assert_eq!(answer["NumberFilteredRows"], 100, "{answer}");
}
