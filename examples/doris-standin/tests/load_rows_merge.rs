//! Rows that delete: by merge type, condition or sign.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use doris_standin::Running;
use serde_json::json;
use support::types::execute;
use support::{load, rows, start};

const CSV: &str = "format: csv";
const COMMA: &str = "column_separator: ,";

async fn start_with_rows() -> Running {
    let running = start().await;
    execute(&running, "insert into test.u values (1,'a',1),(2,'b',2),(3,'c',3)").await;
    running
}

/// Loads into the unique table and compares what is in it then.
async fn check(headers: &[&str], body: &str, expected: &[(i64, &str, i32)]) {
    let running = start_with_rows().await;
    let answer = load(&running, "test.u", &[&[CSV, COMMA], headers].concat(), body).await;
    assert_eq!(answer["Status"], "Success", "{headers:?}: {answer}");
    let found: Vec<(i64, String, i32)> = rows(&running, "select * from test.u order by id").await;
    let found: Vec<_> = found.iter().map(|(id, name, score)| (*id, name.as_str(), *score)).collect();
    assert_eq!(found, expected, "{headers:?}");
}

async fn check_refused(table: &str, headers: &[&str], expected: &str) {
    let running = start().await;
    let answer = load(&running, table, &[&[CSV, COMMA], headers].concat(), "1,a,1").await;
    assert_eq!(answer["Message"], expected, "{headers:?}");
    assert_eq!(answer["NumberTotalRows"], json!(0));
}

#[tokio::test]
async fn a_load_of_deletes_takes_rows_away_by_their_keys() {
    check(&["merge_type: DELETE"], "1,x,9\n3,y,9\n9,z,9", &[(2, "b", 2)]).await;
    check(&["merge_type: delete", "columns: id"], "1\n2", &[(3, "c", 3)]).await;
    check(&["merge_type: APPEND"], "2,x,9", &[(1, "a", 1), (2, "x", 9), (3, "c", 3)]).await;
}

#[tokio::test]
async fn a_merge_deletes_what_fulfils_its_condition() {
    let merge = "merge_type: MERGE";
    check(&[merge, "delete: score=9"], "1,x,9\n2,y,10", &[(2, "y", 10), (3, "c", 3)]).await;
    // Fields are compared as their columns' types, and expressions by their values.
    check(&[merge, "delete: score > '9'"], "1,x,10\n2,y,9", &[(2, "y", 9), (3, "c", 3)]).await;
    check(
        &[merge, "columns: id,name,op,score=7", "delete: op='d' and score=7"],
        "1,x,d\n2,y,u",
        &[(2, "y", 7), (3, "c", 3)],
    )
    .await;
    // What is unknown fulfils nothing, unless something else does.
    check(&[merge, "delete: name = 'x' or id = 2"], "1,x,1\n2,\\N,2", &[(3, "c", 3)]).await;
}

#[tokio::test]
async fn the_delete_sign_is_a_field_or_an_expression() {
    let hidden = "hidden_columns: __DORIS_DELETE_SIGN__";
    check(&[hidden], "1,x,9,1\n2,y,9,0", &[(2, "y", 9), (3, "c", 3)]).await;
    check(
        &["columns: id,name,score,op,__DORIS_DELETE_SIGN__=if(op='D',1,0)"],
        "1,x,9,D\n2,y,9,U",
        &[(2, "y", 9), (3, "c", 3)],
    )
    .await;
}

#[tokio::test]
async fn hidden_columns_that_a_table_lacks_are_passed_over() {
    let running = start().await;
    let headers = [CSV, COMMA, "hidden_columns: __DORIS_DELETE_SIGN__,__NOPE__"];
    let answer = load(&running, "test.t", &headers, "1,a,1").await;
    assert_eq!(answer["NumberLoadedRows"], json!(1), "{answer}");
}

#[tokio::test]
async fn merges_that_cannot_be_are_refused() {
    let analysis = "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = ";
    check_refused("test.u", &["merge_type: UPSERT"], "[INVALID_ARGUMENT]Invalid merge type UPSERT").await;
    check_refused(
        "test.u",
        &["merge_type: MERGE"],
        "[INVALID_ARGUMENT]Excepted DELETE ON clause when merge type is MERGE.",
    )
    .await;
    check_refused(
        "test.u",
        &["merge_type: DELETE", "delete: score=1"],
        "[INVALID_ARGUMENT]Not support DELETE ON clause when merge type is not MERGE.",
    )
    .await;
    for table in ["test.t", "test.a"] {
        check_refused(
            table,
            &["merge_type: DELETE"],
            &format!("{analysis}load by MERGE or DELETE is only supported in unique tables."),
        )
        .await;
    }
    check_refused(
        "test.u",
        &["merge_type: MERGE", "delete: nope=1"],
        &format!("{analysis}unknown reference column in DELETE ON clause:nope"),
    )
    .await;
}
