//! Positions that a sink keeps beside its data.

use super::trimmed::OUT_OF_RANGE;
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
