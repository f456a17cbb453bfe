//! Batches of which the broker has dropped the beginning before they come again.

use crate::doris::{Doris, ROWS, batch_at, good, put_until_taken};
use connector_api::{Batch, QueueOffset, SinkError};

/// What is left of `batch` once the broker has dropped its first messages, so many.
fn without_first(count: i64, batch: Batch) -> Batch {
    let id = batch.id().clone();
    let from = QueueOffset::new(id.first.get() + count).unwrap();
    let left = batch.into_records().into_iter().filter(|record| record.offset() >= from);
    Batch::new(id, left.collect()).with_gone_below(from)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_batch_that_was_loaded_is_not_loaded_again() {
    let mut doris = Doris::start().await;
    put_until_taken(&mut doris.task(&[]).await.unwrap(), &good(1)).await;
    for dropped in [ROWS / 2, ROWS - 1] {
        let mut heir = doris.task(&[]).await.unwrap();
        put_until_taken(&mut heir, &without_first(dropped, good(1))).await;
        assert_eq!(doris.rows().await, (ROWS, ROWS), "without the first {dropped}");
    }
    assert_eq!(doris.loads().await, ["VISIBLE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_batch_that_was_not_loaded_is_loaded_once() {
    let mut doris = Doris::start().await;
    for dropped in [ROWS / 2, ROWS / 2 + 10] {
        let mut task = doris.task(&[]).await.unwrap();
        put_until_taken(&mut task, &without_first(dropped, good(1))).await;
        assert_eq!(doris.rows().await, (ROWS / 2, ROWS / 2), "without the first {dropped}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_refused_behind_what_was_dropped_is_named_again_and_nothing_is_loaded_twice() {
    let mut doris = Doris::start().await;
    let batch =
        || batch_at(0, ["{\"id\":1}", "{\"id\":2}", "not json", "{\"id\":3}"].map(str::to_owned).into_iter());
    for batch in [batch(), without_first(1, batch()), without_first(2, batch())] {
        match doris.task(&[]).await.unwrap().put(&batch).await {
            Err(SinkError::Records(refused)) => {
                assert_eq!(refused.iter().map(|e| e.offset.get()).collect::<Vec<_>>(), [2]);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(doris.rows().await, (3, 3));
    }
}
