//! Pulls that wait at the end of their queue.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]

mod client;

use std::time::{Duration, Instant};

use client::{Fixture, decoded, long_pull, pull, send};
use remoting::{
    code::{request, response},
    command::Command,
};

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_waiting_pull_is_answered_when_a_message_comes_and_holds_up_nothing() {
    let fixture = Fixture::start().await;
    let (reader, writer) = (fixture.client().await, fixture.client().await);
    writer.create_topic("orders", 1).await;
    let first = reader.begin(long_pull("orders", 0, 0, LONG)).await;
    let second = reader.begin(long_pull("orders", 0, 0, LONG)).await;
    for _ in 0..100 {
        assert_eq!(reader.max_offset("orders", 0).await, 0);
    }
    writer.send("orders", 0, "hello").await;
    for waiting in [first, second] {
        let answer = tokio::time::timeout(LONG, waiting).await.unwrap().unwrap();
        assert_eq!(answer.code, response::SUCCESS);
        assert_eq!(decoded(&answer)[0].body, "hello");
    }
}

#[tokio::test]
async fn a_wait_ends_in_time_with_nothing() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    let wait = Duration::from_millis(200);
    let start = Instant::now();
    let answer = client.call(long_pull("orders", 0, 0, wait)).await;
    assert_eq!(answer.code, response::PULL_NOT_FOUND);
    assert!(start.elapsed() >= wait, "{:?}", start.elapsed());
}

#[tokio::test]
async fn only_a_pull_at_the_end_waits() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    client.send("orders", 0, "x").await;
    let start = Instant::now();
    assert_eq!(client.call(long_pull("orders", 0, 0, LONG)).await.code, response::SUCCESS);
    assert_eq!(client.call(long_pull("orders", 0, 10, LONG)).await.code, response::PULL_OFFSET_MOVED);
    assert_eq!(client.call(long_pull("orders", 7, 0, LONG)).await.code, response::INVALID_PARAMETER);
    assert_eq!(client.call(pull("orders", 0, 1)).await.code, response::PULL_NOT_FOUND);
    assert!(start.elapsed() < LONG);
}

#[tokio::test]
async fn a_filtered_wait_is_not_ended_by_what_it_does_not_select() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    let tagged = |tag: &str| send("orders", 0, tag.to_owned()).field("i", format!("TAGS\u{1}{tag}\u{2}"));
    let wait = |time| long_pull("orders", 0, 0, time).field("subscription", "mine");
    let waiting = client.begin(wait(LONG)).await;
    let short = client.begin(wait(Duration::from_millis(200))).await;
    for _ in 0..3 {
        client.ok(tagged("other")).await;
    }
    let answer = short.await.unwrap();
    assert_eq!(
        (answer.code, answer.fields.get("nextBeginOffset")),
        (response::PULL_RETRY_IMMEDIATELY, Some("3"))
    );
    client.ok(tagged("mine")).await;
    let answer = tokio::time::timeout(LONG, waiting).await.unwrap().unwrap();
    assert_eq!(answer.code, response::SUCCESS);
    assert_eq!(decoded(&answer).iter().map(|message| message.offset).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn a_waiting_pull_learns_that_its_topic_is_deleted() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    let waiting = client.begin(long_pull("orders", 0, 0, LONG)).await;
    client.ok(Command::request(request::DELETE_TOPIC_IN_BROKER).field("topic", "orders")).await;
    let answer = tokio::time::timeout(LONG / 2, waiting).await.unwrap().unwrap();
    assert_eq!(answer.code, response::TOPIC_NOT_EXIST);
}

#[tokio::test]
async fn waiting_pulls_do_not_keep_the_broker_from_stopping() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    let waiting = client.begin(long_pull("orders", 0, 0, LONG)).await;
    let start = Instant::now();
    fixture.broker.shutdown().await;
    assert!(waiting.await.is_err(), "the connection ended");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
