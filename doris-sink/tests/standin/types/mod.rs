//! What is read back over SQL of each type of column: of plain JSON, as lines and as CSV, and of records with a schema.

mod nested;
mod numbers;
mod schemas;
mod texts;
mod times;

use crate::doris::{Doris, batch_at};
use connector_api::{Batch, SinkError, SinkTask};

/// A value as it stands in a record, and what a query shows of it: `None` where Doris refuses it, and the record with it.
type Case<'a> = (&'a str, Option<&'a str>);

/// The text of NULL.
const NULL: Option<&str> = Some("NULL");

const LINES: &[(&str, &str)] = &[];
const CSV: &[(&str, &str)] = &[("sink.properties.format", "csv"), ("sink.properties.columns", "id,v")];

/// Loads each value into a column of this type, as JSON and as CSV.
async fn check(column: &str, cases: &[Case<'_>]) {
    for format in [LINES, CSV] {
        check_in(format, column, cases).await;
    }
}

/// Loads each value into a column of this type, with further settings.
async fn check_in(more: &[(&str, &str)], column: &str, cases: &[Case<'_>]) {
    let mut doris = table(column).await;
    let bodies = (0..).zip(cases).map(|(id, (value, _))| format!("{{\"id\":{id},\"v\":{value}}}"));
    let refused = put(&mut task(&doris, more).await, batch_at(0, bodies)).await;
    let shown = doris.query("SELECT id, v FROM shop.t ORDER BY id").await;
    for (id, (value, expected)) in (0..).zip(cases) {
        let row = shown.iter().find_map(|row| row.strip_prefix(&format!("{id}|")));
        assert_eq!(row, *expected, "{value} into {column}, {more:?}; refused: {refused:?}");
        assert_eq!(refused.contains(&id), expected.is_none(), "{value} into {column}, {more:?}: {refused:?}");
    }
}

/// A Doris with the table `shop.t`.
async fn table(column: &str) -> Doris {
    let mut doris = Doris::start().await;
    doris
        .run(&format!(
            "CREATE TABLE shop.t (id BIGINT NOT NULL, v {column} NULL) DUPLICATE KEY(id) \
             DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES ('replication_num' = '1')"
        ))
        .await;
    doris
}

async fn task(doris: &Doris, more: &[(&str, &str)]) -> Box<dyn SinkTask> {
    let more: Vec<_> = [("doris.topic2table.map", "orders:t")].iter().chain(more).copied().collect();
    doris.task(&more).await.unwrap()
}

/// The offsets of the records that are refused.
async fn put(task: &mut Box<dyn SinkTask>, batch: Batch) -> Vec<i64> {
    match task.put(&batch).await {
        Ok(()) => Vec::new(),
        Err(SinkError::Records(refused)) => refused.iter().map(|record| record.offset.get()).collect(),
        Err(other) => panic!("{other}"),
    }
}
