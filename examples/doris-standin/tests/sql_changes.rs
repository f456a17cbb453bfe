//! INSERT, UPDATE, DELETE and what changes whole tables.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use mysql_async::prelude::Queryable;
use support::{PASSWORD, connect, load, raw, refusal, request, root, rows, set_faults, start};

type Row = (i64, Option<String>, Option<i32>);

fn row(id: i64, name: &str, score: i32) -> Row {
    (id, Some(name.to_owned()), Some(score))
}

#[tokio::test]
async fn rows_of_a_query_are_inserted_by_the_table_s_model() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    for statement in [
        "insert into test.t values (1, 'a', 10), (1, 'b', 20), (2, 'c', 5)",
        "insert into test.u select * from test.t order by score",
        "insert into test.a select id, sum(score) from test.t group by id",
        "insert into test.a (id, score) (select 1, 100)",
    ] {
        sql.query_drop(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let found: Vec<Row> = rows(&running, "select * from test.u order by id").await;
    assert_eq!(found, [row(1, "b", 20), row(2, "c", 5)]);
    let found: Vec<(i64, i64)> = rows(&running, "select * from test.a order by id").await;
    assert_eq!(found, [(1, 130), (2, 5)]);
    sql.query_drop("insert into test.t with label mine values (3, 'x', 1)").await.unwrap();
    assert_eq!(support::label_state(&running, "mine").await, "VISIBLE");
    for (statement, expected) in [
        (
            "insert into test.t select id from test.u",
            "insert into cols should be corresponding to the query output",
        ),
        (
            "insert into test.t select 'x', 'y', 'z'",
            "column(id) value is incorrect while strict mode is true, src value is x",
        ),
        (
            "insert into test.t with label mine values (3, 'x', 1)",
            "Label [mine] has already been used, relate to txn [",
        ),
        ("insert into test.t(id, nope) values (1, 2)", "column nope is not found in table t"),
        ("insert into test.nope values (1)", "Table [nope] does not exist in database [test]."),
    ] {
        let found = refusal(&mut sql, statement).await;
        assert!(found.contains(expected), "{statement}: {found}");
    }
    assert_eq!(support::count(&running, "test.t").await, 4, "what was refused left nothing");
}

#[tokio::test]
async fn unique_tables_are_updated_and_no_others() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("insert into test.u values (1, 'a', 10), (2, 'b', 20), (3, 'c', null)").await.unwrap();
    sql.query_drop("update test.u set score = score * 2 + 1, name = concat(name, '!') where id < 3")
        .await
        .unwrap();
    assert_eq!(sql.affected_rows(), 2);
    sql.query_drop(
        "update test.u as x set x.name = 'none' where x.score is null and id in (select max(id) from test.u)",
    )
    .await
    .unwrap();
    let found: Vec<Row> = rows(&running, "select * from test.u order by id").await;
    assert_eq!(found, [row(1, "a!", 21), row(2, "b!", 41), (3, Some("none".to_owned()), None)]);
    for (statement, expected) in [
        ("update test.t set score = 1", "Only unique table could be updated."),
        ("update test.a set score = 1", "Only unique table could be updated."),
        ("update test.u set id = 1", "Only value columns of unique table could be updated"),
        ("update test.u set nope = 1", "unknown column in assignment list: nope"),
        ("update test.u set score = 1, score = 2", "column in assignment list is duplicate, column: score"),
        (
            "update test.u set score = 'x'",
            "column(score) value is incorrect while strict mode is true, src value is x",
        ),
        ("update test.nope set score = 1", "Table [nope] does not exist in database [test]."),
    ] {
        let found = refusal(&mut sql, statement).await;
        assert!(found.contains(expected), "{statement}: {found}");
    }
}

#[tokio::test]
async fn rows_are_deleted_by_what_the_table_s_model_takes() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    for table in ["t", "u"] {
        let rows = format!(
            "insert into test.{table} values (1, 'a', 10), (2, 'b', 20), (3, 'c', 30), (4, null, 40)"
        );
        sql.query_drop(rows).await.unwrap();
    }
    sql.query_drop("delete from test.u where score / 10 = 2 or name is null").await.unwrap();
    assert_eq!(sql.affected_rows(), 2);
    sql.query_drop("delete from test.t where id >= 2 and name in ('b', 'x')").await.unwrap();
    assert_eq!(sql.affected_rows(), 0, "nobody has counted them yet");
    assert!(sql.info().contains("'status':'VISIBLE'"), "{}", sql.info());
    sql.query_drop("delete from test.t where name is null").await.unwrap();
    for (table, expected) in [("t", [1, 3]), ("u", [1, 3])] {
        let found: Vec<i64> = rows(&running, &format!("select id from test.{table} order by id")).await;
        assert_eq!(found, expected, "{table}");
    }
    let only_unique = "delete command on with using clause only supports unique key model";
    for (statement, expected) in [
        ("delete from test.t", "delete command should specify a where condition"),
        ("delete from test.t where score + 1 = 2", only_unique),
        ("delete from test.t where id = 1 or id = 2", only_unique),
        ("delete from test.t using test.u where t.id = u.id", only_unique),
        ("delete from test.t where nope = 1", "Unknown column 'nope' in 'table list' in FILTER clause"),
        (
            "delete from test.a where score = 1",
            "delete predicate on value column only supports Unique table with merge-on-write enabled and Duplicate table, but Table[a] is an Aggregate table.",
        ),
    ] {
        assert_eq!(refusal(&mut sql, statement).await, expected, "{statement}");
    }
}

#[tokio::test]
async fn a_table_like_another_has_its_columns_and_none_of_its_rows() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("insert into test.u values (1, 'a', 10)").await.unwrap();
    sql.query_drop("create table test2.copy like test.u").await.unwrap();
    sql.query_drop("insert into test2.copy values (1, 'a', 10), (1, 'b', 20)").await.unwrap();
    let found: Vec<Row> = rows(&running, "select * from test2.copy").await;
    assert_eq!(found, [row(1, "b", 20)]);
    let shown = async |table: &str| -> String {
        let (_, text) =
            rows::<(String, String)>(&running, &format!("show create table {table}")).await.remove(0);
        text
    };
    assert_eq!(shown("test2.copy").await.replace("`copy`", "`u`"), shown("test.u").await);
    assert_eq!(refusal(&mut sql, "create table test.x like test.nope").await, "Table 'nope' doesn't exist");
    assert_eq!(refusal(&mut sql, "create table test.u like test.t").await, "Table 'u' already exists");
}

#[tokio::test]
async fn what_would_lose_decided_loads_is_not_dropped_without_force() {
    let running = start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    for (statement, expected) in [
        ("create database test", "Can't create database 'test'; database exists"),
        ("create database information_schema", "Can't create database 'information_schema'; database exists"),
        ("create database `1st`", "Incorrect database name '1st'"),
        ("drop database nosuch", "Can't drop database 'nosuch'; database doesn't exist"),
        ("drop table test.nosuch", "Unknown table 'nosuch'"),
    ] {
        assert_eq!(refusal(&mut sql, statement).await, expected, "{statement}");
    }
    set_faults(&running, &serde_json::json!([{"at": "be.stream_load", "kind": "publish_timeout"}])).await;
    let answer = load(&running, "test.t", &["label: late"], "{\"id\":1}").await;
    assert_eq!(answer["Status"], "Publish Timeout");
    for (kind, name) in [("table", "test.t"), ("database", "test")] {
        let found = refusal(&mut sql, &format!("drop {kind} {name}")).await;
        let expected = "There are still some transactions in the COMMITTED state waiting to be completed.";
        assert!(found.starts_with(expected), "{found}");
    }
    sql.query_drop("drop table test.t force").await.unwrap();
    raw(running.fe, &request("POST /_standin/release", &[&root(), "Content-Length: 0"], "")).await;
    support::wait_for_state(&running, "late", "VISIBLE").await;
}
