//! Where queues begin of which nothing is known.

use super::*;

async fn check(begin: (&str, &str), old: bool) -> anyhow::Result<()> {
    let rig = Rig::start(5).await?;
    for id in 0..5 {
        rig.send(id, id * 10..id * 10 + 3).await?;
    }
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[begin, ("max.tasks", "3")])).await?;
    until_running(&worker, "c").await?;
    for id in 0..5 {
        rig.send(id, id * 10 + 3..id * 10 + 6).await?;
    }
    let skipped = if old { 0 } else { 3 };
    let expected: Vec<_> = (0..5).map(|id| id * 10 + skipped..id * 10 + 6).collect();
    until_exactly(&rig, &expected).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn all_queues_of_all_tasks_begin_at_their_ends_when_that_is_configured() -> anyhow::Result<()> {
    check(LAST, false).await
}

#[tokio::test]
async fn all_queues_of_all_tasks_begin_at_their_first_messages_when_that_is_configured() -> anyhow::Result<()>
{
    check(FIRST, true).await
}

#[tokio::test]
async fn a_topic_that_is_added_later_begins_by_the_configuration_too() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..3).await?;
    run_once(&rig, &[LAST], 0).await?;
    rig.client.create_topic(&TopicSpec::new("more", 1)).await?;
    let messages = ["a", "b"].map(OutgoingMessage::new);
    rig.client.send_all(&Queue::new("more", "b", 0), &messages).await?;
    let worker = reconfigured(&rig, &[LAST, ("connect.topicnames", "t;more")]).await?;
    until_running(&worker, "c").await?;
    rig.client.send_all(&Queue::new("more", "b", 0), &["c"].map(OutgoingMessage::new)).await?;
    assert_eq!(until_taken(&rig.script, 1).await?, ["c"]);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
