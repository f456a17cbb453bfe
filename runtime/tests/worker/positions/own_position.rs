//! Positions that a sink keeps beside its data.

use super::trimmed::{LOST, OUT_OF_RANGE};
use super::*;
use crate::rest::Rest;

#[tokio::test]
async fn beyond_the_queue_is_reported_like_any_other() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    rig.script.set_own_position(50);
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    let cause = until_failed(&worker, "c").await?;
    for part in ["t/b/0", "offset 50", "ends at 10", "offset.out.of.range=earliest"] {
        assert!(cause.contains(part), "{part}: {cause}");
    }
    worker.put_connector(name("c"), config(&[EARLIEST])).await?;
    until_exactly(&rig, &[0..10]).await?;
    until_said(&worker, &["reading went on at offset 0"]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn below_what_the_broker_still_has_is_reported_like_any_other() -> anyhow::Result<()> {
    let mut rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    run_once(&rig, &[], 10).await?;
    assert_eq!(drop_messages(&mut rig).await?, 10);
    rig.script.set_own_position(4);
    let worker = rig.worker().await?;
    let cause = until_failed(&worker, "c").await?;
    for part in ["t/b/0", "offset 4", "first message is 10"] {
        assert!(cause.contains(part), "{part}: {cause}");
    }
    let rest = Rest::serve(&worker).await?;
    assert!(rest.metric(OUT_OF_RANGE).await? > Some(0));
    rest.stop().await?;
    worker.put_connector(name("c"), config(&[LATEST])).await?;
    until_said(&worker, &["6 messages passed over"]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// What the offset topic has is behind, and the broker has dropped what comes next there. The sink has that already.
async fn in_range_while_the_offset_topic_is_not(more: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    run_once(&rig, &[], 10).await?;
    rig.send(0, 10..20).await?;
    assert_eq!(drop_messages(&mut rig).await?, 20);
    rig.send(0, 20..25).await?;
    rig.script.set_own_position(22);
    let worker = rig.worker().await?;
    // The same configuration is refused.
    drop(worker.put_connector(name("c"), config(more)).await);
    until_exactly(&rig, &[0..10, 22..25]).await?;
    let view = until_running(&worker, "c").await?;
    assert_eq!(view.tasks[0].trace, None, "nothing is lost: {more:?}");
    let rest = Rest::serve(&worker).await?;
    assert_eq!((rest.metric(OUT_OF_RANGE).await?, rest.metric(LOST).await?), (None, None), "{more:?}");
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn in_range_is_followed_whatever_the_offset_topic_says() -> anyhow::Result<()> {
    in_range_while_the_offset_topic_is_not(&[]).await?;
    in_range_while_the_offset_topic_is_not(&[EARLIEST]).await
}

/// Whoever followed it would leave out what stands below it in the new topic, if not at once then after the next start.
#[tokio::test]
async fn of_a_topic_that_was_created_again_stops_the_task_until_somebody_removes_it() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    run_once(&rig, &[], 10).await?;
    rig.script.set_own_position(10);
    create_again(&rig, 1).await?;
    rig.send(0, 100..130).await?;
    for _ in 0..2 {
        let worker = rig.worker().await?;
        // The same configuration is refused the second time.
        drop(worker.put_connector(name("c"), config(&[EARLIEST])).await);
        let cause = until_said(&worker, &["created again", "everything below offset 10"]).await?;
        assert!(cause.contains("t/b/0") && cause.contains("remove the position"), "{cause}");
        worker.shutdown(DEADLINE).await;
    }
    until_exactly(&rig, &[0..10]).await?;
    rig.script.set_own_position(0);
    let worker = rig.worker().await?;
    until_exactly(&rig, &[0..10, 100..130]).await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
