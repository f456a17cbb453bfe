//! How rows of one key are combined in aggregate tables.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use support::types::execute;
use support::{load, rows, start};

/// Loads the values one after the other under one key, in one load and in several, and compares what there is then.
async fn check(column: &str, values: &[&str], expected: Option<&str>) {
    let lines: Vec<String> = values.iter().map(|value| format!("1\t{value}")).collect();
    for bodies in [vec![lines.join("\n")], lines] {
        let running = start().await;
        execute(
            &running,
            &format!(
                "create table test.g(id int, c {column}) aggregate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')"
            ),
        )
        .await;
        for body in &bodies {
            let answer = load(&running, "test.g", &["format: csv"], body).await;
            assert_eq!(answer["Status"], "Success", "{column}: {answer}");
        }
        let found: Vec<Option<String>> = rows(&running, "select c from test.g").await;
        assert_eq!(found, [expected.map(str::to_owned)], "{column} of {values:?} in {} loads", bodies.len());
    }
}

#[tokio::test]
async fn sums_are_exact() {
    check("bigint sum", &["1", "\\N", "2"], Some("3")).await;
    check("bigint sum", &["\\N"], None).await;
    check("int sum", &["2147483647", "1"], Some("-2147483648")).await;
    check(
        "largeint sum",
        &["170141183460469231731687303715884105726", "1"],
        Some("170141183460469231731687303715884105727"),
    )
    .await;
    check(
        "decimal(38,2) sum",
        &["123456789012345678901234567890.10", "0.20"],
        Some("123456789012345678901234567890.30"),
    )
    .await;
    check("double sum", &["0.5", "0.25"], Some("0.75")).await;
}

#[tokio::test]
async fn the_greatest_and_the_least_stay() {
    check("int max", &["9", "10", "\\N"], Some("10")).await;
    check("int min", &["9", "10", "\\N"], Some("9")).await;
    check("decimal(9,1) max", &["9.5", "10.0"], Some("10.0")).await;
    check("largeint min", &["-2", "-10"], Some("-10")).await;
    check("datetime max", &["2024-01-02 03:04:05", "2023-12-31 23:59:59"], Some("2024-01-02 03:04:05")).await;
    check("varchar(9) min", &["b", "a"], Some("a")).await;
}

#[tokio::test]
async fn the_last_value_replaces_the_others() {
    check("int replace", &["1", "2"], Some("2")).await;
    check("int replace", &["1", "\\N"], None).await;
    check("int replace_if_not_null", &["1", "\\N"], Some("1")).await;
    check("int replace_if_not_null", &["1", "2"], Some("2")).await;
}
