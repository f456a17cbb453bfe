//! Values that spoil their rows, and what the log says of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use serde_json::{Value, json};
use support::error_log;
use support::types::{STRICT, load_csv, load_json, start_with_column};

/// Loads one value and compares the log's first line.
async fn check(column: &str, headers: &[&str], value: Value, expected: &str) {
    let running = start_with_column(column).await;
    let answer = load_json(&running, headers, std::slice::from_ref(&value)).await;
    assert_eq!(
        answer["Message"], "[DATA_QUALITY_ERROR]too many filtered rows",
        "{value} into {column}: {answer}"
    );
    let log = error_log(&running, &answer).await;
    assert_eq!(log.lines().next(), Some(format!("Reason: {expected}; ").as_str()), "{value} into {column}");
}

#[tokio::test]
async fn null_spoils_a_row_where_it_may_not_be() {
    let null =
        |row: &str| format!("column(c) values is null while columns is not nullable. src line [{row}]");
    check("int not null", &[], json!(null), &null("0 NULL")).await;
    // What cannot be read is NULL.
    check("int not null", &[], json!("x"), &null("0 x")).await;
    check("int not null default '5'", &[], json!(null), &null("0 NULL")).await;
    check("int not null", &[STRICT], json!(null), &null("0 NULL")).await;
}

#[tokio::test]
async fn a_value_that_cannot_be_read_spoils_a_row_in_strict_mode() {
    let incorrect = |value: &str| {
        format!(
            "column(c) value is incorrect while strict mode is true, src value is {value}. src line [0 {value}]"
        )
    };
    check("int", &[STRICT], json!("x"), &incorrect("x")).await;
    check("int not null", &[STRICT], json!(2_147_483_648_i64), &incorrect("2147483648")).await;
    check("date", &[STRICT], json!("2023-02-29"), &incorrect("2023-02-29")).await;
    check("json", &[STRICT], json!("{"), &incorrect("{")).await;
}

#[tokio::test]
async fn a_text_that_is_too_long_spoils_a_row_in_every_mode() {
    check(
        "varchar(3)",
        &[],
        json!("éé"),
        "column_name[c], the length of input is too long than schema. first 32 bytes of input str: [éé] schema length: 3; actual length: 4; . src line []",
    )
    .await;
    check(
        "char(2)",
        &[STRICT],
        json!("a".repeat(40)),
        &format!(
            "column_name[c], the length of input is too long than schema. first 32 bytes of input str: [{}] schema length: 2; actual length: 40; . src line []",
            "a".repeat(32)
        ),
    )
    .await;
    check(
        "string",
        &[],
        json!("a".repeat(1_048_577)),
        &format!(
            "column_name[c], the length of input string is too long than vec schema. first 32 bytes of input str: [{}] schema length: 2147483643; limit length: 1048576; actual length: 1048577; . src line []",
            "a".repeat(32)
        ),
    )
    .await;
    check(
        "array<varchar(2)>",
        &[],
        json!(["abc"]),
        "column_name[c], ARRAY type failed: the length of input is too long than schema. first 32 bytes of input str: [abc] schema length: 2; actual length: 3; . src line []",
    )
    .await;
}

#[tokio::test]
async fn json_of_another_shape_spoils_a_row() {
    let wrong = |what: &str| format!("[DATA_QUALITY_ERROR]Json value isn't {what}.. src line []");
    check("array<int>", &[], json!({"a": 1}), &wrong("array, but the column `c` is array")).await;
    check("array<int>", &[], json!("[1]"), &wrong("array, but the column `c` is array")).await;
    check("map<string,int>", &[], json!([1]), &wrong("object, but the column `c` is map")).await;
    check("struct<a:array<int>>", &[], json!({"a": 1}), &wrong("array, but the column `c.a` is array")).await;
    check("array<int>", &[], json!(["x"]), "[INVALID_ARGUMENT]parse number fail, string: 'x'. src line []")
        .await;
}

#[tokio::test]
async fn a_line_holds_null_only_as_it_is_written() {
    let running = start_with_column("int not null").await;
    let answer = load_csv(&running, &["max_filter_ratio: 1"], &["\\N", "", "7"]).await;
    assert_eq!((&answer["NumberFilteredRows"], &answer["NumberLoadedRows"]), (&json!(2), &json!(1)));
}
