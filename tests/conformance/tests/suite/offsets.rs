//! Where queues begin and end, and what groups have committed.

use std::time::{SystemTime, UNIX_EPOCH};

use remoting::code::request;
use remoting::{Error, OutgoingMessage, PullOptions, Queue};
use serde_json::json;
use test_support::{frame, wait};

use crate::target::{DEADLINE, Target, numbered, unique, wait_readable};

on_every_target!(
    a_queue_begins_at_zero_and_ends_after_its_last_message,
    an_offset_by_time_is_the_first_at_or_after_it,
    a_missing_topic_has_no_offsets,
    a_group_that_never_committed_has_no_offset,
    a_committed_offset_reads_back_for_its_group_and_queue_only,
    zero_is_an_offset_and_less_is_none,
    committing_for_a_group_that_nobody_has_used_creates_it,
    the_bare_commit_for_a_group_that_nobody_has_used,
);

async fn a_queue_begins_at_zero_and_ends_after_its_last_message(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    assert_eq!((client.min_offset(&queue).await?, client.max_offset(&queue).await?), (0, 0));
    client.send_batch(&queue, &numbered("", 10)).await?;
    wait_readable(&client, &queue, 10).await?;
    assert_eq!(client.min_offset(&queue).await?, 0);
    Ok(())
}

async fn an_offset_by_time_is_the_first_at_or_after_it(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let mut stored = Vec::new();
    for (offset, body) in (0..).zip(["a", "b", "c"]) {
        // Each in a millisecond of its own.
        let last = stored.last().copied().unwrap_or_default();
        wait::until_true(DEADLINE, "the next millisecond", async || now() > last + 1).await?;
        client.send(&queue, &OutgoingMessage::new(body)).await?;
        wait_readable(&client, &queue, offset + 1).await?;
        stored.push(client.pull(&queue, &PullOptions::at(offset)).await?.messages[0].store_timestamp);
    }
    for (offset, time) in (0..).zip(&stored) {
        assert_eq!(client.offset_at(&queue, *time).await?, offset, "at {time} of {stored:?}");
    }
    assert_eq!(client.offset_at(&queue, 0).await?, 0);
    let after_last = if target.expected.after_last_is_last { 2 } else { 3 };
    assert_eq!(client.offset_at(&queue, stored[2] + 60_000).await?, after_last);
    Ok(())
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

async fn a_missing_topic_has_no_offsets(target: Target) -> anyhow::Result<()> {
    let client = target.client()?;
    let missing = Queue::new(unique("missing"), "broker-a", 0);
    // A broker would say 0.
    let errors = [
        client.min_offset(&missing).await.map(drop).unwrap_err(),
        client.max_offset(&missing).await.map(drop).unwrap_err(),
        client.offset_at(&missing, 0).await.map(drop).unwrap_err(),
        client.query_offset("group", &missing).await.map(drop).unwrap_err(),
        client.update_offset("group", &missing, 0).await.unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(&error, Error::TopicMissing { topic } if *topic == missing.topic), "{error:?}");
    }
    Ok(())
}

async fn a_group_that_never_committed_has_no_offset(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let group = unique("group");
    assert_eq!(client.query_offset(&group, &queue).await?, None);
    client.send(&queue, &OutgoingMessage::new("a")).await?;
    client.pull(&queue, &PullOptions { group: Some(group.as_str().into()), ..PullOptions::at(0) }).await?;
    assert_eq!(client.query_offset(&group, &queue).await?, None, "pulling is not committing");
    Ok(())
}

async fn a_committed_offset_reads_back_for_its_group_and_queue_only(target: Target) -> anyhow::Result<()> {
    let (client, queues) = (target.client()?, target.topic(2).await?);
    let (group, other) = (used_group(&client, &queues[0]).await?, unique("other"));
    client.send_batch(&queues[0], &numbered("", 10)).await?;
    // Also lower than before, and beyond the end.
    for offset in [7, 3, 100] {
        client.update_offset(&group, &queues[0], offset).await?;
        assert_eq!(client.query_offset(&group, &queues[0]).await?, Some(offset));
    }
    assert_eq!(client.query_offset(&group, &queues[1]).await?, None);
    assert_eq!(client.query_offset(&other, &queues[0]).await?, None);
    Ok(())
}

async fn zero_is_an_offset_and_less_is_none(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let group = used_group(&client, &queue).await?;
    let error = client.update_offset(&group, &queue, -1).await.unwrap_err();
    assert!(matches!(error, Error::InvalidOffset { offset: -1, .. }), "{error:?}");
    assert_eq!(client.query_offset(&group, &queue).await?, None);
    client.update_offset(&group, &queue, 0).await?;
    assert_eq!(client.query_offset(&group, &queue).await?, Some(0));
    Ok(())
}

async fn committing_for_a_group_that_nobody_has_used_creates_it(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let group = unique("group");
    client.update_offset(&group, &queue, 5).await?;
    assert_eq!(client.query_offset(&group, &queue).await?, Some(5));
    Ok(())
}

async fn the_bare_commit_for_a_group_that_nobody_has_used(target: Target) -> anyhow::Result<()> {
    let queue = target.queue().await?;
    let fields = json!({
        "consumerGroup": unique("group"), "topic": &*queue.topic, "queueId": queue.id.to_string(),
        "commitOffset": "1", "bname": &*queue.broker,
    });
    let code = u16::try_from(request::UPDATE_CONSUMER_OFFSET)?;
    let answer = frame::call(target.broker.parse()?, code, fields, b"").await?;
    assert_eq!(answer.code, i64::from(target.expected.bare_commit_of_unknown_group), "{answer:?}");
    Ok(())
}

/// A group that exists because it was pulled with.
async fn used_group(client: &remoting::Client, queue: &Queue) -> anyhow::Result<String> {
    let group = unique("group");
    client.pull(queue, &PullOptions { group: Some(group.as_str().into()), ..PullOptions::at(0) }).await?;
    Ok(group)
}
