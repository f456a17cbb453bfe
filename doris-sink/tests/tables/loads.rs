//! Records go to the tables that they name, and tables become what records need.

use crate::doris::{Doris, PASSWORD};
use connector_api::{
    Batch, BatchId, ConnectRecord, Headers, QueueId, QueueOffset, SinkConnector, SinkError, TaskContext,
    TaskId, Value,
};
use doris_sink::DorisSinkConnector;
use mysql_async::prelude::Queryable;
use std::sync::Arc;

const A: &str = "CREATE TABLE shop.a (id BIGINT NOT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 \
     PROPERTIES ('replication_num' = '1')";
const B: &str = "CREATE TABLE shop.b (id BIGINT NOT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 \
     PROPERTIES ('replication_num' = '1')";

/// Puts one batch of records, each a body and the value of its property `TABLE`.
async fn put(doris: &Doris, more: &[(&str, &str)], records: &[(&str, &str)]) -> Result<(), SinkError> {
    let offset = |n: usize| QueueOffset::new(i64::try_from(n).unwrap()).unwrap();
    let queue = QueueId { topic: "orders".into(), broker: "b".into(), queue: 0 };
    let id = BatchId {
        connector: "c".parse().unwrap(),
        queue: Arc::new(queue),
        generation: 0,
        first: offset(0),
        next: offset(records.len()),
    };
    let record = |(n, (body, table)): (usize, &(&str, &str))| {
        let headers = [("TABLE", *table)].into_iter().collect::<Headers>();
        ConnectRecord::new(offset(n), Value::String((*body).into())).with_headers(headers)
    };
    let batch = Batch::new(id, records.iter().enumerate().map(record).collect());
    let context = TaskContext::new(TaskId { connector: "c".parse().unwrap(), task: 0 }, 1);
    let mut task = DorisSinkConnector.task();
    task.start(&context, &doris.config(more)).await?;
    let outcome = task.put(&batch).await;
    task.stop().await?;
    outcome
}

async fn select(doris: &Doris, sql: &str) -> Vec<String> {
    let url = format!("mysql://root:{PASSWORD}@{}?prefer_socket=false", doris.running.mysql);
    mysql_async::Conn::from_url(url).await.unwrap().query(sql).await.unwrap()
}

#[tokio::test]
async fn records_of_one_topic_go_to_the_tables_that_they_name() {
    for part in [("record.tablename.field", "t"), ("record.tablename.property", "TABLE")] {
        let doris = Doris::start(&[A, B]).await;
        let records = [
            ("{\"id\":1,\"t\":\"a\"}", "a"),
            ("{\"id\":2,\"t\":\"b\"}", "b"),
            ("{\"id\":3,\"t\":\"a\"}", "a"),
        ];
        put(&doris, &[part], &records).await.unwrap();
        assert_eq!(select(&doris, "SELECT id FROM shop.a ORDER BY id").await, ["1", "3"]);
        assert_eq!(select(&doris, "SELECT id FROM shop.b").await, ["2"]);
        doris.running.shutdown().await;
    }
}

#[tokio::test]
async fn a_record_that_names_no_table_is_refused_and_the_others_are_loaded() {
    let doris = Doris::start(&[A]).await;
    let records = [("{\"id\":1,\"t\":\"a\"}", ""), ("{\"id\":2}", ""), ("{\"id\":3,\"t\":\"a/b\"}", "")];
    let refused = put(&doris, &[("record.tablename.field", "t")], &records).await.unwrap_err();
    let SinkError::Records(refused) = refused else { panic!("{refused}") };
    let offsets: Vec<_> = refused.iter().map(|refused| refused.offset.get()).collect();
    assert_eq!(offsets, [1, 2]);
    assert!(refused[0].reason.contains("has no field \"t\""), "{}", refused[0].reason);
    assert!(refused[1].reason.contains("names no table: \"a/b\""), "{}", refused[1].reason);
    assert_eq!(select(&doris, "SELECT id FROM shop.a").await, ["1"]);
    doris.running.shutdown().await;
}

#[tokio::test]
async fn a_table_is_made_after_the_records_that_come_for_it() {
    let doris = Doris::start(&[]).await;
    let more = [
        ("table.create", "basic"),
        ("table.create.model", "unique"),
        ("table.create.keys", "id"),
        ("table.create.replication.num", "1"),
        ("table.create.buckets", "1"),
    ];
    let records = [("{\"name\":\"x\",\"id\":1}", ""), ("{\"id\":1,\"name\":\"y\",\"price\":1.5}", "")];
    put(&doris, &more, &records).await.unwrap();
    let rows = select(&doris, "SELECT concat(id, name, price) FROM shop.orders").await;
    assert_eq!(rows, ["1y1.5"]);
    doris.running.shutdown().await;
}

#[tokio::test]
async fn a_table_gets_the_columns_that_records_need() {
    let doris = Doris::start(&[&A.replace("shop.a", "shop.orders")]).await;
    let records = [("{\"id\":1,\"name\":\"x\"}", ""), ("{\"id\":2,\"tags\":[\"y\"]}", "")];
    put(&doris, &[("schema.evolution", "basic")], &records).await.unwrap();
    let rows = select(&doris, "SELECT name FROM shop.orders WHERE id = 1").await;
    assert_eq!(rows, ["x"]);
    doris.running.shutdown().await;
}

#[tokio::test]
async fn without_evolution_a_field_without_a_column_is_left_out() {
    let doris = Doris::start(&[&A.replace("shop.a", "shop.orders")]).await;
    put(&doris, &[], &[("{\"id\":1,\"name\":\"x\"}", "")]).await.unwrap();
    assert_eq!(select(&doris, "SELECT id FROM shop.orders").await, ["1"]);
    doris.running.shutdown().await;
}
