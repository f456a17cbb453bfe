//! Loads in two phases: all or nothing, once, whatever is lost between the phases.

use crate::doris::{Doris, ROWS, good, put_until_taken};

const TWO_PHASE: &[(&str, &str)] = &[("enable.2pc", "true")];

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_prepared_and_committed() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(TWO_PHASE).await.unwrap();
    for number in 0..3 {
        task.put(&good(number)).await.unwrap();
    }
    assert_eq!(doris.rows().await, (3 * ROWS, 3 * ROWS));
    assert_eq!(doris.loads().await, ["VISIBLE"; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_prepared_is_committed_when_the_batch_comes_again() {
    // Also by a sink that does not load in two phases any more: the rows are those of the batch, whoever prepared them.
    for then in [TWO_PHASE, &[]] {
        let mut doris = Doris::start().await;
        let mut task = doris.task(TWO_PHASE).await.unwrap();
        doris.faults(r#"[{"at":"be.two_phase","kind":"drop","count":100}]"#).await;
        println!("{}", task.put(&good(0)).await.unwrap_err());
        assert_eq!(doris.loads().await, ["PRECOMMITTED"]);
        assert_eq!(doris.rows().await, (0, 0), "nothing is visible between the phases");
        drop(task);
        doris.faults("[]").await;
        let mut task = doris.task(then).await.unwrap();
        put_until_taken(&mut task, &good(0)).await;
        assert_eq!(doris.rows().await, (ROWS, ROWS));
        assert_eq!(doris.loads().await, ["VISIBLE"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_not_done_twice() {
    for fault in [
        r#"[{"at":"be.two_phase","kind":"commit_then_drop","count":2}]"#,
        r#"[{"at":"be.two_phase","kind":"drop","count":2}]"#,
        r#"[{"at":"be.two_phase","kind":"status","status":502,"count":2}]"#,
        r#"[{"at":"fe.api","kind":"drop","count":2}]"#,
        r#"[{"at":"be.stream_load","kind":"commit_then_drop","count":2}]"#,
    ] {
        let mut doris = Doris::start().await;
        let mut task = doris.task(TWO_PHASE).await.unwrap();
        doris.faults(fault).await;
        put_until_taken(&mut task, &good(0)).await;
        doris.faults("[]").await;
        put_until_taken(&mut task, &good(1)).await;
        assert_eq!(doris.rows().await, (2 * ROWS, 2 * ROWS), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_doris_aborted_between_the_phases_is_loaded_again() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(TWO_PHASE).await.unwrap();
    doris.faults(r#"[{"at":"be.two_phase","kind":"drop","count":100}]"#).await;
    println!("{}", task.put(&good(0)).await.unwrap_err());
    doris.cancel_all().await;
    assert_eq!(doris.loads().await, ["ABORTED"]);
    doris.faults("[]").await;
    put_until_taken(&mut task, &good(0)).await;
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}
