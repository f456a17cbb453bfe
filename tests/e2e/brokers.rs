//! Brokers of one cluster that come and go: the queues of the others go on, and no record is lost or there twice.

use std::time::{Duration, Instant};

use anyhow::Context;
use remoting::{PullOptions, Queue};
use serde_json::json;
use test_support::process::Signal;
use test_support::source::Kind;
use test_support::wait;

use crate::positions::{client, cluster, create, queue, says, send, until_exactly};
use crate::rig::{ARRIVAL, Rig};

/// How soon a record of a broker that is back has to be in the table.
const RECOVERED: Duration = Duration::from_secs(10);

/// A worker on a cluster of Java brokers, of which the first is called `broker-a`.
async fn on_a_cluster() -> anyhow::Result<Option<Rig>> {
    Rig::start(Kind::Java).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_queues_of_a_broker_that_is_added_are_read_from_their_beginning() -> anyhow::Result<()> {
    let Some(rig) = on_a_cluster().await? else { return Ok(()) };
    let client = client(&rig)?;
    create(&client, 2).await?;
    let last = json!({"consume.from.where": "CONSUME_FROM_LAST_OFFSET"});
    rig.load_into_doris("orders", "orders", last).await?;
    rig.wait_for_status("orders", "both tasks to run", |status| {
        status["tasks"].as_array().is_some_and(|tasks| tasks.iter().all(|task| task["state"] == "RUNNING"))
    })
    .await?;
    send(&client, &queue("broker-a", 0), 0..100).await?;

    let _added = cluster(&rig)?.add_broker("broker-b").await?;
    let queues = create(&client, 2).await?;
    anyhow::ensure!(queues.len() == 4, "{queues:?}");
    send(&client, &queue("broker-b", 0), 1_000..1_100).await?;
    send(&client, &queue("broker-b", 1), 2_000..2_100).await?;
    send(&client, &queue("broker-a", 1), 3_000..3_100).await?;
    until_exactly(&rig, &[0..100, 1_000..1_100, 2_000..2_100, 3_000..3_100]).await?;
    // Who owns a queue is told by its own broker.
    for broker in ["broker-a", "broker-b"] {
        let leases = Queue::new("connector-offset-topic", broker, 0);
        let records = client.pull(&leases, &PullOptions::at(0)).await?.messages;
        let told: Vec<_> = records.iter().map(|record| String::from_utf8_lossy(&record.body)).collect();
        let own = format!(r#""broker":"{broker}""#);
        anyhow::ensure!(
            !told.is_empty() && told.iter().all(|body| body.contains(&own)),
            "{broker}: {told:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_holds_up_only_its_own_queues() -> anyhow::Result<()> {
    let Some(mut rig) = on_a_cluster().await? else { return Ok(()) };
    let mut away = cluster(&rig)?.add_broker("broker-b").await?;
    let client = client(&rig)?;
    create(&client, 1).await?;
    send(&client, &queue("broker-a", 0), 0..100).await?;
    send(&client, &queue("broker-b", 0), 1_000..1_100).await?;
    // One task for both.
    rig.load_into_doris("orders", "orders", json!({"max.tasks": "1"})).await?;
    until_exactly(&rig, &[0..100, 1_000..1_100]).await?;

    away.kill()?;
    send(&client, &queue("broker-a", 0), 100..200).await?;
    until_exactly(&rig, &[0..200, 1_000..1_100]).await?;
    rig.wait_for_status("orders", "the queue to be named that cannot be read", |status| {
        says(status, &["orders/broker-b/0 cannot be read at the moment"])
    })
    .await?;
    // Another configuration makes the task open its queues anew.
    rig.load_into_doris("orders", "orders", json!({"max.tasks": "1", "batch.max.records": "50"})).await?;
    send(&client, &queue("broker-a", 0), 200..300).await?;
    until_exactly(&rig, &[0..300, 1_000..1_100]).await?;

    away.restart().await?;
    let back = Instant::now();
    wait::until(ARRIVAL, "the broker to take orders", async || {
        send(&client, &queue("broker-b", 0), 1_100..1_101).await
    })
    .await?;
    until_exactly(&rig, &[0..300, 1_000..1_101]).await?;
    let took = back.elapsed();
    anyhow::ensure!(took < RECOVERED, "a record of the broker that is back took {took:?}");

    // And a worker that begins while it is away finds its queues when it is back.
    away.kill()?;
    rig.worker.restart().await.context("a worker on the broker that is left")?;
    send(&client, &queue("broker-a", 0), 300..400).await?;
    until_exactly(&rig, &[0..400, 1_000..1_101]).await?;
    away.restart().await?;
    send(&client, &queue("broker-b", 0), 1_101..1_200).await?;
    until_exactly(&rig, &[0..400, 1_000..1_200]).await
}

/// Name servers still name it, so its queues are the task's, and nobody answers for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_does_not_answer_holds_up_only_its_own_queues() -> anyhow::Result<()> {
    let Some(rig) = on_a_cluster().await? else { return Ok(()) };
    let mut silent = cluster(&rig)?.add_broker("broker-b").await?;
    let client = client(&rig)?;
    create(&client, 1).await?;
    send(&client, &queue("broker-a", 0), 0..100).await?;
    send(&client, &queue("broker-b", 0), 1_000..1_100).await?;
    rig.load_into_doris("orders", "orders", json!({"max.tasks": "1"})).await?;
    until_exactly(&rig, &[0..100, 1_000..1_100]).await?;
    send(&client, &queue("broker-b", 0), 1_100..1_200).await?;

    silent.process().signal(Signal::Stop)?;
    // Another configuration makes the task open its queues anew.
    rig.load_into_doris("orders", "orders", json!({"max.tasks": "1", "batch.max.records": "50"})).await?;
    send(&client, &queue("broker-a", 0), 100..200).await?;
    rig.wait_for_status("orders", "the queue to be named that cannot be opened", |status| {
        says(status, &["orders/broker-b/0 cannot be read at the moment"])
            && status["tasks"].to_string().contains("RUNNING")
    })
    .await?;
    wait::until(ARRIVAL, "the orders of the other broker", async || {
        let there = rig.doris.ids("orders").await.map_err(|error| error.to_string())?;
        if (100..200).all(|id| there.contains(&id)) { Ok(()) } else { Err(format!("{}", there.len())) }
    })
    .await?;

    silent.process().signal(Signal::Continue)?;
    let back = Instant::now();
    until_exactly(&rig, &[0..200, 1_000..1_200]).await?;
    let took = back.elapsed();
    anyhow::ensure!(took < RECOVERED, "the orders of the broker that is back took {took:?}");
    rig.wait_for_status("orders", "nothing to be amiss", |status| {
        status["tasks"][0]["state"] == "RUNNING" && status["tasks"][0]["trace"].is_null()
    })
    .await
    .map(drop)
}
