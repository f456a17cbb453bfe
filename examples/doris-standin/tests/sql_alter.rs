//! Columns of tables in use come, go and change, at once or by jobs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use std::time::{Duration, Instant};

use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;
use support::{PASSWORD, connect, json, load, raw, refusal, request, root};

/// `id`, `a`, `b`, `c`.
type Row = (i64, Option<String>, Option<i32>, Option<f64>);

const TABLE: &str = "create table test.t(id bigint) duplicate key(id) distributed by hash(id) buckets 1 \
                     properties('replication_num'='1')";

#[tokio::test]
async fn rows_that_are_there_and_those_that_come_have_the_new_columns_also_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let options = || Options {
        password: PASSWORD.to_owned(),
        data: Some(data.path().to_owned()),
        ..Options::default()
    };
    let running = Standin::start(options()).await.unwrap();
    let mut sql = connect(&running, "root", PASSWORD).await;
    for statement in ["create database test", TABLE] {
        sql.query_drop(statement).await.unwrap();
    }
    let json_load = ["format: json", "read_json_by_line: true"];
    load(&running, "test.t", &json_load, "{\"id\":1}").await;
    // A load that was prepared before has none of them.
    let prepared = load(&running, "test.t", &["format: json", "two_phase_commit: true"], "{\"id\":2}").await;
    sql.query_drop("alter table test.t add column (a varchar(9) null, b int default '7')").await.unwrap();
    sql.query_drop("alter table test.t add column c double, add column d array<string> null").await.unwrap();
    let commit = [
        root(),
        "Content-Length: 0".to_owned(),
        format!("txn_id: {}", prepared["TxnId"]),
        "txn_operation: commit".to_owned(),
    ];
    let commit: Vec<_> = commit.iter().map(String::as_str).collect();
    let answer = json(&raw(running.be, &request("PUT /api/test/_stream_load_2pc", &commit, "")).await);
    assert_eq!(answer["status"], "Success", "{answer}");
    load(&running, "test.t", &json_load, "{\"id\":3,\"a\":\"x\",\"b\":1,\"c\":0.5}").await;
    sql.disconnect().await.unwrap();
    running.shutdown().await;

    let running = Standin::start(options()).await.unwrap();
    let rows: Vec<Row> = support::rows(&running, "select id, a, b, c from test.t order by id").await;
    let old = |id| (id, None, Some(7), None);
    assert_eq!(rows, [old(1), old(2), (3, Some("x".to_owned()), Some(1), Some(0.5))]);
    let shown: Vec<(String, String)> = support::rows(&running, "show create table test.t").await;
    assert!(shown[0].1.contains("`b` int NULL DEFAULT \"7\""), "{}", shown[0].1);
}

#[tokio::test]
async fn value_columns_come_go_and_get_other_names_at_once() {
    let running = support::start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("insert into test.t values (1, 'a', 10), (2, 'b', 20)").await.unwrap();
    for statement in [
        "alter table test.t add column c int default '7' after id, drop column score",
        "alter table test.t rename column name to title",
        "alter table test.t modify column title varchar(200)",
        "alter table test.t modify column title comment 'what it is called'",
        "alter table test.t modify comment 'all of them'",
        "alter table test.t add column at datetime default current_timestamp",
        "alter table test.t add column (yes boolean default 'true', price decimal(10,2) default '1.5')",
    ] {
        sql.query_drop(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let found: Vec<(i64, i32, String)> =
        support::rows(&running, "select id, c, title from test.t order by id").await;
    assert_eq!(found, [(1, 7, "a".to_owned()), (2, 7, "b".to_owned())]);
    let order: Vec<String> = columns(&running, "t").await;
    assert_eq!(order, ["id", "c", "title", "at", "yes", "price"]);
    let defaults: Vec<(i32, String)> = support::rows(&running, "select yes, price from test.t").await;
    assert_eq!(defaults, [(1, "1.50".to_owned()), (1, "1.50".to_owned())]);
    let (_, shown): (String, String) = sql.query_first("show create table test.t").await.unwrap().unwrap();
    assert!(shown.contains("`title` varchar(200) NULL COMMENT 'what it is called'"), "{shown}");
    assert!(shown.contains("COMMENT 'all of them'"), "{shown}");
    let dated: u64 = support::count(&running, "test.t where at is not null").await;
    assert_eq!(dated, 2, "rows that were there have the time of the change");
    // Each is told of as a job that has ended.
    let states = states(&mut sql).await;
    assert_eq!(states.iter().filter(|state| *state == "FINISHED").count(), states.len());
    load(&running, "test.t", &[], "{\"id\":3,\"title\":\"c\",\"c\":1}").await;
    assert_eq!(support::count(&running, "test.t").await, 3);
}

#[tokio::test]
async fn a_change_of_type_is_a_job_that_keeps_others_out_until_it_has_ended() {
    let running =
        support::start_with(Options { alter_time: Duration::from_secs(2), ..Options::default() }).await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("insert into test.t values (1, '12', 10)").await.unwrap();
    sql.query_drop("alter table test.t modify column score bigint, modify column name string").await.unwrap();
    assert_eq!(states(&mut sql).await, ["PENDING"]);
    let before: Vec<String> = types(&running).await;
    assert_eq!(before, ["bigint", "varchar(64)", "int"], "nothing has changed yet");
    for (statement, message) in [
        (
            "alter table test.t add column c int",
            "Table[t]'s state(SCHEMA_CHANGE) is not NORMAL. Do not allow doing ALTER ops",
        ),
        (
            "truncate table test.t",
            "Table[t]'s state(SCHEMA_CHANGE) is not NORMAL. Do not allow doing ALTER ops",
        ),
        (
            "drop table test.t",
            "The table [t]'s state is SCHEMA_CHANGE, cannot be dropped. please cancel the operation on olap table firstly. If you want to forcibly drop(cannot be recovered), please use \"DROP table FORCE\".",
        ),
    ] {
        assert_eq!(refusal(&mut sql, statement).await, message, "{statement}");
    }
    // Other tables are free, and loads go on.
    sql.query_drop("alter table test.u add column c int").await.unwrap();
    load(&running, "test.t", &[], "{\"id\":2,\"name\":\"x\",\"score\":20}").await;
    wait_for_states(&mut sql, "t", &["FINISHED"]).await;
    assert_eq!(types(&running).await, ["bigint", "text", "bigint"]);
    let found: Vec<(i64, String, i64)> = support::rows(&running, "select * from test.t order by id").await;
    assert_eq!(found, [(1, "12".to_owned(), 10), (2, "x".to_owned(), 20)]);
}

#[tokio::test]
async fn a_job_waits_for_loads_that_began_before_it() {
    let running = support::start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let prepared = load(&running, "test.t", &["two_phase_commit: true"], "{\"id\":2,\"score\":5}").await;
    sql.query_drop("alter table test.t modify column score bigint").await.unwrap();
    wait_for_states(&mut sql, "t", &["WAITING_TXN"]).await;
    let commit = [
        root(),
        "Content-Length: 0".to_owned(),
        format!("txn_id: {}", prepared["TxnId"]),
        "txn_operation: commit".to_owned(),
    ];
    let commit: Vec<_> = commit.iter().map(String::as_str).collect();
    raw(running.be, &request("PUT /api/test/_stream_load_2pc", &commit, "")).await;
    wait_for_states(&mut sql, "t", &["FINISHED"]).await;
    let found: Vec<(i64, i64)> = support::rows(&running, "select id, score from test.t").await;
    assert_eq!(found, [(2, 5)]);
}

#[tokio::test]
async fn a_value_that_does_not_fit_cancels_the_job_and_so_does_the_user() {
    let running = support::start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    sql.query_drop("insert into test.t values (1, 'not a number', 10)").await.unwrap();
    sql.query_drop("alter table test.t modify column name int").await.unwrap();
    wait_for_states(&mut sql, "t", &["CANCELLED"]).await;
    let message: Vec<mysql_async::Row> = sql.query("show alter table column from test").await.unwrap();
    let message: String = message[0].get("Msg").unwrap();
    assert!(message.contains("not a number"), "{message}");
    assert_eq!(types(&running).await, ["bigint", "varchar(64)", "int"]);

    let prepared = load(&running, "test.t", &["two_phase_commit: true"], "{\"id\":2}").await;
    assert_eq!(prepared["Status"], "Success");
    sql.query_drop("alter table test.t modify column score bigint").await.unwrap();
    sql.query_drop("cancel alter table column from test.t").await.unwrap();
    assert_eq!(states(&mut sql).await, ["CANCELLED", "CANCELLED"]);
    sql.query_drop("alter table test.t add column c int").await.unwrap();
    assert_eq!(
        refusal(&mut sql, "cancel alter table column from test.t").await,
        "Table[t] is not under SCHEMA_CHANGE."
    );
}

#[tokio::test]
async fn a_job_goes_on_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let options = |alter_time| Options {
        password: PASSWORD.to_owned(),
        data: Some(data.path().to_owned()),
        alter_time,
        ..Options::default()
    };
    let running = Standin::start(options(Duration::from_secs(600))).await.unwrap();
    let mut sql = connect(&running, "root", PASSWORD).await;
    for statement in [
        "create database test",
        "create table test.t(id bigint, score int) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')",
        "insert into test.t values (1, 5)",
        "alter table test.t modify column score bigint",
    ] {
        sql.query_drop(statement).await.unwrap();
    }
    assert_eq!(states(&mut sql).await, ["PENDING"]);
    sql.disconnect().await.unwrap();
    running.shutdown().await;
    let running = Standin::start(options(Duration::ZERO)).await.unwrap();
    let mut sql = connect(&running, "root", PASSWORD).await;
    wait_for_states(&mut sql, "t", &["FINISHED"]).await;
    assert_eq!(types(&running).await, ["bigint", "bigint"]);
}

#[tokio::test]
async fn keys_come_and_go_by_jobs_and_rows_are_combined_anew() {
    let running = support::start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let create = "create table test.g(a int, b int, total bigint sum) aggregate key(a, b) distributed by hash(a) \
                  buckets 1 properties('replication_num'='1')";
    sql.query_drop(create).await.unwrap();
    sql.query_drop("insert into test.g values (1, 1, 10), (1, 2, 20), (2, 1, 5)").await.unwrap();
    sql.query_drop("alter table test.g drop column b").await.unwrap();
    wait_for_states(&mut sql, "g", &["FINISHED"]).await;
    let found: Vec<(i32, i64)> = support::rows(&running, "select * from test.g order by a").await;
    assert_eq!(found, [(1, 30), (2, 5)]);
    sql.query_drop("alter table test.u add column k int key default '1'").await.unwrap();
    wait_for_states(&mut sql, "u", &["FINISHED"]).await;
    assert_eq!(columns(&running, "u").await, ["id", "k", "name", "score"]);
    sql.query_drop("insert into test.u values (1, 1, 'a', 1), (1, 2, 'b', 2), (1, 1, 'c', 3)").await.unwrap();
    assert_eq!(support::count(&running, "test.u").await, 2);
}

#[tokio::test]
async fn jobs_are_listed_by_what_is_asked_for() {
    let running = support::start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    for statement in [
        "alter table test.t add column c1 int",
        "alter table test.u add column c1 int",
        "alter table test.u add column c2 int",
    ] {
        sql.query_drop(statement).await.unwrap();
    }
    for (narrowed, expected) in [
        ("", vec!["t", "u", "u"]),
        (" where TableName = 'u'", vec!["u", "u"]),
        (" where TableName = 'u' and State = 'running'", vec![]),
        (" where State = 'FINISHED' order by TableName desc limit 2", vec!["u", "u"]),
        (" order by JobId desc limit 1, 2", vec!["u", "t"]),
        (" where CreateTime > '2020-01-01'", vec!["t", "u", "u"]),
    ] {
        let statement = format!("show alter table column from test{narrowed}");
        let found: Vec<mysql_async::Row> = sql.query(&statement).await.unwrap();
        let found: Vec<String> = found.into_iter().map(|row| row.get("TableName").unwrap()).collect();
        assert_eq!(found, expected, "{statement}");
    }
    for (narrowed, expected) in [
        ("where JobId = 1", "The columns of TableName/IndexName/CreateTime/FinishTime/State are supported."),
        (
            "where State like 'F%'",
            "Where clause : TableName = \"table1\" or State = \"FINISHED|CANCELLED|RUNNING|PENDING|WAITING_TXN\"",
        ),
        ("order by nope", "Title name[nope] does not exist"),
    ] {
        let statement = format!("show alter table column from test {narrowed}");
        assert_eq!(refusal(&mut sql, &statement).await, expected, "{statement}");
    }
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused_in_doris_s_words() {
    let running = support::start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    let replaces = "create table test.r(k int, j int, v int replace) aggregate key(k, j) distributed by hash(k) buckets 1 \
                    properties('replication_num'='1')";
    let heavy = "create table test.h(k int, v int) duplicate key(k) distributed by hash(k) buckets 1 \
                 properties('replication_num'='1', 'light_schema_change'='false')";
    for statement in [replaces, heavy] {
        sql.query_drop(statement).await.unwrap();
    }
    for (clauses, message) in [
        ("t add column id int", "Can not add column which already exists in base table: id"),
        ("t add column a int after nope", "Column[nope] does not found"),
        (
            "t add column a int key sum",
            "Can not assign aggregation method on column in Duplicate data model table: a",
        ),
        ("t add column a int key after name", "Invalid column order. value should be after key. index[t]"),
        ("nope add column a int", "Unknown table 'nope'"),
        ("t drop column nope", "Column does not exists: nope"),
        ("t drop column id", "No key column left. index[t]"),
        ("u drop column id", "Can not drop key column in Unique data model table"),
        (
            "r drop column j",
            "Can not drop key column when table has value column with REPLACE aggregation method",
        ),
        ("t modify column nope int", "Column[nope] does not exists"),
        (
            "t modify column name varchar(10)",
            "Shorten type length is prohibited, srcType=varchar(64), dstType=varchar(10)",
        ),
        ("t modify column score smallint", "Can not change INT to SMALLINT"),
        ("t modify column score bigint not null", "Can not change from nullable to non-nullable"),
        ("t modify column score bigint default '1'", "Can not change default value"),
        ("t modify column id largeint key", "Can not modify distribution column[id]. index[t]"),
        ("a modify column score bigint", "Aggregate method must be specified for value column: score"),
        ("a modify column score bigint max", "Can not change aggregation type"),
        ("t modify column score int", "Nothing is changed. please check your alter stmt."),
        ("t order by (id, name)", "Reorder stmt should contains all columns"),
        ("t order by (id, name, name)", "Reduplicative column[name]"),
        ("t rename column name name", "Same column name"),
        ("t rename column nope x", "Column[nope] does not exists"),
        ("t rename column name score", "Column name[score] is already used"),
        (
            "h rename column v w",
            "not implemented for table without column unique id, which are created with property 'light_schema_change'.",
        ),
        (
            "t add column x int, rename column name n",
            "Alter operation RENAME_COLUMN conflicts with operation SCHEMA_CHANGE",
        ),
    ] {
        let statement = format!("alter table test.{clauses}");
        assert_eq!(refusal(&mut sql, &statement).await, message, "{statement}");
    }
    sql.query_drop("alter table test.h add column w int").await.unwrap();
    wait_for_states(&mut sql, "h", &["FINISHED"]).await;
}

#[tokio::test]
async fn a_load_that_was_planned_before_a_column_went_still_goes_through() {
    let running = support::start().await;
    let mut sql = connect(&running, "root", PASSWORD).await;
    support::set_faults(&running, &serde_json::json!([{"at": "be.stream_load", "kind": "hold", "count": 1}]))
        .await;
    let held = {
        let address = running.be;
        let body = "{\"id\":1,\"name\":\"a\",\"score\":1}";
        let head = [
            root(),
            "label: held".to_owned(),
            "format: json".to_owned(),
            format!("Content-Length: {}", body.len()),
        ];
        let head: Vec<_> = head.iter().map(String::as_str).collect();
        let request = request("PUT /api/test/t/_stream_load", &head, body);
        tokio::spawn(async move { raw(address, &request).await })
    };
    support::wait_for_state(&running, "held", "PREPARE").await;
    sql.query_drop("alter table test.t drop column score").await.unwrap();
    raw(running.fe, &request("POST /_standin/release", &["Content-Length: 0"], "")).await;
    assert_eq!(json(&held.await.unwrap())["Status"], "Success");
    let found: Vec<(i64, String)> = support::rows(&running, "select * from test.t").await;
    assert_eq!(found, [(1, "a".to_owned())]);
}

async fn columns(running: &Running, table: &str) -> Vec<String> {
    let shown: Vec<mysql_async::Row> = support::rows(running, &format!("desc test.{table}")).await;
    shown.into_iter().map(|row| row.get("Field").unwrap()).collect()
}

async fn types(running: &Running) -> Vec<String> {
    let shown: Vec<mysql_async::Row> = support::rows(running, "desc test.t").await;
    shown.into_iter().map(|row| row.get("Type").unwrap()).collect()
}

async fn states(sql: &mut mysql_async::Conn) -> Vec<String> {
    let jobs: Vec<mysql_async::Row> = sql.query("show alter table column from test").await.unwrap();
    jobs.into_iter().map(|row| row.get("State").unwrap()).collect()
}

async fn wait_for_states(sql: &mut mysql_async::Conn, table: &str, wanted: &[&str]) {
    let statement = format!("show alter table column from test where TableName = '{table}'");
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let jobs: Vec<mysql_async::Row> = sql.query(&statement).await.unwrap();
        let found: Vec<String> = jobs.into_iter().map(|row| row.get("State").unwrap()).collect();
        if found == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "jobs of {table} are {found:?}, not {wanted:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
