//! Texts, addresses, and JSON kept as such.

use super::{CSV, LINES, NULL, check, check_in};

#[tokio::test(flavor = "multi_thread")]
async fn texts_up_to_so_many_bytes() {
    for column in ["CHAR(4)", "VARCHAR(4)"] {
        let cases = [
            ("\"\"", Some("")),
            ("\"abcd\"", Some("abcd")),
            ("\"éé\"", Some("éé")),
            ("\"ééé\"", None),
            ("\"abcde\"", None),
            ("12.5", Some("12.5")),
            ("null", NULL),
        ];
        check(column, &cases).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_and_what_is_none_as_its_text() {
    let cases = [
        (r#""\u0001\\N \"x\" ✓\n\t,""#, Some("\u{1}\\N \"x\" ✓\n\t,")),
        ("\"NULL\"", Some("NULL")),
        ("1.10", Some("1.10")),
        ("12345678901234567890123", Some("12345678901234567890123")),
        ("null", NULL),
    ];
    check("STRING", &cases).await;
    check_in(LINES, "STRING", &[("true", Some("1")), (r#"{"a": [1]}"#, Some(r#"{"a":[1]}"#))]).await;
    // A field of CSV has no other form than its text.
    check_in(CSV, "STRING", &[("true", Some("true")), (r#"{"a":[1]}"#, Some(r#"{"a":[1]}"#))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_of_any_kind() {
    let cases = [
        (r#"{"a": [1, "x\"y"], "b": null}"#, Some(r#"{"a":[1,"x\"y"],"b":null}"#)),
        ("[1,2]", Some("[1,2]")),
        ("12", Some("12")),
        (r#""{\"a\":1}""#, Some(r#"{"a":1}"#)),
        ("\"not json\"", None),
        ("null", NULL),
    ];
    check("JSON", &cases).await;
    // Doris reads a boolean of JSON as it does for any column; a field of CSV has its text.
    check_in(LINES, "JSON", &[("true", Some("1")), (r#"{"a":true}"#, Some(r#"{"a":true}"#))]).await;
    check_in(CSV, "JSON", &[("true", Some("true"))]).await;
    let cases = [(r#"{"a":{"b":[1,2]}}"#, Some(r#"{"a":{"b":[1,2]}}"#)), ("null", NULL)];
    check("VARIANT", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses() {
    let cases = [
        ("\"192.168.0.1\"", Some("192.168.0.1")),
        ("\"192.168.0.256\"", None),
        ("1.5", None),
        ("null", NULL),
    ];
    check("IPV4", &cases).await;
    let cases = [
        ("\"2001:db8::1\"", Some("2001:db8::1")),
        ("\"2001:DB8:0:0::1\"", Some("2001:db8::1")),
        ("\"x\"", None),
    ];
    check("IPV6", &cases).await;
}
