//! Columns that expressions fill, and rows that `where` leaves out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use serde_json::json;
use support::{load, rows, start};

const HEADERS: [&str; 2] = ["format: csv", "column_separator: |"];

/// What an expression over the fields `a` and `b` is, as text.
async fn check(expression: &str, fields: &str, expected: Option<&str>) {
    let running = start().await;
    let columns = format!("columns: a,b,id=1,name={expression}");
    let answer = load(&running, "test.t", &[&HEADERS[..], &[&columns]].concat(), fields).await;
    assert_eq!(answer["Status"], "Success", "{expression}: {answer}");
    let found: Vec<Option<String>> = rows(&running, "select name from test.t").await;
    assert_eq!(found, [expected.map(str::to_owned)], "{expression} of {fields}");
}

async fn check_refused(headers: &[&str], expected: &str) {
    let running = start().await;
    let answer = load(&running, "test.t", &[&HEADERS, headers].concat(), "1|a|1").await;
    let expected = format!("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {expected}");
    assert_eq!(answer["Message"], expected.as_str(), "{headers:?}");
}

#[tokio::test]
async fn numbers_are_reckoned_with() {
    check("a*2", "21|", Some("42")).await;
    check("a+b", "1.5|2", Some("3.5")).await;
    check("-a % 3", "7|", Some("-1")).await;
    check("7 div 2 + 10 % 4", "|", Some("5")).await;
    check("1.10 + 2", "|", Some("3.10")).await;
    check("a/0", "1|", None).await;
    check("a*2", "x|", None).await;
    check("round(a, 1)", "2.25|", Some("2.3")).await;
    check("abs(a)", "-3|", Some("3")).await;
}

#[tokio::test]
async fn texts_are_put_together_and_taken_apart() {
    check("concat(upper(a), '-', b)", "x|y", Some("X-y")).await;
    check("concat(a, b)", "x|\\N", None).await;
    check("concat_ws(',', a, b)", "x|\\N", Some("x")).await;
    check("substr(a, 2, 3)", "abcdef|", Some("bcd")).await;
    check("substring(a, -2)", "abcdef|", Some("ef")).await;
    check("replace(trim(a), 'b', '')", " abc |", Some("ac")).await;
    check("split_part(a, ',', 2)", "x,y|", Some("y")).await;
    check("length(a)", "é|", Some("2")).await;
    check("char_length(a)", "é|", Some("1")).await;
}

#[tokio::test]
async fn times_are_read_and_written() {
    check("from_unixtime(a)", "86400|", Some("1970-01-02 00:00:00")).await;
    check("unix_timestamp(a)", "1970-01-02 00:00:01|", Some("86401")).await;
    check("date_format(a, '%Y/%m')", "2024-02-29|", Some("2024/02")).await;
    check("str_to_date(a, '%d.%m.%Y')", "29.02.2024|", Some("2024-02-29")).await;
    check("year(a) + month(a)", "2024-02-29|", Some("2026")).await;
    check("to_date(a)", "2024-02-29 10:20:30|", Some("2024-02-29")).await;
}

#[tokio::test]
async fn conditions_choose() {
    check("if(a > 9, 'many', 'few')", "10|", Some("many")).await;
    check("case a when 'x' then '1' when 'y' then '2' else '3' end", "y|", Some("2")).await;
    check("case when a is null then 'none' end", "\\N|", Some("none")).await;
    check("ifnull(a, coalesce(b, 'z'))", "\\N|\\N", Some("z")).await;
    check("if(a in ('x','y') and not b between 1 and 3, 1, 0)", "x|4", Some("1")).await;
    check("if(a like 'x%' or a <=> b, 1, 0)", "ab|ab", Some("1")).await;
    check("nullif(a, b)", "x|x", None).await;
    check("cast(a as int)", "7.9|", Some("7")).await;
    check("cast(a as decimal(9,2))", "1.005|", Some("1.01")).await;
    check("greatest(1, 3, 2)", "|", Some("3")).await;
}

#[tokio::test]
async fn fields_that_no_column_has_are_only_for_expressions() {
    let running = start().await;
    let headers = ["format: json", "columns: id, first, last, name=concat(first, ' ', last)"];
    load(&running, "test.t", &headers, r#"{"id":1,"first":"A","last":"B","score":9}"#).await;
    let found: Vec<(i64, String, Option<i32>)> = rows(&running, "select * from test.t").await;
    assert_eq!(found, [(1, "A B".to_owned(), None)]);
}

#[tokio::test]
async fn what_an_expression_makes_is_not_held_to_the_strict_mode() {
    let running = start().await;
    let headers = [&HEADERS[..], &["columns: id,x,score=concat(x,'')", "strict_mode: true"]].concat();
    let answer = load(&running, "test.t", &headers, "1|x").await;
    assert_eq!(answer["NumberLoadedRows"], json!(1), "{answer}");
}

#[tokio::test]
async fn rows_that_where_leaves_out_are_counted_apart() {
    let check = async |condition: &str, status: &str, expected: (u64, u64, u64), ids: &[i64]| {
        let running = start().await;
        let headers = [&HEADERS[..], &["max_filter_ratio: 0.5", condition]].concat();
        let answer = load(&running, "test.t", &headers, "1|a|1\n2|b|\\N\n3|a|30\n\\N|a|40").await;
        let counts = ["NumberLoadedRows", "NumberUnselectedRows", "NumberFilteredRows"]
            .map(|name| answer[name].as_u64().unwrap());
        assert_eq!(answer["Status"], status, "{condition}: {answer}");
        assert_eq!((counts[0], counts[1], counts[2]), expected, "{condition}: {answer}");
        assert_eq!(answer["NumberTotalRows"], json!(4));
        let found: Vec<i64> = rows(&running, "select id from test.t order by id").await;
        assert_eq!(found, ids, "{condition}");
    };
    check("where: name = 'a'", "Success", (2, 1, 1), &[1, 3]).await;
    // Compared as the column's type.
    check("where: score > 4 or score is null", "Success", (2, 1, 1), &[2, 3]).await;
    // The ratio is of those that are left.
    check("where: score > 100", "Fail", (0, 3, 1), &[]).await;
}

#[tokio::test]
async fn what_cannot_be_evaluated_is_refused() {
    check_refused(
        &["columns: id,name,tmp,score=nofn(tmp)"],
        "Does not support non-builtin functions, or function does not exist: nofn(<slot 8>)",
    )
    .await;
    check_refused(
        &["columns: id,,name=("],
        "Syntax error in line 1:\nCOLUMNS (id,,name=()\n            ^\nEncountered: COMMA\nExpected: IDENTIFIER\n",
    )
    .await;
    check_refused(
        &["columns: id,name,score=nope+1"],
        "unknown reference column, column=score, reference=nope",
    )
    .await;
    check_refused(&["columns: name,score"], "Column has no default value. column: id").await;
    check_refused(&["where: nope = 1"], "unknown column reference in where statement, reference=nope").await;
    check_refused(
        &["where: id >"],
        "Syntax error in line 1:\nWHERE id >\n          ^\nEncountered: EOF\nExpected: an expression\n",
    )
    .await;
}
