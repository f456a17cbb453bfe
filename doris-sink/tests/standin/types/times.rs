//! Dates and times, with their precision and their zone.

use super::{CSV, LINES, NULL, check, check_in};

#[tokio::test(flavor = "multi_thread")]
async fn dates() {
    let cases = [
        ("\"2024-02-29\"", Some("2024-02-29")),
        ("\"20240229\"", Some("2024-02-29")),
        ("20240229", Some("2024-02-29")),
        ("\"2024-02-29 23:59:59\"", Some("2024-02-29")),
        ("\"0001-01-01\"", Some("0001-01-01")),
        ("\"9999-12-31\"", Some("9999-12-31")),
        ("\"2023-02-29\"", None),
        ("\"yesterday\"", None),
        ("null", NULL),
    ];
    check("DATE", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_rounded_to_the_digits_that_their_column_has() {
    let cases = [
        ("\"2024-02-29 10:20:30\"", Some("2024-02-29 10:20:30")),
        ("\"2024-02-29T10:20:30.5\"", Some("2024-02-29 10:20:31")),
        ("\"2024-02-29\"", Some("2024-02-29 00:00:00")),
        ("\"2024-02-29 24:00:00\"", None),
        ("null", NULL),
    ];
    check("DATETIME", &cases).await;
    check("DATETIME(3)", &[("\"2024-02-29 10:20:30.1235\"", Some("2024-02-29 10:20:30.124"))]).await;
    check("DATETIME(6)", &[("\"2024-02-29 10:20:30.123456\"", Some("2024-02-29 10:20:30.123456"))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_is_turned_into_that_of_the_load() {
    let sent = ["\"2024-02-29T10:20:30Z\"", "\"2024-02-29 10:20:30+08:00\"", "\"2024-02-29 10:20:30\""];
    let zones = [
        ("database.time_zone", "UTC", ["2024-02-29 10:20:30", "2024-02-29 02:20:30", "2024-02-29 10:20:30"]),
        (
            "database.time_zone",
            "Asia/Shanghai",
            ["2024-02-29 18:20:30", "2024-02-29 10:20:30", "2024-02-29 10:20:30"],
        ),
        (
            "sink.properties.timezone",
            "+09:00",
            ["2024-02-29 19:20:30", "2024-02-29 11:20:30", "2024-02-29 10:20:30"],
        ),
    ];
    for format in [LINES, CSV] {
        for (key, zone, expected) in zones {
            let more: Vec<_> = format.iter().copied().chain([(key, zone)]).collect();
            let cases: Vec<_> = sent.into_iter().zip(expected.map(Some)).collect();
            check_in(&more, "DATETIME", &cases).await;
        }
    }
}
