//! A table with one column of a type, and loads into it.

use doris_standin::Running;
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};

use super::{PASSWORD, connect, load, rows, start};

pub(crate) const STRICT: &str = "strict_mode: true";

/// A stand-in with a table `test.c` of a column `id` and a column `c` of this type.
pub(crate) async fn start_with_column(column: &str) -> Running {
    let running = start().await;
    execute(
        &running,
        &format!(
            "create table test.c(id int, c {column}) duplicate key(id) distributed by hash(id) buckets 1 properties('replication_num'='1')"
        ),
    )
    .await;
    running
}

pub(crate) async fn execute(running: &Running, statement: &str) {
    connect(running, "root", PASSWORD).await.query_drop(statement).await.unwrap();
}

/// Loads the values as JSON lines, numbered from 0.
pub(crate) async fn load_json(running: &Running, headers: &[&str], values: &[Value]) -> Value {
    let lines = values.iter().enumerate().map(|(id, value)| json!({"id": id, "c": value}).to_string());
    load(running, "test.c", headers, &lines.collect::<Vec<_>>().join("\n")).await
}

/// Loads the texts as lines of separated values, numbered from 0.
pub(crate) async fn load_csv(running: &Running, headers: &[&str], values: &[&str]) -> Value {
    let lines: Vec<String> = values.iter().enumerate().map(|(id, text)| format!("{id}\t{text}")).collect();
    let headers = [&["format: csv"], headers].concat();
    load(running, "test.c", &headers, &lines.join("\n")).await
}

/// What a query shows of the column, in the order of the load.
pub(crate) async fn shown(running: &Running) -> Vec<Option<String>> {
    rows(running, "select c from test.c order by id").await
}
