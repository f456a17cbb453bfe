//! A Doris that asks for less.

use crate::doris::{Doris, ROWS, good};
use connector_api::SinkError;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn what_one_task_is_told_slows_down_the_others_and_nothing_is_lost() {
    let mut doris = Doris::start().await;
    let (mut one, mut other) = (doris.task(&[]).await.unwrap(), doris.task(&[]).await.unwrap());
    let full = r#"[{"at":"be.stream_load","kind":"fail","message":"[E-235]version count: 2001"}]"#;
    doris.faults(full).await;
    let told = |error: SinkError, part: &str| match error {
        SinkError::Retriable(_) => assert!(error.to_string().contains(part), "{error}"),
        other => panic!("{other}"),
    };
    told(one.put(&good(0)).await.unwrap_err(), "larger and fewer");
    told(other.put(&good(1)).await.unwrap_err(), "loads into this table wait for another 1 s");
    let deadline = Instant::now() + Duration::from_secs(10);
    while one.put(&good(0)).await.is_err() {
        assert!(Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
    other.put(&good(1)).await.unwrap();
    assert_eq!(doris.rows().await, (2 * ROWS, 2 * ROWS));
    assert_eq!(doris.loads().await, ["ABORTED", "VISIBLE", "VISIBLE"], "a load that waits is not sent");
}
