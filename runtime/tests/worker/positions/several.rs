//! Several queues at once whose next messages the broker has dropped.

use super::*;
use crate::records::{OFFSETS, append};
use crate::rest::Rest;

/// A metric of one queue.
fn series(name: &str, id: i32) -> String {
    format!(r#"rocketmq_connect_queue_{name}{{connector="c",task="0",topic="t",broker="b",queue="{id}"}}"#)
}

async fn lost(rest: &Rest, id: i32) -> anyhow::Result<Option<i64>> {
    rest.metric(&series("lost_messages_total", id)).await
}

/// A connector that has taken two records of each queue and been away while the broker dropped three more of each.
async fn away_too_long(queues: i32) -> anyhow::Result<Rig> {
    let mut rig = Rig::start(queues).await?;
    for id in 0..queues {
        rig.send(id, id * 10..id * 10 + 2).await?;
    }
    run_once(&rig, &[], 2 * usize::try_from(queues)?).await?;
    for id in 0..queues {
        rig.send(id, id * 10 + 2..id * 10 + 5).await?;
    }
    assert_eq!(drop_messages(&mut rig).await?, 5);
    for id in 0..queues {
        assert_eq!(rig.client.min_offset(&queue(id)).await?, 5, "queue {id}");
    }
    Ok(rig)
}

#[tokio::test]
async fn all_are_named_and_counted_before_an_operator_decides() -> anyhow::Result<()> {
    let rig = away_too_long(5).await?;
    let worker = rig.worker().await?;
    let cause = until_failed(&worker, "c").await?;
    for id in 0..5 {
        assert!(cause.contains(&format!("t/b/{id}")), "{id}: {cause}");
    }
    assert!(cause.contains("offset.out.of.range=earliest"), "{cause}");
    let rest = Rest::serve(&worker).await?;
    for id in 0..5 {
        assert!(rest.metric(&series("out_of_range_total", id)).await? > Some(0), "{id}");
    }
    worker.put_connector(name("c"), config(&[EARLIEST])).await?;
    until_said(&worker, &["3 messages passed over", "and 6 messages at 2 times before"]).await?;
    for id in 0..5 {
        assert_eq!(lost(&rest, id).await?, Some(3), "{id}");
    }
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// A start that is cut short is followed by one that finds the same, and nothing counts before it is sure.
#[tokio::test]
async fn an_opening_that_does_not_get_to_its_end_counts_nothing() -> anyhow::Result<()> {
    let rig = away_too_long(2).await?;
    let later = || Act::Fail(SinkError::retriable("not yet"));
    rig.script.on_open([Act::Take, later(), later()]);
    let worker = reconfigured(&rig, &[EARLIEST]).await?;
    until_said(&worker, &["t/b/0", "t/b/1", "3 messages passed over"]).await?;
    assert_eq!(rig.script.opened(), 2 + 2 + 1 + 2, "at first, then twice not to the end, and again");
    let rest = Rest::serve(&worker).await?;
    for id in 0..2 {
        assert_eq!(lost(&rest, id).await?, Some(3), "{id}");
        assert_eq!(rest.metric(&series("out_of_range_total", id)).await?, Some(1), "{id}");
    }
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// Where the offset topic has it that reading goes on elsewhere, no later start finds out what was lost.
#[tokio::test]
async fn what_one_queue_has_lost_counts_also_when_another_one_cannot_be_kept() -> anyhow::Result<()> {
    let rig = away_too_long(2).await?;
    rig.script.on_open([Act::Take, Act::Block]);
    let worker = reconfigured(&rig, &[EARLIEST]).await?;
    wait::until_true(DEADLINE, "the second queue to be opened", async || rig.script.opened() == 4).await?;
    append(&rig, (OFFSETS, 0), "sink-offset-c/t/b/1", "{\"sch").await?;
    rig.script.release();
    let said = until_said(&worker, &["t/b/0", "3 messages passed over", "t/b/1 cannot be read"]).await?;
    assert_eq!(said.matches("passed over").count(), 1, "{said}");
    let rest = Rest::serve(&worker).await?;
    assert_eq!((lost(&rest, 0).await?, lost(&rest, 1).await?), (Some(3), None));
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
