//! One batch put by two workers at a time, or dropped in the middle.

use crate::doris::{Doris, ROWS, good, put_until_taken};
use std::{future::poll_fn, pin::pin, task::Poll};

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_two_workers_put_at_once_is_loaded_by_one_and_taken_by_both() {
    let mut doris = Doris::start().await;
    let mut one = doris.task(&[]).await.unwrap();
    let mut other = doris.task(&[]).await.unwrap();
    let batches = 20;
    for number in 0..batches {
        let batch = good(number);
        tokio::join!(put_until_taken(&mut one, &batch), put_until_taken(&mut other, &batch));
    }
    assert_eq!(doris.rows().await, (batches * ROWS, batches * ROWS));
    assert_eq!(doris.loads().await, vec!["VISIBLE"; usize::try_from(batches).unwrap()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_comes_while_another_loads_waits_for_its_end() {
    for (fault, states) in [
        (r#"{"at":"be.stream_load","kind":"hold"}"#, &["VISIBLE"][..]),
        (r#"{"at":"be.stream_load","kind":"running","delay_ms":300,"then":"visible"}"#, &["VISIBLE"]),
        (
            r#"{"at":"be.stream_load","kind":"running","delay_ms":300,"then":"aborted"}"#,
            &["ABORTED", "VISIBLE"],
        ),
    ] {
        println!("{fault}");
        let mut doris = Doris::start().await;
        doris.faults(&format!("[{fault}]")).await;
        let (mut one, mut other) = (doris.task(&[]).await.unwrap(), doris.task(&[]).await.unwrap());
        let batch = good(0);
        let late = async {
            doris.wait_for_loads(&["PREPARE"]).await;
            doris.releasing(put_until_taken(&mut other, &batch)).await;
        };
        tokio::join!(put_until_taken(&mut one, &batch), late);
        assert_eq!(doris.loads().await, states);
        doris.wait_for_rows(ROWS).await;
        assert_eq!(doris.rows().await, (ROWS, ROWS));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_is_dropped_at_any_point_leaves_a_batch_that_is_loaded_once() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    let batches = 40;
    let mut finished = 0;
    for number in 0..batches {
        let batch = good(number);
        // Dropped where it waits for the first time, for the second and so on, and then a little later each time.
        let put = task.put(&batch);
        let taken = match u64::try_from(number).unwrap() {
            waits @ 0..10 => until_it_waits_again(put, waits).await,
            later => tokio::select! {
                taken = put => Some(taken),
                () = turns((later - 10) * 20) => None,
            },
        };
        finished += i64::from(taken.is_some());
        // The same task goes on, or another one takes over.
        let mut heir = doris.task(&[]).await.unwrap();
        put_until_taken(if number % 2 == 0 { &mut task } else { &mut heir }, &batch).await;
    }
    println!("{finished} of {batches} had finished");
    assert!(finished < batches, "none was dropped");
    doris.wait_for_rows(batches * ROWS).await;
    assert_eq!(doris.rows().await, (batches * ROWS, batches * ROWS));
}

/// As long as other work needs for so many turns on this thread, which is finer than a timer is.
async fn turns(count: u64) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// What `put` returns, unless it has to wait more often than this.
async fn until_it_waits_again<T>(put: impl Future<Output = T>, mut waits: u64) -> Option<T> {
    let mut put = pin!(put);
    poll_fn(|context| match put.as_mut().poll(context) {
        Poll::Ready(taken) => Poll::Ready(Some(taken)),
        Poll::Pending if waits == 0 => Poll::Ready(None),
        Poll::Pending => {
            waits -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_that_is_dropped_while_doris_loads_is_found_by_the_next() {
    let mut doris = Doris::start().await;
    doris.faults(r#"[{"at":"be.stream_load","kind":"hold"}]"#).await;
    let mut task = doris.task(&[]).await.unwrap();
    let batch = good(0);
    {
        let mut put = pin!(task.put(&batch));
        tokio::select! {
            taken = &mut put => panic!("{taken:?}"),
            () = doris.wait_for_loads(&["PREPARE"]) => {}
        }
    }
    doris.releasing(put_until_taken(&mut task, &batch)).await;
    // If rows were still missing when the put was dropped, that load was aborted.
    let loads = doris.loads().await;
    assert!(loads == ["VISIBLE"] || loads == ["ABORTED", "VISIBLE"], "{loads:?}");
    assert_eq!(doris.rows().await, (ROWS, ROWS));
}
