//! Topics: created, changed, deleted.

use remoting::code::response;
use remoting::{Client, Error, OutgoingMessage, TopicSpec};

use crate::target::{Kind, Target, unique, wait_readable};

on_every_broker!(
    a_created_topic_can_be_used_at_once,
    a_topic_gets_more_queues,
    a_deleted_topic_is_gone_and_a_new_one_of_its_name_is_empty,
    deleting_a_missing_topic_is_no_error,
    a_name_that_is_not_allowed_is_refused,
    only_a_compacted_topic_may_have_gaps,
);

async fn a_created_topic_can_be_used_at_once(target: Target) -> anyhow::Result<()> {
    let client = target.client()?;
    let topic = unique("created");
    client.create_topic(&TopicSpec::new(&topic, 3)).await?;
    assert_eq!(queue_ids(&client, &topic).await?, [0, 1, 2]);
    for queue in client.route(&topic).await?.write_queues() {
        assert_eq!(client.send(&queue, &OutgoingMessage::new("first")).await?.offset, 0);
    }
    Ok(())
}

async fn a_topic_gets_more_queues(target: Target) -> anyhow::Result<()> {
    let client = target.client()?;
    let topic = unique("grown");
    client.create_topic(&TopicSpec::new(&topic, 1)).await?;
    client.create_topic(&TopicSpec::new(&topic, 2)).await?;
    assert_eq!(queue_ids(&client, &topic).await?, [0, 1]);
    Ok(())
}

async fn a_deleted_topic_is_gone_and_a_new_one_of_its_name_is_empty(target: Target) -> anyhow::Result<()> {
    let client = target.client()?;
    let topic = unique("deleted");
    client.create_topic(&TopicSpec::new(&topic, 1)).await?;
    let queue = client.route(&topic).await?.write_queues().remove(0);
    for body in ["a", "b", "c"] {
        client.send(&queue, &OutgoingMessage::new(body)).await?;
    }
    wait_readable(&client, &queue, 3).await?;

    client.delete_topic(&topic).await?;
    let error = client.route(&topic).await.unwrap_err();
    assert!(matches!(error, Error::TopicMissing { .. }), "{error:?}");
    let error = client.send(&queue, &OutgoingMessage::new("late")).await.unwrap_err();
    assert!(matches!(error, Error::TopicMissing { .. }), "{error:?}");

    client.create_topic(&TopicSpec::new(&topic, 1)).await?;
    assert_eq!(client.max_offset(&queue).await?, 0);
    assert_eq!(client.send(&queue, &OutgoingMessage::new("new")).await?.offset, 0);
    wait_readable(&client, &queue, 1).await?;
    assert_eq!(crate::target::bodies(&client, &queue).await?, ["new"]);
    Ok(())
}

async fn deleting_a_missing_topic_is_no_error(target: Target) -> anyhow::Result<()> {
    target.client()?.delete_topic(&unique("never-created")).await?;
    Ok(())
}

async fn a_name_that_is_not_allowed_is_refused(target: Target) -> anyhow::Result<()> {
    let client = target.client()?;
    for name in ["with blank", "ümlaut", &"x".repeat(128), "TBW102"] {
        let error = client.create_topic(&TopicSpec::new(name, 1)).await.unwrap_err();
        let Error::Refused { code, remark, .. } = &error else { anyhow::bail!("{name}: {error:?}") };
        assert_eq!(*code, target.expected.bad_topic_name, "{name}: {remark}");
    }
    Ok(())
}

async fn only_a_compacted_topic_may_have_gaps(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    assert!(!client.may_have_gaps(&queue).await?);
    if target.expected.compacts {
        let compacted = unique("compacted");
        let attributes = vec![("cleanup.policy".to_owned(), "COMPACTION".to_owned())];
        client.create_topic(&TopicSpec { attributes, ..TopicSpec::new(&compacted, 1) }).await?;
        let queue = client.route(&compacted).await?.read_queues().remove(0);
        assert!(client.may_have_gaps(&queue).await?);
    }
    Ok(())
}

#[tokio::test]
async fn behind_a_proxy_nobody_can_tell_whether_a_topic_has_gaps() -> anyhow::Result<()> {
    let Some(target) = Target::shared(Kind::Proxy).await? else { return Ok(()) };
    assert!(target.client()?.may_have_gaps(&target.queue().await?).await?);
    Ok(())
}

#[tokio::test]
async fn a_proxy_creates_no_topics() -> anyhow::Result<()> {
    let Some(target) = Target::shared(Kind::Proxy).await? else { return Ok(()) };
    let client = target.client()?;
    // The client knows a proxy's brokers only from the topics it has used.
    client.route(&target.queue().await?.topic).await?;
    let error = client.create_topic(&TopicSpec::new(unique("refused"), 1)).await.unwrap_err();
    let Error::Refused { code, .. } = &error else { anyhow::bail!("{error:?}") };
    assert_eq!(*code, response::REQUEST_CODE_NOT_SUPPORTED);
    Ok(())
}

async fn queue_ids(client: &Client, topic: &str) -> anyhow::Result<Vec<i32>> {
    Ok(client.route(topic).await?.read_queues().iter().map(|queue| queue.id).collect())
}
