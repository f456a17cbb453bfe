//! What a pull answers, wherever in a queue it is asked.

use remoting::PullStatus::{Found, Illegal, NoNew};
use remoting::{Client, Error, OutgoingMessage, PullOptions, PullStatus, Queue};
use serde_json::json;
use test_support::frame;

use crate::target::{Target, numbered, unique, wait_readable};

on_every_target!(
    every_place_of_a_queue_has_its_answer,
    every_place_of_an_empty_queue_has_its_answer,
    no_more_messages_than_asked_for,
    a_pull_from_a_missing_topic_says_so,
    a_request_that_nobody_knows_is_refused,
);

async fn every_place_of_a_queue_has_its_answer(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    client.send_batch(&queue, &numbered("", 5)).await?;
    wait_readable(&client, &queue, 5).await?;
    check(&client, &queue, 0, (Found, 5, 5)).await?;
    check(&client, &queue, 3, (Found, 2, 5)).await?;
    check(&client, &queue, 5, (NoNew, 0, 5)).await?;
    check(&client, &queue, 6, (Illegal, 0, 5)).await?;
    check(&client, &queue, 1_000_000, (Illegal, 0, 5)).await?;
    check(&client, &queue, -1, (Illegal, 0, 0)).await?;
    Ok(())
}

async fn every_place_of_an_empty_queue_has_its_answer(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    check(&client, &queue, 0, (NoNew, 0, 0)).await?;
    check(&client, &queue, 7, (Illegal, 0, 0)).await?;
    Ok(())
}

/// Pulls at `offset` and compares status, number of messages and where to go on.
async fn check(
    client: &Client,
    queue: &Queue,
    offset: i64,
    expected: (PullStatus, usize, i64),
) -> anyhow::Result<()> {
    let pulled = client.pull(queue, &PullOptions::at(offset)).await?;
    let found: Vec<i64> = pulled.messages.iter().map(|message| message.offset).collect();
    assert_eq!((pulled.status, found.len(), pulled.next), expected, "pull at {offset}: {pulled:?}");
    assert!(found.iter().copied().eq((offset..).take(found.len())), "pull at {offset}: {found:?}");
    assert_eq!((pulled.min, pulled.max), (0, client.max_offset(queue).await?), "pull at {offset}");
    Ok(())
}

async fn no_more_messages_than_asked_for(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    // One by one: a batch that a broker keeps as one comes as one.
    for number in 0..10 {
        client.send(&queue, &OutgoingMessage::new(number.to_string())).await?;
    }
    wait_readable(&client, &queue, 10).await?;
    let options = PullOptions { max_messages: 4, ..PullOptions::at(3) };
    let pulled = client.pull(&queue, &options).await?;
    let offsets: Vec<i64> = pulled.messages.iter().map(|message| message.offset).collect();
    assert_eq!((offsets.as_slice(), pulled.next), (&[3, 4, 5, 6][..], 7));
    Ok(())
}

async fn a_pull_from_a_missing_topic_says_so(target: Target) -> anyhow::Result<()> {
    let client = target.client()?;
    let missing = Queue::new(unique("missing"), "broker-a", 0);
    let error = client.pull(&missing, &PullOptions::at(0)).await.unwrap_err();
    assert!(matches!(&error, Error::TopicMissing { topic } if *topic == missing.topic), "{error:?}");
    Ok(())
}

async fn a_request_that_nobody_knows_is_refused(target: Target) -> anyhow::Result<()> {
    let answer = frame::call(target.broker.parse()?, 9999, json!({}), b"").await?;
    assert_eq!(answer.code, i64::from(remoting::code::response::REQUEST_CODE_NOT_SUPPORTED), "{answer:?}");
    Ok(())
}
