//! Rows that are deleted, and change events of databases.

use crate::doris::{Doris, batch_at, batch_of, put_until_taken};
use connector_api::{SinkError, Value};

const TABLE: &str = "CREATE TABLE shop.goods (id BIGINT NOT NULL, name VARCHAR(20)) UNIQUE KEY(id) \
                     DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES ('replication_num' = '1')";
const DELETES: (&str, &str) = ("enable.delete", "true");
const GOODS: (&str, &str) = ("doris.topic2table.map", "orders:goods");

async fn goods(doris: &mut Doris) -> Vec<String> {
    doris.query("SELECT id, name FROM shop.goods ORDER BY id").await
}

#[tokio::test(flavor = "multi_thread")]
async fn tombstones_and_flags_delete_rows_of_a_unique_table() {
    let mut doris = Doris::start().await;
    doris.run(TABLE).await;
    let more = [DELETES, GOODS, ("behavior.on.null.values", "delete"), ("record.delete.field", "gone")];
    let mut task = doris.task(&more).await.unwrap();
    let row = |id: i64| (Value::String(format!(r#"{{"id":{id},"name":"n{id}"}}"#).into()), None);
    task.put(&batch_of(0, (1..=4).map(row))).await.unwrap();
    assert_eq!(goods(&mut doris).await, ["1|n1", "2|n2", "3|n3", "4|n4"]);
    let changes = [
        (Value::Null, Some(r#"{"id":1}"#)),
        (Value::String(r#"{"id":2,"gone":true}"#.into()), None),
        // Of several rows of one key the last counts.
        (Value::String(r#"{"id":3,"name":"new"}"#.into()), None),
        (Value::Null, Some(r#"{"id":4}"#)),
        (Value::String(r#"{"id":4,"name":"back"}"#.into()), None),
    ];
    let batch = batch_of(4, changes.into_iter());
    put_until_taken(&mut task, &batch).await;
    assert_eq!(goods(&mut doris).await, ["3|new", "4|back"]);
    // The same changes come again, and after later ones they would do harm.
    task.put(&batch_of(9, [row(1)].into_iter())).await.unwrap();
    put_until_taken(&mut task, &batch).await;
    assert_eq!(goods(&mut doris).await, ["1|n1", "3|new", "4|back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn change_events_are_followed() {
    let events = [
        (
            "debezium_ingestion",
            vec![
                r#"{"op":"c","before":null,"after":{"id":1,"name":"a"},"source":{"table":"t"}}"#,
                r#"{"op":"r","after":{"id":2,"name":"b"}}"#,
                r#"{"schema":null,"payload":{"op":"u","before":{"id":2},"after":{"id":2,"name":"c"}}}"#,
                r#"{"op":"d","before":{"id":1,"name":"a"},"after":null}"#,
            ],
            vec!["2|c"],
        ),
        (
            "canal",
            vec![
                r#"{"type":"INSERT","pkNames":["id"],"data":[{"id":"1","name":"a"},{"id":"2","name":null}]}"#,
                r#"{"type":"UPDATE","pkNames":["id"],"data":[{"id":"3","name":"a"}],"old":[{"id":"1"}]}"#,
                r#"{"type":"ALTER","isDdl":true,"sql":"x"}"#,
            ],
            vec!["2|NULL", "3|a"],
        ),
    ];
    for (mode, events, expected) in events {
        let mut doris = Doris::start().await;
        doris.run(TABLE).await;
        let mut task = doris.task(&[DELETES, GOODS, ("converter.mode", mode)]).await.unwrap();
        task.put(&batch_at(0, events.into_iter().map(str::to_owned))).await.unwrap();
        assert_eq!(goods(&mut doris).await, expected, "{mode}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_a_bad_row_is_refused_as_a_whole_and_the_others_are_loaded() {
    let mut doris = Doris::start().await;
    doris.run(TABLE).await;
    let mut task = doris.task(&[DELETES, GOODS, ("converter.mode", "canal")]).await.unwrap();
    let events = [
        r#"{"type":"INSERT","data":[{"id":"1"},{"id":"2"}]}"#,
        r#"{"type":"INSERT","data":[{"id":"3"},{"name":"no id"}]}"#,
        r#"{"type":"INSERT","data":[{"id":"4"}]}"#,
    ];
    match task.put(&batch_at(0, events.into_iter().map(str::to_owned))).await {
        Err(SinkError::Records(refused)) => {
            assert_eq!(refused.iter().map(|e| e.offset.get()).collect::<Vec<_>>(), [1]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(goods(&mut doris).await, ["1|NULL", "2|NULL", "4|NULL"]);
}
