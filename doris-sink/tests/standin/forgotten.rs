//! Batches that come again when Doris may have forgotten their labels.

use crate::doris::{Doris, ROWS, good, put_until_taken};
use connector_api::{Batch, SinkError};
use std::time::{Duration, SystemTime};

/// The batch as it comes again seven hours after it got its identity.
fn seven_hours_old() -> Batch {
    good(0).bounded_at(SystemTime::now() - Duration::from_secs(7 * 3600))
}

/// A Doris that loaded the batch once.
async fn loaded() -> Doris {
    let doris = Doris::start().await;
    put_until_taken(&mut doris.task(&[]).await.unwrap(), &good(0)).await;
    doris
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_batch_that_doris_remembers_is_not_loaded_again() {
    let mut doris = loaded().await;
    doris.task(&[]).await.unwrap().put(&seven_hours_old()).await.unwrap();
    assert_eq!(doris.loads().await, ["VISIBLE"]);
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_batch_that_doris_forgot_is_not_loaded_again_unless_the_operator_says_so() {
    let mut doris = loaded().await;
    doris.forget_labels().await;
    let refused = doris.task(&[]).await.unwrap().put(&seven_hours_old()).await;
    assert!(matches!(refused, Err(SinkError::Fatal(_))), "{refused:?}");
    assert_eq!(doris.rows().await, (ROWS, ROWS));
    let mut told = doris.task(&[("exactly.once.expired", "reload")]).await.unwrap();
    told.put(&seven_hours_old()).await.unwrap();
    assert_eq!(doris.rows().await, (2 * ROWS, ROWS));
    // Once more is not asked for: Doris knows the label again.
    told.put(&seven_hours_old()).await.unwrap();
    assert_eq!(doris.rows().await, (2 * ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_batch_whose_load_was_aborted_is_loaded_once() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"drop_before_commit"}]"#).await;
    let mut task = doris.task(&[("max.retries", "0")]).await.unwrap();
    let failed = task.put(&good(0)).await;
    assert!(matches!(failed, Err(SinkError::Retriable(_))), "{failed:?}");
    doris.wait_for_loads(&["ABORTED"]).await;
    doris.task(&[]).await.unwrap().put(&seven_hours_old()).await.unwrap();
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_batch_whose_load_still_runs_is_waited_for() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"running","delay_ms":400,"then":"visible"}]"#).await;
    let mut task = doris.task(&[("max.retries", "0")]).await.unwrap();
    let failed = task.put(&good(0)).await;
    assert!(matches!(failed, Err(SinkError::Retriable(_))), "{failed:?}");
    doris.task(&[]).await.unwrap().put(&seven_hours_old()).await.unwrap();
    assert_eq!(doris.loads().await, ["VISIBLE"]);
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_batch_waits_for_a_frontend_that_does_not_tell() {
    let mut doris = loaded().await;
    let mut task = doris.task(&[("max.retries", "0"), ("request.read.timeout.ms", "300")]).await.unwrap();
    for silence in ["hang", "drop", "garbage"] {
        // Twice: a kept connection that is lost is replaced once.
        doris.faults(&format!(r#"[{{"at":"fe.get_load_state","kind":"{silence}","count":2}}]"#)).await;
        let waits = task.put(&seven_hours_old()).await;
        assert!(matches!(waits, Err(SinkError::Retriable(_))), "{silence}: {waits:?}");
        doris.faults("[]").await;
        task.put(&seven_hours_old()).await.unwrap();
    }
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}
