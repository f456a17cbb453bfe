//! A password that changes while loads are under way: tasks go on once they have the new one, and nothing is lost or loaded twice.

use crate::doris::{Doris, ROWS, good, put_until_taken};
use connector_api::{SinkError, SinkTask};
use std::time::{Duration, Instant};

impl Doris {
    /// Gives user `loader` this password.
    async fn rotate(&mut self, password: &str) {
        for statement in [
            "DROP USER IF EXISTS loader",
            &format!("CREATE USER loader IDENTIFIED BY '{password}'"),
            "GRANT LOAD_PRIV, SELECT_PRIV ON shop.* TO loader",
        ] {
            self.sql(statement).await;
        }
    }

    /// A task of user `loader`, as a configuration with this password starts it.
    async fn loader(&self, password: &str) -> Result<Box<dyn SinkTask>, SinkError> {
        self.task(&[("doris.user", "loader"), ("doris.password", password)]).await
    }
}

/// What stops a task whose password is no longer right, and says what to do.
#[track_caller]
fn check_stopped(error: &SinkError) {
    let text = error.to_string();
    assert!(matches!(error, SinkError::Fatal(_)), "{text}");
    assert!(text.contains("check doris.user and doris.password"), "{text}");
    assert!(!text.contains("first") && !text.contains("second"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_stopped_by_a_password_that_was_changed_and_its_batch_is_loaded_by_the_next_one() {
    let mut doris = Doris::start().await;
    doris.rotate("first").await;
    let mut task = doris.loader("first").await.unwrap();
    task.put(&good(0)).await.unwrap();
    doris.rotate("second").await;
    check_stopped(&task.put(&good(1)).await.unwrap_err());
    task.stop().await.unwrap();
    // The host starts it again and again until somebody changes the configuration.
    check_stopped(&doris.loader("first").await.map(drop).unwrap_err());
    let mut task = doris.loader("second").await.unwrap();
    task.put(&good(1)).await.unwrap();
    assert_eq!(doris.rows().await, (2 * ROWS, 2 * ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_was_loaded_when_the_password_changed_is_not_loaded_again() {
    let mut doris = Doris::start().await;
    doris.rotate("first").await;
    let mut task = doris.loader("first").await.unwrap();
    doris.faults(r#"[{"at":"be.stream_load","kind":"commit_then_drop","count":1}]"#).await;
    let lost = task.put(&good(0)).await.unwrap_err();
    assert!(matches!(lost, SinkError::Retriable(_)), "{lost}");
    doris.rotate("second").await;
    check_stopped(&task.put(&good(0)).await.unwrap_err());
    task.stop().await.unwrap();
    let mut task = doris.loader("second").await.unwrap();
    put_until_taken(&mut task, &good(0)).await;
    put_until_taken(&mut task, &good(1)).await;
    assert_eq!(doris.rows().await, (2 * ROWS, 2 * ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_under_way_when_the_password_changes_ends_once() {
    let mut doris = Doris::start().await;
    doris.rotate("first").await;
    let mut task = doris.loader("first").await.unwrap();
    doris.faults(r#"[{"at":"be.stream_load","kind":"hold","count":1}]"#).await;
    let (asked, batch) = (Instant::now(), good(0));
    let outcome = {
        let mut put = std::pin::pin!(task.put(&batch));
        tokio::select! {
            early = &mut put => panic!("not held: {early:?}"),
            () = doris.wait_for_loads(&["PREPARE"]) => {}
        }
        doris.rotate("second").await;
        doris.releasing(put).await
    };
    println!("{outcome:?} after {:?}", asked.elapsed());
    assert!(asked.elapsed() < Duration::from_secs(20));
    task.stop().await.unwrap();
    let mut task = doris.loader("second").await.unwrap();
    put_until_taken(&mut task, &good(0)).await;
    put_until_taken(&mut task, &good(1)).await;
    assert_eq!(doris.rows().await, (2 * ROWS, 2 * ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_phases_have_prepared_when_the_password_changes_is_committed_once() {
    let mut doris = Doris::start().await;
    doris.rotate("first").await;
    let settings =
        |password| [("doris.user", "loader"), ("doris.password", password), ("enable.2pc", "true")];
    let mut task = doris.task(&settings("first")).await.unwrap();
    doris.faults(r#"[{"at":"be.two_phase","kind":"drop","count":9}]"#).await;
    let lost = task.put(&good(0)).await.unwrap_err();
    assert!(matches!(lost, SinkError::Retriable(_)), "{lost}");
    assert_eq!(doris.loads().await, ["PRECOMMITTED"]);
    doris.rotate("second").await;
    doris.faults("[]").await;
    check_stopped(&task.put(&good(0)).await.unwrap_err());
    let mut task = doris.task(&settings("second")).await.unwrap();
    put_until_taken(&mut task, &good(0)).await;
    assert_eq!((doris.rows().await, doris.loads().await), ((ROWS, ROWS), vec!["VISIBLE".to_owned()]));
}
