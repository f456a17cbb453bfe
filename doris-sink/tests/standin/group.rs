//! Group commit: no labels, and what that costs.

use crate::doris::{Doris, ROWS, good, put_until_taken};
use connector_api::SinkError;

const SYNC: (&str, &str) = ("sink.properties.group_commit", "sync_mode");
const ASYNC: (&str, &str) = ("sink.properties.group_commit", "async_mode");

#[tokio::test(flavor = "multi_thread")]
async fn loads_in_groups_are_taken_and_seen() {
    let mut doris = Doris::start().await;
    doris.run("ALTER TABLE shop.orders SET ('group_commit_interval_ms' = '50')").await;
    let mut task = doris.task(&[SYNC]).await.unwrap();
    task.put(&good(0)).await.unwrap();
    assert_eq!(doris.rows().await, (ROWS, ROWS), "visible once it is answered");
    let quick = "CREATE TABLE shop.quick (id BIGINT NOT NULL, name VARCHAR(20)) DUPLICATE KEY(id) DISTRIBUTED BY HASH(id) \
                 BUCKETS 1 PROPERTIES ('replication_num' = '1', 'group_commit_interval_ms' = '50')";
    doris.run(quick).await;
    let mut task = doris.task(&[ASYNC, ("doris.topic2table.map", "orders:quick")]).await.unwrap();
    task.put(&good(1)).await.unwrap();
    let count = format!("SELECT COUNT(*) = {ROWS} FROM shop.quick");
    doris.until(&count, "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_whose_answer_is_lost_comes_twice_as_it_is_at_least_once() {
    let mut doris = Doris::start().await;
    doris.run("ALTER TABLE shop.orders SET ('group_commit_interval_ms' = '50')").await;
    let mut task = doris.task(&[SYNC]).await.unwrap();
    doris.faults(r#"[{"at":"be.stream_load","kind":"commit_then_drop"}]"#).await;
    put_until_taken(&mut task, &good(0)).await;
    assert_eq!(doris.rows().await, (2 * ROWS, ROWS), "nothing is lost, and nothing is promised beyond that");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_group_cannot_promise_is_refused() {
    let doris = Doris::start().await;
    for more in [("delivery.guarantee", "exactly_once"), ("enable.2pc", "true")] {
        match doris.task(&[SYNC, more]).await {
            Err(error @ SinkError::Fatal(_)) => {
                assert!(error.to_string().contains("group_commit"), "{error}");
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{more:?} was accepted"),
        }
    }
}
