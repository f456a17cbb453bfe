//! Backends that do not hear that an upload has ended, so that its label stays `PREPARE` for the 600 s that a load has.

use crate::doris::{Doris, ROWS, batch_at, good, put_until_taken};
use connector_api::Batch;
use std::time::{Duration, Instant};

/// A silent connection is given up soon; all else is as it is unless set.
const GIVEN: &[(&str, &str)] = &[("request.read.timeout.ms", "2000"), ("max.retries", "1")];

/// Far from the 600 s.
const SOON: Duration = Duration::from_secs(15);

async fn load_soon(doris: &Doris, batch: &Batch) {
    let began = Instant::now();
    put_until_taken(&mut doris.task(GIVEN).await.unwrap(), batch).await;
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}

async fn check_loaded_once(doris: &mut Doris) {
    // What hung goes on, which is too late for it.
    doris.release().await;
    assert_eq!(doris.loads().await, ["ABORTED", "VISIBLE"]);
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_whose_upload_arrived_is_cancelled_and_loaded_again() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"hold"}]"#).await;
    load_soon(&doris, &good(0)).await;
    check_loaded_once(&mut doris).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_whose_upload_came_to_a_stop_is_cancelled_and_loaded_again() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"slow_reader","bytes_per_second":1}]"#).await;
    let wide = |id| format!(r#"{{"id":{id},"name":"n{id}"{}}}"#, " ".repeat(200_000));
    load_soon(&doris, &batch_at(0, (0..ROWS).map(wide))).await;
    check_loaded_once(&mut doris).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_found_at_the_start_of_a_task_is_cancelled_and_loaded_again() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"hold"}]"#).await;
    let batch = good(0);
    let mut died = doris.task(&[]).await.unwrap();
    {
        let mut put = std::pin::pin!(died.put(&batch));
        tokio::select! {
            taken = &mut put => panic!("{taken:?}"),
            () = doris.wait_for_loads(&["PREPARE"]) => {}
        }
    }
    load_soon(&doris, &batch).await;
    check_loaded_once(&mut doris).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_takes_longer_than_any_patience_at_first_is_cancelled_and_ends_at_last() {
    let mut doris = Doris::start().await;
    doris
        .faults(r#"[{"at":"be.stream_load","kind":"running","delay_ms":4500,"then":"visible","count":9}]"#)
        .await;
    put_until_taken(&mut doris.task(&[]).await.unwrap(), &good(0)).await;
    assert_eq!(doris.loads().await, ["ABORTED", "VISIBLE"]);
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_is_counted_once_however_close_its_commit_is_to_the_cancel() {
    // Patience is over at 3 s, and the label asked for a little later.
    tokio::join!(race(3080), race(3100), race(3120), race(3140), race(3160), race(3180));
}

async fn race(delay: u32) {
    let mut doris = Doris::start().await;
    let fault = format!(r#"{{"at":"be.stream_load","kind":"running","delay_ms":{delay},"then":"visible"}}"#);
    doris.faults(&format!("[{fault}]")).await;
    let mut task = doris.task(&[("request.read.timeout.ms", "4000")]).await.unwrap();
    put_until_taken(&mut task, &good(0)).await;
    println!("{delay} ms: {:?}", doris.loads().await);
    assert_eq!(doris.rows().await, (ROWS, ROWS), "after {delay} ms");
}
