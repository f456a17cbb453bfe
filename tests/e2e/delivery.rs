//! Nothing is lost: whatever ends or goes away while records flow.

use std::time::Duration;

use serde_json::json;
use test_support::process::Signal;

use crate::rig::Rig;
use test_support::source::Kind;

macro_rules! against_both {
    ($($scenario:ident),* $(,)?) => {
        mod dev_broker {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() -> anyhow::Result<()> { super::$scenario(test_support::source::Kind::DevBroker).await }
        )*}
        mod java {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $scenario() -> anyhow::Result<()> { super::$scenario(test_support::source::Kind::Java).await }
        )*}
    };
}
pub(crate) use against_both;

against_both!(
    every_record_arrives,
    nothing_is_lost_when_the_worker_is_killed,
    nothing_is_lost_when_the_broker_is_killed,
    nothing_is_lost_when_doris_goes_away,
    nothing_is_lost_when_doris_is_away_at_the_start,
    a_worker_that_is_asked_to_end_finishes_and_commits,
);

async fn every_record_arrives(kind: Kind) -> anyhow::Result<()> {
    let Some(rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 4).await?;
    producer.send(0..5_000).await?;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    rig.wait_for_all(&producer).await?;
    producer.send(5_000..6_000).await?;
    rig.wait_for_all(&producer).await?;
    assert_eq!(rig.rows().await?, 6_000, "nothing went wrong, so nothing is there twice");
    Ok(())
}

async fn nothing_is_lost_when_the_worker_is_killed(kind: Kind) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 4).await?;
    rig.load_into_doris("orders", "orders", json!({"batch.max.records": "100"})).await?;
    for round in 0..3 {
        producer.send(round * 4_000..(round + 1) * 4_000).await?;
        rig.wait_for_rows_above(round * 4_000).await?;
        rig.worker.restart().await?;
    }
    rig.wait_for_all(&producer).await
}

async fn nothing_is_lost_when_the_broker_is_killed(kind: Kind) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 4).await?;
    rig.load_into_doris("orders", "orders", json!({"batch.max.records": "100"})).await?;
    producer.send(0..4_000).await?;
    rig.wait_for_rows_above(0).await?;
    rig.source.kill()?;
    rig.source.restart().await?;
    let mut producer = producer.reconnected(&rig.source.name_server()).await?;
    producer.send(4_000..5_000).await?;
    rig.wait_for_all(&producer).await
}

async fn nothing_is_lost_when_doris_goes_away(kind: Kind) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 4).await?;
    rig.load_into_doris("orders", "orders", json!({"batch.max.records": "100"})).await?;
    producer.send(0..1_000).await?;
    rig.wait_for_all(&producer).await?;

    rig.doris.stop().await;
    let fe = rig.doris.fe.to_string();
    producer.send(1_000..3_000).await?;
    let status = rig
        .wait_for_status("orders", "a task to name the FE that is away", |status| {
            status["tasks"].to_string().contains(&fe)
        })
        .await?;
    assert!(!status.to_string().contains("secret"), "a password in a status: {status}");

    rig.doris.start_again(&rig.scratch).await?;
    rig.wait_for_all(&producer).await
}

async fn nothing_is_lost_when_doris_is_away_at_the_start(kind: Kind) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 4).await?;
    producer.send(0..500).await?;
    rig.doris.stop().await;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    let fe = rig.doris.fe.to_string();
    rig.wait_for_status("orders", "both tasks to name the FE that is away", |status| {
        status["tasks"].as_array().is_some_and(|tasks| {
            tasks.len() == 2
                && tasks.iter().all(|t| t["trace"].as_str().is_some_and(|trace| trace.contains(&fe)))
        })
    })
    .await?;
    rig.doris.start_again(&rig.scratch).await?;
    rig.wait_for_all(&producer).await?;
    assert_eq!(rig.rows().await?, 500);
    Ok(())
}

async fn a_worker_that_is_asked_to_end_finishes_and_commits(kind: Kind) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 4).await?;
    rig.load_into_doris("orders", "orders", json!({"batch.max.records": "100"})).await?;
    producer.send(0..4_000).await?;
    rig.wait_for_rows_above(0).await?;

    rig.worker.process().signal(Signal::Terminate)?;
    let ended = rig.worker.process().wait_exit(Duration::from_secs(30)).await?;
    assert_eq!(ended.code(), Some(0), "{}", rig.worker.process().last_output());

    rig.worker.restart().await?;
    rig.wait_for_all(&producer).await?;
    assert_eq!(rig.rows().await?, 4_000, "what was in flight was committed, so nothing is loaded again");
    Ok(())
}
