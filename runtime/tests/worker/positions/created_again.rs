//! Topics that are deleted and created again.

use super::*;

/// How the topic comes to be another one.
#[derive(Debug, Clone, Copy)]
enum When {
    /// While its records are read.
    Running,
    /// While the connector has its queues and does not read them.
    Paused,
    /// While no worker runs.
    Away,
}

/// Takes 20 records, has the topic created again with `new` others in it, and takes those.
async fn check(when: When, new: i32) -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.idempotent();
    let mut worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[EARLIEST])).await?;
    rig.send(0, 0..20).await?;
    until_taken(&rig.script, 20).await?;
    match when {
        When::Running => {}
        When::Paused => {
            worker.set_target(&name("c"), TargetState::Paused).await?;
            until(&worker, "c", "its task to pause", |view| view.tasks[0].state == State::Paused).await?;
        }
        When::Away => {
            worker.shutdown(DEADLINE).await;
        }
    }
    create_again(&rig, 1).await?;
    rig.send(0, 100..100 + new).await?;
    match when {
        When::Running => {}
        When::Paused => worker.set_target(&name("c"), TargetState::Started).await?,
        When::Away => worker = rig.worker().await?,
    }
    until_exactly(&rig, &[0..20, 100..100 + new]).await?;
    until_said(&worker, &["t/b/0", "created again", "reading went on at offset 0"]).await?;
    worker.shutdown(DEADLINE).await;

    // And it stays so, with a group offset of the topic before as well.
    rig.send(0, 200..230).await?;
    let worker = rig.worker().await?;
    until_exactly(&rig, &[0..20, 100..100 + new, 200..230]).await?;
    let generations = rig.script.generations();
    assert_eq!(generations.len(), 2, "the same offsets are other batches: {when:?}");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_shorter_topic_is_read_from_its_beginning() -> anyhow::Result<()> {
    check(When::Running, 5).await?;
    check(When::Paused, 5).await?;
    check(When::Away, 5).await
}

#[tokio::test]
async fn a_topic_of_the_same_length_is_read_from_its_beginning() -> anyhow::Result<()> {
    check(When::Running, 20).await?;
    check(When::Paused, 20).await?;
    check(When::Away, 20).await
}

#[tokio::test]
async fn a_longer_topic_is_read_from_its_beginning() -> anyhow::Result<()> {
    check(When::Running, 100).await?;
    check(When::Paused, 100).await?;
    check(When::Away, 100).await
}

#[tokio::test]
async fn without_a_policy_the_task_fails_and_says_why() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    rig.send(0, 0..20).await?;
    until_taken(&rig.script, 20).await?;
    create_again(&rig, 1).await?;
    rig.send(0, 100..150).await?;
    let cause = until_said(&worker, &["t/b/0", "created again", "offset.out.of.range=earliest"]).await?;
    assert!(cause.contains("offset 19"), "{cause}");
    until_exactly(&rig, &[0..20]).await?;
    worker.put_connector(name("c"), config(&[LATEST])).await?;
    until_said(&worker, &["reading went on at offset 50", "50 messages passed over"]).await?;
    rig.send(0, 150..153).await?;
    until_exactly(&rig, &[0..20, 150..153]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// Opens a queue that ends at 20, reads nothing of it, and finds another one when it comes back.
async fn opens_another_queue(group: Option<i64>) -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..20).await?;
    if let Some(offset) = group {
        rig.client.update_offset("connect-c", &queue(0), offset).await?;
    }
    run_once(&rig, &[LAST], 0).await?;
    create_again(&rig, 1).await?;
    rig.send(0, 100..150).await?;
    let worker = reconfigured(&rig, &[LAST, EARLIEST]).await?;
    until_exactly(&rig, &[100..150]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_queue_that_was_only_opened_is_recognised_too() -> anyhow::Result<()> {
    opens_another_queue(None).await
}

#[tokio::test]
async fn a_queue_that_was_only_taken_over_from_a_group_is_recognised_too() -> anyhow::Result<()> {
    opens_another_queue(Some(20)).await
}

/// They are gone from the broker, and nowhere else than in memory.
#[tokio::test]
async fn records_of_the_topic_before_that_wait_for_their_batch_are_delivered() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let more = [EARLIEST, ("batch.linger.ms", "3600000"), ("batch.max.records", "5")];
    worker.put_connector(name("c"), config(&more)).await?;
    until_running(&worker, "c").await?;
    rig.send(0, 0..8).await?;
    // Those that follow came along with these.
    until_taken(&rig.script, 5).await?;
    create_again(&rig, 1).await?;
    rig.send(0, 100..120).await?;
    until_exactly(&rig, &[0..8, 100..120]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// Under the identity of a batch that the sink may have, it would take other records for those.
#[tokio::test]
async fn a_batch_under_way_does_not_come_again_with_other_records() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.idempotent();
    rig.script.on_put(|_| Act::Fail(SinkError::retriable("not now")));
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[EARLIEST])).await?;
    rig.send(0, 0..20).await?;
    wait::until_true(DEADLINE, "a batch to be put", async || !rig.script.put().is_empty()).await?;
    worker.set_target(&name("c"), TargetState::Paused).await?;
    until(&worker, "c", "its task to pause", |view| view.tasks[0].state == State::Paused).await?;
    create_again(&rig, 1).await?;
    rig.send(0, 100..150).await?;
    rig.script.on_put(|_| Act::Take);
    worker.set_target(&name("c"), TargetState::Started).await?;
    until_exactly(&rig, &[100..150]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_topic_that_is_away_is_named_and_awaited() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[EARLIEST])).await?;
    rig.send(0, 0..20).await?;
    until_taken(&rig.script, 20).await?;
    rig.client.delete_topic("t").await?;
    until_said(&worker, &["t/b/0", "the topic `t` does not exist"]).await?;
    rig.client.create_topic(&TopicSpec::new("t", 1)).await?;
    rig.send(0, 100..103).await?;
    until_exactly(&rig, &[0..20, 100..103]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// A Java broker before version 5 keeps the offsets of groups when it deletes a topic.
#[tokio::test]
async fn a_group_offset_of_the_topic_before_is_not_followed() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..20).await?;
    run_once(&rig, &[], 20).await?;
    create_again(&rig, 1).await?;
    rig.client.update_offset("connect-c", &queue(0), 20).await?;
    rig.send(0, 100..105).await?;
    rig.script.on_put(|_| Act::Hang);
    let worker = reconfigured(&rig, &[EARLIEST]).await?;
    wait::until_true(DEADLINE, "the first batch", async || rig.script.put().len() > 1).await?;
    worker.shutdown(Duration::ZERO).await;
    rig.send(0, 105..150).await?;
    rig.script.on_put(|_| Act::Take);
    let worker = rig.worker().await?;
    until_exactly(&rig, &[0..20, 100..150]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
