//! A connector's life over REST: create, look, pause, resume, change, delete, and coming back after a restart.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::delivery::against_both;
use crate::rig::Rig;
use test_support::source::Kind;

against_both!(
    a_connector_is_managed_over_rest,
    connectors_come_back_after_a_restart,
    a_failed_start_shows_within_a_second,
    a_deleted_connector_stays_deleted,
);

async fn a_connector_is_managed_over_rest(kind: Kind) -> anyhow::Result<()> {
    let Some(rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 4).await?;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    producer.send(0..500).await?;
    rig.wait_for_all(&producer).await?;

    let paused = rig.worker.get("/connectors/orders/pause").await?;
    assert_eq!(paused.text(), r#"{"status":200,"body":"Connector [orders] paused successfully"}"#);
    rig.wait_for_status("orders", "both tasks to be paused", |status| {
        status["connector"]["state"] == "PAUSED"
            && status["tasks"]
                .as_array()
                .is_some_and(|t| t.len() == 2 && t.iter().all(|t| t["state"] == "PAUSED"))
    })
    .await?;
    producer.send(500..700).await?;
    // A second connector that loads the same records into another table is the clock: it shows that they could have come.
    rig.doris.create_orders("copies").await?;
    rig.load_into_doris("copies", "orders", json!({"doris.topic2table.map": "orders:copies"})).await?;
    rig.wait_for_copies(700).await?;
    assert_eq!(rig.rows().await?, 500, "a paused connector loads nothing");

    let resumed = rig.worker.get("/connectors/orders/resume").await?;
    assert_eq!(resumed.text(), r#"{"status":200,"body":"Connector [orders] resumed successfully"}"#);
    rig.wait_for_all(&producer).await?;

    rig.load_into_doris("orders", "orders", json!({"max.tasks": "1"})).await?;
    producer.send(700..900).await?;
    rig.wait_for_all(&producer).await?;
    rig.wait_for_status("orders", "one task to be left", |status| {
        status["tasks"].as_array().is_some_and(|tasks| tasks.len() == 1)
    })
    .await?;
    assert_eq!(rig.rows().await?, 900, "a change loads nothing again");
    Ok(())
}

async fn connectors_come_back_after_a_restart(kind: Kind) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 2).await?;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    rig.load_into_doris("waiting", "orders", json!({})).await?;
    assert_eq!(rig.worker.get("/connectors/waiting/pause").await?.json()?["status"], 200);
    rig.worker.restart().await?;
    rig.wait_for_status("waiting", "a paused connector to be paused again", |s| {
        s["connector"]["state"] == "PAUSED"
    })
    .await?;
    producer.send(0..300).await?;
    rig.wait_for_all(&producer).await?;
    assert_eq!(rig.rows().await?, 300, "the paused one loads nothing");
    Ok(())
}

async fn a_failed_start_shows_within_a_second(kind: Kind) -> anyhow::Result<()> {
    let Some(rig) = Rig::start(kind).await? else { return Ok(()) };
    rig.producer("orders", 1).await?;
    rig.load_into_doris(
        "orders",
        "orders",
        json!({"doris.database": "no_such_database", "doris.check.tables": "false"}),
    )
    .await?;
    let created = Instant::now();
    let status = rig
        .wait_for_status("orders", "the task to fail", |status| status["tasks"][0]["state"] == "FAILED")
        .await?;
    assert!(created.elapsed() < Duration::from_secs(1), "took {:?}", created.elapsed());
    let trace = status["tasks"][0]["trace"].to_string();
    assert!(trace.contains("no_such_database"), "{trace}");
    assert!(!trace.contains("secret"), "a password in a trace: {trace}");
    Ok(())
}

async fn a_deleted_connector_stays_deleted(kind: Kind) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    rig.producer("orders", 1).await?;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    let deleted = rig.worker.get("/connectors/orders/stop").await?;
    assert_eq!(deleted.text(), r#"{"status":200,"body":"Connector [orders] deleted successfully"}"#);
    rig.worker.restart().await?;
    assert_eq!(rig.worker.get("/connectors/list").await?.text(), r#"{"status":200,"body":{}}"#);
    Ok(())
}
