//! Servers that have too much to do.

use crate::{
    server::{Reply, Server},
    task::{config, load, location, refused, row, start},
};
use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

fn away(status: u16) -> Reply {
    Reply::Early(status, "Retry-After: 30\r\n", "later".to_owned())
}

#[tokio::test]
async fn another_frontend_is_asked_when_one_is_too_busy() {
    let good = Server::start(None, |_| Reply::Take).await;
    for status in [429, 503] {
        let busy = Server::start(None, move |_| away(status)).await;
        let mut task = start(&config(&format!("{},{}", busy.address, good.address), &[])).await.unwrap();
        for number in 0..3 {
            task.put(&row(number)).await.unwrap();
        }
        assert_eq!(busy.loads().len(), 1, "{status}");
    }
    assert_eq!(good.loads().len(), 6);
}

#[tokio::test]
async fn servers_that_are_all_too_busy_are_left_alone_for_as_long_as_they_ask() {
    let frontend = Server::start(None, |_| away(503)).await;
    let mut task = start(&config(&frontend.address.to_string(), &[])).await.unwrap();
    refused(task.put(&row(1)).await, true, &["too busy", "HTTP 503", "asked again in 30 s"]);
    refused(task.put(&row(1)).await, true, &["loads into this table wait for another 30 s"]);
    assert_eq!(frontend.loads().len(), 1);
}

#[tokio::test]
async fn the_server_that_is_back_first_is_asked_first() {
    let late = Server::start(None, |_| away(503)).await;
    let asked = AtomicUsize::new(0);
    let soon = Server::start(None, move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Early(503, "", String::new()),
        _ => Reply::Take,
    })
    .await;
    let mut task = start(&config(&format!("{},{}", late.address, soon.address), &[])).await.unwrap();
    refused(task.put(&row(1)).await, true, &["too busy"]);
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(waits) = task.put(&row(1)).await {
        assert!(Instant::now() < deadline, "{waits}");
        tokio::task::yield_now().await;
    }
    assert_eq!((late.loads().len(), soon.loads().len()), (1, 2));
}

#[tokio::test]
async fn a_backend_that_is_too_busy_is_told_as_what_it_is() {
    let backend = Server::start(None, |_| away(429)).await;
    let to = location("http", backend.address);
    let frontend = Server::start(None, move |_| Reply::Redirect(to.clone())).await;
    let url = frontend.address.to_string();
    refused(load(&url, &[]).await, true, &[&backend.address.to_string(), "HTTP 429", "in 30 s"]);
}

#[tokio::test]
async fn one_that_is_too_busy_once_it_has_the_rows_leaves_it_unknown_whether_they_are_in() {
    let frontend = Server::start(None, |_| Reply::Late(503, "", String::new())).await;
    refused(load(&frontend.address.to_string(), &[]).await, true, &["not known", "HTTP 503"]);
}
