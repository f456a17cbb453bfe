//! What columns of each type hold after a load, as queries show it; and which values are refused, in which mode.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use doris_standin::Running;
use serde_json::{Value, json};
use support::types::{STRICT, load_csv, load_json, shown, start_with_column};

/// What a query shows for each value of a JSON load that is not strict; NULL for those that are not read.
async fn check(column: &str, values: &[(Value, Option<&str>)]) {
    let running = start_with_column(column).await;
    let rows: Vec<Value> = values.iter().map(|(value, _)| value.clone()).collect();
    let answer = load_json(&running, &[], &rows).await;
    assert_eq!(answer["Status"], "Success", "{column}: {answer}");
    assert_shown(&running, column, values).await;
    // Where the mode is strict, what became NULL is filtered; NULL itself is not.
    let filtered = values.iter().filter(|(value, shown)| shown.is_none() && !value.is_null()).count();
    let answer = load_json(&running, &[STRICT, "max_filter_ratio: 1"], &rows).await;
    assert_eq!(answer["NumberFilteredRows"], json!(filtered), "{column}: {answer}");
}

/// The same for texts between separators.
async fn check_csv(column: &str, headers: &[&str], values: &[(&str, Option<&str>)]) {
    let running = start_with_column(column).await;
    let texts: Vec<&str> = values.iter().map(|(text, _)| *text).collect();
    let answer = load_csv(&running, headers, &texts).await;
    assert_eq!(answer["Status"], "Success", "{column}: {answer}");
    assert_shown(&running, column, values).await;
}

async fn assert_shown<T: std::fmt::Debug>(running: &Running, column: &str, values: &[(T, Option<&str>)]) {
    let found = shown(running).await;
    for ((value, expected), found) in values.iter().zip(&found) {
        assert_eq!(found.as_deref(), *expected, "{value:?} into {column}");
    }
    assert_eq!(found.len(), values.len(), "{column}");
}

#[tokio::test]
async fn truth_values() {
    check(
        "boolean",
        &[
            (json!(true), Some("1")),
            (json!(0), Some("0")),
            (json!("TRUE"), Some("1")),
            (json!("false"), Some("0")),
            (json!(2), None),
            (json!("yes"), None),
            (json!(null), None),
        ],
    )
    .await;
}

#[tokio::test]
async fn whole_numbers() {
    check("tinyint", &[(json!(127), Some("127")), (json!("-128"), Some("-128")), (json!(128), None)]).await;
    check("smallint", &[(json!(-32768), Some("-32768")), (json!(32768), None)]).await;
    check(
        "int",
        &[
            (json!(2_147_483_647), Some("2147483647")),
            (json!(" 7 "), Some("7")),
            (json!(1.9), Some("1")),
            (json!(true), Some("1")),
            (json!(2_147_483_648_i64), None),
            (json!("x"), None),
            (json!([1]), None),
        ],
    )
    .await;
    check("bigint", &[(json!(i64::MIN), Some("-9223372036854775808")), (json!(u64::MAX), None)]).await;
    check(
        "largeint",
        &[
            (
                json!("170141183460469231731687303715884105727"),
                Some("170141183460469231731687303715884105727"),
            ),
            (json!("170141183460469231731687303715884105728"), None),
            (json!(u64::MAX), Some("18446744073709551615")),
        ],
    )
    .await;
}

#[tokio::test]
async fn floating_numbers() {
    check("float", &[(json!(0.1), Some("0.1")), (json!("1.5e3"), Some("1500")), (json!("x"), None)]).await;
    check(
        "double",
        &[
            (json!(0.1), Some("0.1")),
            (json!("nan"), Some("nan")),
            (json!("inf"), Some("inf")),
            (json!("1e400"), None),
            (json!(""), None),
        ],
    )
    .await;
}

#[tokio::test]
async fn decimals() {
    check(
        "decimal(9, 2)",
        &[
            (json!("1.005"), Some("1.01")),
            (json!(-0.004), Some("0.00")),
            (json!("1e3"), Some("1000.00")),
            (json!("9999999.99"), Some("9999999.99")),
            (json!("9999999.995"), None),
            (json!("x"), None),
        ],
    )
    .await;
    let (most, one_more) = ("9".repeat(38), format!("1{}", "0".repeat(38)));
    check("decimal(38, 0)", &[(json!(most), Some(most.as_str())), (json!(one_more), None)]).await;
    let small = format!("0.{}1", "0".repeat(37));
    check("decimal(38, 38)", &[(json!(small), Some(small.as_str())), (json!(1), None)]).await;
}

#[tokio::test]
async fn dates_and_times() {
    check(
        "date",
        &[
            (json!("2024-02-29"), Some("2024-02-29")),
            (json!("20240229"), Some("2024-02-29")),
            (json!(20_240_229), Some("2024-02-29")),
            (json!("2024-02-29 23:59:59.9"), Some("2024-02-29")),
            (json!("2023-02-29"), None),
            (json!("today"), None),
        ],
    )
    .await;
    check(
        "datetime",
        &[
            (json!("2024-02-29T10:20:30"), Some("2024-02-29 10:20:30")),
            (json!("2024-02-29 10:20:30.5"), Some("2024-02-29 10:20:31")),
            (json!("2024-02-29"), Some("2024-02-29 00:00:00")),
            (json!("2024-02-29 24:00:00"), None),
        ],
    )
    .await;
    check(
        "datetime(3)",
        &[
            (json!("2024-12-31 23:59:59.9995"), Some("2025-01-01 00:00:00.000")),
            (json!("2024-02-29 10:20:30.1"), Some("2024-02-29 10:20:30.100")),
        ],
    )
    .await;
    check("datetime(6)", &[(json!("2024-02-29 10:20:30.123456"), Some("2024-02-29 10:20:30.123456"))]).await;
}

#[tokio::test]
async fn zoned_times_are_turned_into_the_zone_of_the_load() {
    check_csv(
        "datetime",
        &["timezone: Asia/Shanghai"],
        &[
            ("2024-02-29T10:20:30Z", Some("2024-02-29 18:20:30")),
            ("2024-02-29 10:20:30+09:00", Some("2024-02-29 09:20:30")),
            ("2024-02-29 10:20:30", Some("2024-02-29 10:20:30")),
        ],
    )
    .await;
    check_csv(
        "datetime",
        &["timezone: +00:00"],
        &[("2024-02-29T10:20:30-02:00", Some("2024-02-29 12:20:30"))],
    )
    .await;
}

#[tokio::test]
async fn texts() {
    check(
        "string",
        &[
            (json!("é\n\"\t\\"), Some("é\n\"\t\\")),
            (json!(""), Some("")),
            (json!(1.10), Some("1.1")),
            (json!(true), Some("1")),
            (json!({"a": [1, "x y"]}), Some(r#"{"a":[1,"x y"]}"#)),
            (json!(null), None),
        ],
    )
    .await;
    check("char(4)", &[(json!("éé"), Some("éé")), (json!("a"), Some("a"))]).await;
    check_csv("varchar(4)", &[], &[("", Some("")), ("éé", Some("éé")), ("\\N", None)]).await;
}

#[tokio::test]
async fn json_and_variants() {
    check(
        "json",
        &[
            (json!({"b": 1, "a": [null, "é"]}), Some(r#"{"b":1,"a":[null,"é"]}"#)),
            (json!("{\"a\" : 1.50}"), Some(r#"{"a":1.5}"#)),
            (json!(12), Some("12")),
            (json!("text"), None),
        ],
    )
    .await;
    check(
        "variant",
        &[
            (json!({"b": {"y": 1, "x": null}, "a": 2}), Some(r#"{"a":2,"b":{"y":1}}"#)),
            (json!([1, 2]), Some("[1,2]")),
            (json!("text"), Some("text")),
        ],
    )
    .await;
}

#[tokio::test]
async fn addresses() {
    check("ipv4", &[(json!("192.168.0.1"), Some("192.168.0.1")), (json!("192.168.0.256"), None)]).await;
    check(
        "ipv6",
        &[
            (json!("2001:0db8:0:0::1"), Some("2001:db8::1")),
            (json!("1.2.3.4"), Some("::ffff:1.2.3.4")),
            (json!("x"), None),
        ],
    )
    .await;
}

#[tokio::test]
async fn arrays_maps_and_structs() {
    check("array<int>", &[(json!([1, null, "3"]), Some("[1, null, 3]")), (json!([]), Some("[]"))]).await;
    check("array<array<varchar(9)>>", &[(json!([["a"], ["b,c"]]), Some(r#"[["a"], ["b,c"]]"#))]).await;
    check("map<string,decimal(9,1)>", &[(json!({"b": 1.25, "a": null}), Some(r#"{"b":1.3, "a":null}"#))])
        .await;
    check(
        "struct<id:int,days:array<date>>",
        &[
            (json!({"DAYS": ["2024-01-02"], "id": 1}), Some(r#"{"id":1, "days":["2024-01-02"]}"#)),
            (json!({}), Some(r#"{"id":null, "days":null}"#)),
        ],
    )
    .await;
    check_csv("array<int>", &[], &[("[1,x, 3]", Some("[1, null, 3]")), ("1", None)]).await;
    check_csv("map<string,int>", &[], &[("{a:1,\"b\":2}", Some(r#"{"a":1, "b":2}"#))]).await;
    check_csv("struct<id:int,name:string>", &[], &[("{1, x}", Some(r#"{"id":1, "name":"x"}"#))]).await;
}
