//! Of the rows of a key the one of the highest sequence counts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use doris_standin::Running;
use mysql_async::prelude::Queryable;
use support::types::execute;
use support::{PASSWORD, connect, json, load, raw, request, root, rows, start};

const HEADERS: [&str; 2] = ["format: csv", "column_separator: ,"];
/// The sequence is a column of the table.
const MAPPED: &str = "'function_column.sequence_col'='at'";
/// The sequence is a value beside the columns.
const HIDDEN: &str = "'function_column.sequence_type'='bigint'";
const FROM_SEQ: [&str; 2] = ["columns: id,at,name,seq", "function_column.sequence_col: seq"];

async fn start_with(property: &str) -> Running {
    let running = start().await;
    execute(
        &running,
        &format!(
            "create table test.s(id int, at int, name varchar(9)) unique key(id) distributed by hash(id) buckets 1 properties('replication_num'='1',{property})"
        ),
    )
    .await;
    running
}

async fn put(running: &Running, headers: &[&str], body: &str) {
    let answer = load(running, "test.s", &[&HEADERS, headers].concat(), body).await;
    assert_eq!(answer["Status"], "Success", "{body}: {answer}");
}

async fn names(running: &Running) -> Vec<String> {
    rows(running, "select name from test.s order by id").await
}

#[tokio::test]
async fn a_lower_sequence_never_overwrites() {
    let running = start_with(MAPPED).await;
    put(&running, &[], "1,5,five\n1,4,four\n2,1,one").await;
    assert_eq!(names(&running).await, ["five", "one"]);
    put(&running, &[], "1,3,three\n2,9,nine").await;
    assert_eq!(names(&running).await, ["five", "nine"]);
    // Of equal ones the later counts.
    put(&running, &[], "1,5,again").await;
    assert_eq!(names(&running).await, ["again", "nine"]);
}

#[tokio::test]
async fn a_lower_sequence_neither_deletes_nor_brings_back() {
    let running = start_with(MAPPED).await;
    let delete = "merge_type: DELETE";
    put(&running, &[], "1,5,five").await;
    put(&running, &[delete], "1,4,x").await;
    assert_eq!(names(&running).await, ["five"]);
    put(&running, &[delete], "1,6,x").await;
    put(&running, &[], "1,5,late").await;
    assert!(names(&running).await.is_empty());
    put(&running, &[], "1,7,new").await;
    assert_eq!(names(&running).await, ["new"]);
}

#[tokio::test]
async fn a_hidden_sequence_comes_from_a_field_of_any_name() {
    let running = start_with(HIDDEN).await;
    put(&running, &FROM_SEQ, "1,0,ten,10\n1,0,nine,9\n2,0,x,\\N").await;
    assert_eq!(names(&running).await, ["ten", "x"]);
    // Compared as numbers, and nothing is the lowest.
    put(&running, &FROM_SEQ, "1,0,hundred,100\n2,0,y,1").await;
    assert_eq!(names(&running).await, ["hundred", "y"]);
    put(&running, &FROM_SEQ, "2,0,z,\\N").await;
    assert_eq!(names(&running).await, ["hundred", "y"]);
}

#[tokio::test]
async fn rows_that_wait_for_a_decision_keep_their_sequence() {
    let running = start_with(MAPPED).await;
    let headers = [&HEADERS[..], &["two_phase_commit: true", "label: l"]].concat();
    let answer = load(&running, "test.s", &headers, "1,5,early").await;
    put(&running, &[], "1,6,late").await;
    let id = format!("txn_id: {}", answer["TxnId"]);
    let commit = request(
        "PUT /api/test/_stream_load_2pc",
        &[&root(), &id, "txn_operation: commit", "Content-Length: 0"],
        "",
    );
    assert_eq!(json(&raw(running.be, &commit).await)["status"], "Success");
    assert_eq!(names(&running).await, ["late"]);
}

#[tokio::test]
async fn an_emptied_or_new_table_knows_no_sequences() {
    let running = start_with(MAPPED).await;
    put(&running, &[], "1,5,five").await;
    execute(&running, "truncate table test.s").await;
    put(&running, &[], "1,1,one").await;
    assert_eq!(names(&running).await, ["one"]);
}

#[tokio::test]
async fn a_sequence_that_is_missing_or_too_many_is_refused() {
    let check = async |property: &str, headers: &[&str], expected: &str| {
        let running = start_with(property).await;
        let answer = load(&running, "test.s", &[&HEADERS, headers].concat(), "1,1,x").await;
        let expected = format!("[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = {expected}");
        assert_eq!(answer["Message"], expected.as_str(), "{headers:?}");
    };
    let needed = "Table s has sequence column, need to specify the sequence column";
    check(HIDDEN, &[], needed).await;
    check(MAPPED, &["columns: id,name,x"], needed).await;
    check(
        HIDDEN,
        &["function_column.sequence_col: nope"],
        "unknown reference column in ORDER BY clause:nope",
    )
    .await;
    check(
        "'light_schema_change'='true'",
        &["function_column.sequence_col: at"],
        "There is no sequence column in the table s",
    )
    .await;
}

#[tokio::test]
async fn statements_follow_the_sequence_too() {
    let running = start_with(MAPPED).await;
    execute(&running, "insert into test.s values (1,5,'five'),(1,4,'four')").await;
    assert_eq!(names(&running).await, ["five"]);
    let running = start_with(HIDDEN).await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let error = sql.query_drop("insert into test.s values (1,5,'x')").await.unwrap_err().to_string();
    assert!(error.contains("Table s has sequence column, need to specify the sequence column"), "{error}");
}

#[tokio::test]
async fn properties_that_give_no_sequence_are_refused() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    for (model, property, expected) in [
        ("duplicate", MAPPED, "sequence column only support UNIQUE_KEYS"),
        ("unique", "'function_column.sequence_col'='nope'", "The specified sequence column[nope] not exists"),
        (
            "unique",
            "'function_column.sequence_col'='name'",
            "Sequence type only support integer types and date types",
        ),
        (
            "unique",
            "'function_column.sequence_type'='varchar'",
            "sequence type only support integer types and date types",
        ),
    ] {
        let statement = format!(
            "create table test.x(id int, at int, name varchar(9)) {model} key(id) distributed by hash(id) buckets 1 properties('replication_num'='1',{property})"
        );
        let error = sql.query_drop(&statement).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{statement}: {error}");
    }
}
