//! Queues whose next messages the broker has dropped.

use super::*;
use crate::rest::Rest;

pub(super) const OUT_OF_RANGE: &str =
    r#"rocketmq_connect_queue_out_of_range_total{connector="c",task="0",topic="t",broker="b",queue="0"}"#;
pub(super) const LOST: &str =
    r#"rocketmq_connect_queue_lost_messages_total{connector="c",task="0",topic="t",broker="b",queue="0"}"#;
const TASK_OUT_OF_RANGE: &str = r#"rocketmq_connect_task_out_of_range_total{connector="c",task="0"}"#;
const TASK_LOST: &str = r#"rocketmq_connect_task_lost_messages_total{connector="c",task="0"}"#;
pub(super) const RETENTION: Duration = Duration::from_secs(2);

/// A connector that has taken 0 to 9 and been away while the broker dropped 10 to 19. 20 to 22 are there.
async fn away_too_long() -> anyhow::Result<Rig> {
    let mut rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    run_once(&rig, &[], 10).await?;
    rig.send(0, 10..20).await?;
    assert_eq!(drop_messages(&mut rig).await?, 20);
    Ok(rig)
}

#[tokio::test]
async fn the_task_fails_and_names_queue_offsets_and_the_way_out() -> anyhow::Result<()> {
    let rig = away_too_long().await?;
    let worker = rig.worker().await?;
    let cause = until_failed(&worker, "c").await?;
    for part in ["t/b/0", "offset 10", "first message is 20", "offset.out.of.range=earliest", "latest"] {
        assert!(cause.contains(part), "{part}: {cause}");
    }
    let rest = Rest::serve(&worker).await?;
    assert!(rest.metric(OUT_OF_RANGE).await? > Some(0), "it is seen from outside, too");
    assert!(rest.metric(TASK_OUT_OF_RANGE).await? > Some(0));
    assert_eq!(rest.metric(LOST).await?, Some(0), "nothing is passed over yet");
    rest.stop().await?;
    worker.put_connector(name("c"), config(&[EARLIEST])).await?;
    rig.send(0, 20..23).await?;
    until_exactly(&rig, &[0..10, 20..23]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn reading_goes_on_at_the_first_message_and_says_how_many_are_lost() -> anyhow::Result<()> {
    let rig = away_too_long().await?;
    rig.send(0, 20..23).await?;
    let worker = reconfigured(&rig, &[EARLIEST]).await?;
    until_exactly(&rig, &[0..10, 20..23]).await?;
    let said = until_said(&worker, &["10 messages passed over"]).await?;
    assert!(said.contains("t/b/0") && said.contains("offset 20"), "{said}");
    let rest = Rest::serve(&worker).await?;
    assert_eq!((rest.metric(LOST).await?, rest.metric(TASK_LOST).await?), (Some(10), Some(10)));
    rest.stop().await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    // What was decided once is not decided again.
    rig.send(0, 23..25).await?;
    let worker = rig.worker().await?;
    let view = until_running(&worker, "c").await?;
    assert_eq!(view.tasks[0].trace, None);
    let rest = Rest::serve(&worker).await?;
    assert_eq!(rest.metric(LOST).await?, None, "a queue that has all has no series");
    assert_eq!(rest.metric(TASK_LOST).await?, Some(0), "a task has one before anything is lost");
    rest.stop().await?;
    until_exactly(&rig, &[0..10, 20..25]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn reading_goes_on_behind_the_last_message() -> anyhow::Result<()> {
    let rig = away_too_long().await?;
    rig.send(0, 20..23).await?;
    let worker = reconfigured(&rig, &[LATEST]).await?;
    until_said(&worker, &["offset 23", "13 messages passed over"]).await?;
    rig.send(0, 23..25).await?;
    until_exactly(&rig, &[0..10, 23..25]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// A sink that is slower than the broker's retention: what was read before is delivered, what was not is told.
#[tokio::test]
async fn a_slow_sink_loses_only_what_was_not_read_yet() -> anyhow::Result<()> {
    let rig = Rig::start_keeping(1, Some(RETENTION)).await?;
    rig.script.on_put(|_| Act::Block);
    let options = WorkerOptions { task_memory: 64 * 1024, ..rig.options() };
    let worker = Worker::start(options).await?;
    worker.put_connector(name("c"), config(&[EARLIEST, ("batch.max.records", "10")])).await?;
    let padding = "x".repeat(10_000);
    let bodies: Vec<_> = (0..100).map(|number| format!("{number}-{padding}")).collect();
    rig.send_bodies(0, bodies.iter().map(String::as_str)).await?;
    wait::until_true(DEADLINE, "the sink to be busy", async || !rig.script.put().is_empty()).await?;
    assert_eq!(until_dropped(&rig, 0).await?, 100);
    rig.script.release();
    let said = until_said(&worker, &["passed over"]).await?;
    rig.send(0, 100..103).await?;
    let taken = wait::until(DEADLINE, "what came afterwards", async || {
        let bodies = rig.script.bodies();
        if bodies.last().is_some_and(|last| last == "102") { Ok(bodies) } else { Err(bodies.len()) }
    })
    .await?;
    let numbers: Vec<i32> = taken.iter().filter_map(|body| body.split('-').next()?.parse().ok()).collect();
    let read = i32::try_from(numbers.len())? - 3;
    let expected: Vec<i32> = (0..read).chain(100..103).collect();
    assert_eq!(numbers, expected, "what was read is delivered in order, and once");
    assert!(read >= 2, "what was in memory is not thrown away");
    assert!(said.contains(&format!("{} messages passed over", 100 - read)), "{said}, {read} were read");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
