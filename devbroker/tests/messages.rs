//! Messages go in and come out: in order, whole, once, with the codes a Java broker gives.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]

mod client;

use client::{Fixture, send_batch};

#[tokio::test]
async fn what_is_sent_is_pulled_in_order() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 2).await;
    for number in 0..100 {
        assert_eq!(client.send("orders", 1, &format!("order {number}")).await, number);
    }
    let messages = client.read_all("orders", 1, 0).await;
    assert_eq!(messages.len(), 100);
    for (number, message) in messages.iter().enumerate() {
        assert_eq!(message.offset, i64::try_from(number).unwrap());
        assert_eq!(message.body, format!("order {number}"));
        assert_eq!((&*message.topic, message.queue_id, &message.fault), ("orders", 1, &None));
    }
    assert_eq!(client.read_all("orders", 0, 0).await, []);
}

#[tokio::test]
async fn a_batch_gets_consecutive_offsets() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    client.send("orders", 0, "before").await;
    let bodies = (0..1000).map(|number| format!("{number:0>1000}").into());
    let answer = client.ok(send_batch("orders", 0, bodies)).await;
    assert_eq!(answer.fields.get("queueOffset"), Some("1"));
    assert_eq!(answer.fields.get("msgId").unwrap().split(',').count(), 1000);
    let messages = client.read_all("orders", 0, 1).await;
    assert_eq!(messages.len(), 1000);
    assert!(messages.iter().enumerate().all(|(number, message)| message.body == format!("{number:0>1000}")));
}
