//! Queues that come later, and groups that are elsewhere than the offset topic.

use super::*;

#[tokio::test]
async fn a_queue_that_came_while_the_worker_was_away_begins_at_its_first_message() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..3).await?;
    run_once(&rig, &[LAST], 0).await?;
    rig.client.create_topic(&TopicSpec::new("t", 3)).await?;
    rig.send(1, 10..15).await?;
    rig.send(2, 20..25).await?;
    let worker = Worker::start(watchful(&rig)?).await?;
    until_exactly(&rig, &[10..15, 20..25]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_queue_that_comes_while_another_one_is_read_begins_at_its_first_message() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = Worker::start(watchful(&rig)?).await?;
    worker.put_connector(name("c"), config(&[LAST])).await?;
    until_running(&worker, "c").await?;
    rig.client.create_topic(&TopicSpec::new("t", 2)).await?;
    for round in 0..20 {
        rig.send(0, round * 2..round * 2 + 1).await?;
        rig.send(1, round * 2 + 1..round * 2 + 2).await?;
    }
    until_exactly(&rig, &[0..40]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_offset_topic_counts_more_than_a_group_that_is_behind() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    run_once(&rig, &[], 10).await?;
    // As after a broker that was killed before it had written its offsets down.
    rig.client.update_offset("connect-c", &queue(0), 2).await?;
    rig.send(0, 10..15).await?;
    let worker = rig.worker().await?;
    until_exactly(&rig, &[0..15]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_group_that_is_ahead_is_followed() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    run_once(&rig, &[], 10).await?;
    rig.send(0, 10..20).await?;
    // As a Java worker leaves it that had the connector in between.
    rig.client.update_offset("connect-c", &queue(0), 15).await?;
    let worker = rig.worker().await?;
    until_exactly(&rig, &[0..10, 15..20]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
