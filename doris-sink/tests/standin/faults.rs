//! Answers that are lost, late or wrong.

use crate::doris::{Doris, ROWS, good, put_until_taken};

async fn check_loaded_once(faults: &str) {
    println!("{faults}");
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    doris.faults(faults).await;
    put_until_taken(&mut task, &good(0)).await;
    // A worker that was killed before it could commit puts the batch once more.
    let mut after_a_crash = doris.task(&[]).await.unwrap();
    put_until_taken(&mut after_a_crash, &good(0)).await;
    doris.wait_for_rows(ROWS).await;
    assert_eq!(doris.rows().await, (ROWS, ROWS));
    doris.running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_nothing_happens() {
    check_loaded_once("[]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_the_answer_is_lost() {
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"commit_then_drop","count":2}]"#).await;
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"garbage","commit":true}]"#).await;
    check_loaded_once(
        r#"[{"at":"be.stream_load","kind":"status","status":502,"body":"<html>","commit":true}]"#,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_the_load_is_lost() {
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"drop_before_commit","count":2}]"#).await;
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"drop"}]"#).await;
    check_loaded_once(r#"[{"at":"fe.stream_load","kind":"drop"}]"#).await;
    check_loaded_once(r#"[{"at":"fe.stream_load","kind":"dead_backend"}]"#).await;
    check_loaded_once(r#"[{"at":"fe.stream_load","kind":"status","status":503}]"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_an_earlier_attempt_still_runs() {
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"running","delay_ms":500,"then":"visible"}]"#).await;
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"running","delay_ms":500,"then":"aborted"}]"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_publishing_takes_its_time() {
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"publish_timeout","publish_after_ms":0}]"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_doris_is_busy() {
    let message = "[INTERNAL_ERROR]tablet error: [E-235]failed to init rowset builder. version count: 2001";
    check_loaded_once(&format!(
        r#"[{{"at":"be.stream_load","kind":"fail","message":"{message}","count":2}}]"#
    ))
    .await;
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"slow","delay_ms":4000}]"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_the_state_of_its_label_is_not_told() {
    for silent in [r#""kind":"drop""#, r#""kind":"garbage""#, r#""kind":"status","status":503"#] {
        check_loaded_once(&format!(
            r#"[{{"at":"be.stream_load","kind":"commit_then_drop"}},{{"at":"fe.get_load_state",{silent},"count":3}}]"#
        ))
        .await;
        check_loaded_once(&format!(
            r#"[{{"at":"be.stream_load","kind":"running","delay_ms":200,"then":"aborted"}},{{"at":"fe.get_load_state",{silent},"count":3}}]"#
        ))
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_one_fault_follows_another() {
    check_loaded_once(
        r#"[{"at":"fe.stream_load","kind":"dead_backend"},{"at":"be.stream_load","kind":"drop_before_commit"},
            {"at":"be.stream_load","kind":"fail","message":"[INTERNAL_ERROR]cancelled: closed"},
            {"at":"be.stream_load","kind":"garbage","commit":true}]"#,
    )
    .await;
}
