//! Arrays, maps and structs.

use super::{LINES, NULL, check, check_in};

#[tokio::test(flavor = "multi_thread")]
async fn arrays() {
    check("ARRAY<INT>", &[("[1,2,null]", Some("[1, 2, null]")), ("[]", Some("[]")), ("null", NULL)]).await;
    check("ARRAY<STRING>", &[(r#"["a","b c"]"#, Some(r#"["a", "b c"]"#))]).await;
    check("ARRAY<ARRAY<DECIMAL(10,2)>>", &[("[[1.005],[]]", Some("[[1.01], []]"))]).await;
    check("ARRAY<DATE>", &[("[\"2024-02-29\"]", Some("[\"2024-02-29\"]"))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn maps() {
    let cases = [(r#"{"a":1,"b":null}"#, Some(r#"{"a":1, "b":null}"#)), ("{}", Some("{}")), ("null", NULL)];
    check("MAP<STRING,INT>", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn structs() {
    let cases = [
        (r#"{"name":"x","count":1}"#, Some(r#"{"name":"x", "count":1}"#)),
        (r#"{"COUNT":2,"other":0}"#, Some(r#"{"name":null, "count":2}"#)),
        ("null", NULL),
    ];
    check("STRUCT<name:STRING,count:INT>", &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_kind_of_value_spoils_its_row_alone() {
    check_in(LINES, "ARRAY<INT>", &[("{}", None), ("1", None), ("[\"x\"]", None), ("[1]", Some("[1]"))])
        .await;
    check_in(LINES, "MAP<STRING,INT>", &[("[]", None), (r#"{"a":1}"#, Some(r#"{"a":1}"#))]).await;
    check_in(LINES, "STRUCT<a:INT>", &[("[]", None), (r#"{"a":1}"#, Some(r#"{"a":1}"#))]).await;
}
