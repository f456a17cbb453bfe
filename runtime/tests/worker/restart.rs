//! What survives the end of a worker.

use std::time::Duration;

use runtime::host::{Host, State, TargetState};
use runtime::worker::Ended;

use crate::rig::{self, DEADLINE, Rig, config, name, until, until_running, until_taken};

fn numbers(range: std::ops::Range<i32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn records_arrive_in_order_and_a_restart_goes_on_behind_them() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    rig.send(0, 0..500).await?;
    worker.put_connector(name("c"), config(&[("batch.max.records", "50")])).await?;
    assert_eq!(until_taken(&rig.script, 500).await?, numbers(0..500));
    assert_eq!(worker.shutdown(DEADLINE).await, Ended::InOrder);
    assert_eq!(rig.script.calls(), ["start", "close", "stop"]);

    rig.send(0, 500..600).await?;
    let worker = rig.worker().await?;
    until_running(&worker, "c").await?;
    assert_eq!(until_taken(&rig.script, 600).await?, numbers(0..600), "none is missing, none came twice");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_worker_that_is_stopped_at_once_repeats_what_was_not_committed_and_loses_nothing()
-> anyhow::Result<()> {
    let rig = Rig::start(2).await?;
    let worker = rig.worker().await?;
    rig.send(0, 0..300).await?;
    rig.send(1, 300..600).await?;
    worker.put_connector(name("c"), config(&[("batch.max.records", "10")])).await?;
    until_taken(&rig.script, 50).await?;
    worker.shutdown(Duration::ZERO).await;

    let worker = rig.worker().await?;
    let all = test_support::wait::until(DEADLINE, "all records", async || {
        let mut bodies: Vec<i32> = rig.script.bodies().iter().filter_map(|body| body.parse().ok()).collect();
        bodies.sort_unstable();
        bodies.dedup();
        if bodies.len() == 600 { Ok(bodies) } else { Err(format!("{} different", bodies.len())) }
    })
    .await?;
    assert_eq!(all, (0..600).collect::<Vec<_>>());
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_connector_that_begins_at_the_end_takes_what_was_sent_while_its_worker_was_away()
-> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    let worker = rig.worker().await?;
    let last = config(&[("consume.from.where", "CONSUME_FROM_LAST_OFFSET")]);
    worker.put_connector(name("c"), last).await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    rig.send(0, 10..20).await?;
    let worker = rig.worker().await?;
    assert_eq!(until_taken(&rig.script, 10).await?, numbers(10..20));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn connectors_come_back_as_they_were_wanted() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    for connector in ["running", "paused", "stopped", "deleted"] {
        worker.put_connector(name(connector), config(&[])).await?;
    }
    worker.set_target(&name("paused"), TargetState::Paused).await?;
    worker.set_target(&name("stopped"), TargetState::Stopped).await?;
    worker.delete_connector(&name("deleted")).await?;
    worker.shutdown(DEADLINE).await;

    let worker = rig.worker().await?;
    let names: Vec<_> = worker.view().connectors.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["paused", "running", "stopped"]);
    until_running(&worker, "running").await?;
    until(&worker, "paused", "its task to be paused", |view| view.tasks[0].state == State::Paused).await?;
    until(&worker, "stopped", "it to be stopped", |view| {
        view.state == State::Stopped && view.tasks[0].state == State::Stopped
    })
    .await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_brokers_group_shows_how_far_the_connector_is() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..7).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_taken(&rig.script, 7).await?;
    worker.shutdown(DEADLINE).await;
    let queue = remoting::Queue::new("t", "b", 0);
    assert_eq!(rig.client.query_offset("connect-c", &queue).await?, Some(7));
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_group_that_a_java_worker_has_committed_is_where_we_go_on() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    rig.client.update_offset("connect-c", &remoting::Queue::new("t", "b", 0), 6).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    assert_eq!(until_taken(&rig.script, 4).await?, numbers(6..10));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_sinks_own_position_counts_more_than_ours() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..10).await?;
    rig.script.set_own_position(8);
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    assert_eq!(until_taken(&rig.script, 2).await?, numbers(8..10));
    worker.shutdown(rig::DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_broker_that_goes_and_returns_is_read_on() -> anyhow::Result<()> {
    let mut rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    rig.send(0, 0..50).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_taken(&rig.script, 50).await?;
    rig.restart_broker().await?;
    test_support::wait::until(DEADLINE, "the broker to take messages", async || rig.send(0, 50..100).await)
        .await?;
    assert_eq!(until_taken(&rig.script, 100).await?, numbers(0..100));
    until(&worker, "c", "its status to be well", |view| {
        (view.tasks[0].state, &view.tasks[0].trace) == (State::Running, &None)
    })
    .await?;
    assert_eq!(worker.shutdown(DEADLINE).await, Ended::InOrder);
    rig.stop().await;
    Ok(())
}
