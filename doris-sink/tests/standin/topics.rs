//! Records that a transform gave another topic.

use crate::doris::{Doris, batch_of};
use connector_api::{Batch, Value};

const TABLE: &str = "CREATE TABLE shop.NAME (id BIGINT NOT NULL) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) BUCKETS 1 \
                     PROPERTIES ('replication_num' = '1')";
const ROUTER: (&str, &str) = ("transforms.route.class", "org.apache.kafka.connect.transforms.RegexRouter");

/// The batch, each record with the topic of the same place.
fn routed(first: i64, topics: &[Option<&str>]) -> Batch {
    let id = |n: usize| first + i64::try_from(n).unwrap();
    let row = |n| (Value::String(format!(r#"{{"id":{}}}"#, id(n)).into()), None);
    let batch = batch_of(first, (0..topics.len()).map(row));
    let records = batch.records().iter().zip(topics).map(|(record, topic)| match topic {
        Some(topic) => record.clone().with_topic((*topic).into()),
        None => record.clone(),
    });
    Batch::new(batch.id().clone(), records.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn they_go_to_the_tables_of_their_own_topics() {
    let mut doris = Doris::start().await;
    for table in ["a", "b", "ods_c", "mapped"] {
        doris.run(&TABLE.replace("NAME", table)).await;
    }
    let mut task = doris.task(&[ROUTER]).await.unwrap();
    task.put(&routed(0, &[Some("a"), Some("b"), Some("a")])).await.unwrap();
    assert_eq!(doris.query("SELECT id FROM shop.a ORDER BY id").await, ["0", "2"]);
    assert_eq!(doris.query("SELECT id FROM shop.b ORDER BY id").await, ["1"]);

    // Nobody says what the table of topic "orders" is, which no record needs to know.
    let named = [
        ROUTER,
        ("doris.topic2table.map", "x:mapped"),
        ("doris.topic2table.regex", "new_(.*)"),
        ("doris.topic2table.replacement", "ods_$1"),
    ];
    let mut task = doris.task(&named).await.unwrap();
    task.put(&routed(3, &[Some("x"), Some("new_c")])).await.unwrap();
    assert_eq!(doris.query("SELECT id FROM shop.mapped").await, ["3"]);
    assert_eq!(doris.query("SELECT id FROM shop.ods_c").await, ["4"]);

    let refused = task.put(&routed(5, &[None, Some("x")])).await.unwrap_err().to_string();
    assert!(refused.contains(r#"topic "orders" has no table; add orders:<table>"#), "{refused}");
    assert_eq!(doris.query("SELECT id FROM shop.mapped ORDER BY id").await, ["3", "6"]);
}
