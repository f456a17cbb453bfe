//! Invariants 2 and 3: batches that come again as they were, and queues that feed one task at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use remoting::{TopicPermission, TopicSpec};
use runtime::host::{ConnectorView, Host, State};
use runtime::worker::Worker;
use serde_json::{Value, json};
use test_support::wait;

use crate::rig::{DEADLINE, Rig, config, name, until, until_failed, until_running, until_taken};
use crate::script::{Act, Script};

/// What the offset topic says about progress in queue `queue` of topic `t`, oldest first.
async fn progress(rig: &Rig, queue: u32) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    for message in rig.messages("connector-offset-topic").await? {
        let mut body: Value = serde_json::from_slice(&message.body)?;
        if body["payload"]["queue"] == queue && !body["payload"]["progress"].is_null() {
            all.push(body["payload"]["progress"].take());
        }
    }
    Ok(all)
}

/// Waits until the sink was given a batch, and answers with the identities of all that it was given.
async fn until_put(script: &Script, count: usize) -> anyhow::Result<Vec<String>> {
    wait::until(DEADLINE, &format!("{count} batches to be put"), async || {
        let put = script.put();
        if put.len() >= count { Ok(put) } else { Err(format!("{} batches", put.len())) }
    })
    .await
}

fn numbers(range: std::ops::Range<i32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn a_batch_under_way_comes_again_as_it_was_whatever_changed_meanwhile() -> anyhow::Result<()> {
    let rig = Rig::start(2).await?;
    rig.script.idempotent();
    rig.script.on_put(|_| Act::Hang);
    rig.send(0, 0..7).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[("batch.max.records", "5")])).await?;
    assert_eq!(until_put(&rig.script, 1).await?, ["c t/b/0 [0, 5)"]);
    let last = progress(&rig, 0).await?.pop().unwrap_or_default();
    let range = |batch: &Value| [batch[0].clone(), batch[1].clone()];
    let batches: Vec<_> = last["batches"].as_array().into_iter().flatten().map(range).collect();
    assert_eq!(batches, [[json!(0), json!(5)]], "the bounds are durable before the sink has the batch");
    assert_eq!((&last["committed"], &last["resume"]), (&json!(0), &json!(5)));

    worker.shutdown(Duration::ZERO).await;
    rig.send(0, 7..20).await?;
    rig.script.on_put(|_| Act::Take);
    let worker = rig.worker().await?;
    let more = config(&[("batch.max.records", "100"), ("max.tasks", "2")]);
    worker.put_connector(name("c"), more).await?;
    until_taken(&rig.script, 20).await?;
    let put = rig.script.put();
    assert_eq!(put[1], "c t/b/0 [0, 5)", "{put:?}");
    assert!(put[2].starts_with("c t/b/0 [5, "), "{put:?}");
    assert_eq!(rig.script.taken()[0].bodies, numbers(0..5));
    assert_eq!(rig.script.bodies(), numbers(0..20));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_is_under_way_when_a_task_pauses_comes_again_as_it_was() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.idempotent();
    rig.script.on_put(|_| Act::Fail(connector_api::SinkError::retriable("not now")));
    rig.send(0, 0..3).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    let first = until_put(&rig.script, 1).await?.swap_remove(0);
    worker.set_target(&name("c"), runtime::host::TargetState::Paused).await?;
    until(&worker, "c", "the task to pause", |view| view.tasks[0].state == State::Paused).await?;
    rig.send(0, 3..6).await?;
    rig.script.on_put(|_| Act::Take);
    let before = rig.script.put().len();
    worker.set_target(&name("c"), runtime::host::TargetState::Started).await?;
    assert_eq!(until_taken(&rig.script, 6).await?, numbers(0..6));
    assert_eq!(rig.script.put()[before], first);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_newer_of_two_workers_takes_the_queues_and_the_older_one_stops() -> anyhow::Result<()> {
    let rig = Rig::start(2).await?;
    let older = rig.worker().await?;
    older.put_connector(name("c"), config(&[("max.tasks", "2")])).await?;
    until_running(&older, "c").await?;
    rig.send(0, 0..10).await?;
    until_taken(&rig.script, 10).await?;
    wait::until(DEADLINE, "the older one to commit", async || {
        let last = progress(&rig, 0).await.map_err(|error| error.to_string())?.pop().unwrap_or_default();
        if last["committed"] == 10 { Ok(()) } else { Err(last.to_string()) }
    })
    .await?;

    let script = Script::new();
    let newer = Worker::start(rig.options_of("w2", &script)).await?;
    until_running(&newer, "c").await?;
    let cause = until_failed(&older, "c").await?;
    assert!(cause.contains("taken over by worker w2"), "{cause}");
    let view = until(&older, "c", "both tasks to stop", |view| {
        view.tasks.iter().all(|task| task.state == State::Failed)
    })
    .await?;
    assert!(
        view.tasks.iter().all(|task| task.restart.is_none()),
        "it does not take the queues back by itself"
    );

    rig.send(0, 10..20).await?;
    rig.send(1, 20..30).await?;
    let mut taken = until_taken(&script, 20).await?;
    taken.sort();
    assert_eq!(taken, numbers(10..30));
    assert_eq!(rig.script.bodies().len(), 10, "the older one has taken nothing since");
    newer.shutdown(DEADLINE).await;
    older.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_a_stopped_worker_had_in_flight_its_successor_puts_under_the_same_identity() -> anyhow::Result<()>
{
    let rig = Rig::start(1).await?;
    rig.script.idempotent();
    rig.script.on_put(|_| Act::Block);
    rig.send(0, 0..5).await?;
    let older = rig.worker().await?;
    older.put_connector(name("c"), config(&[])).await?;
    let in_flight = until_put(&rig.script, 1).await?;

    let script = Script::new();
    script.idempotent();
    let newer = Worker::start(rig.options_of("w2", &script)).await?;
    until_taken(&script, 5).await?;
    assert_eq!(script.put(), in_flight, "so that the sink can tell that it is the same");

    rig.send(0, 5..9).await?;
    until_taken(&script, 9).await?;
    rig.script.release();
    let cause = until_failed(&older, "c").await?;
    assert!(cause.contains("taken over by worker w2"), "{cause}");
    assert_eq!(rig.script.put(), in_flight, "it has begun nothing new");
    newer.shutdown(DEADLINE).await;
    older.shutdown(DEADLINE).await;

    let script = Script::new();
    rig.send(0, 9..10).await?;
    let third = Worker::start(rig.options_of("w3", &script)).await?;
    assert_eq!(until_taken(&script, 1).await?, ["9"], "what the older one wrote since does not count");
    third.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_worker_whose_queue_was_taken_begins_no_batch() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.idempotent();
    let older = rig.worker().await?;
    older.put_connector(name("c"), config(&[])).await?;
    until_running(&older, "c").await?;
    let script = Script::new();
    script.idempotent();
    let newer = Worker::start(rig.options_of("w2", &script)).await?;
    until_running(&newer, "c").await?;
    rig.send(0, 0..50).await?;
    assert_eq!(until_taken(&script, 50).await?, numbers(0..50));
    until_failed(&older, "c").await?;
    assert!(rig.script.put().is_empty(), "{:?}", rig.script.put());
    newer.shutdown(DEADLINE).await;
    older.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_paused_worker_whose_queue_was_taken_stops_too() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let older = rig.worker().await?;
    older.put_connector(name("c"), config(&[])).await?;
    until_running(&older, "c").await?;
    older.set_target(&name("c"), runtime::host::TargetState::Paused).await?;
    let paused = |view: &ConnectorView| view.tasks.iter().any(|task| task.state == State::Paused);
    until(&older, "c", "the older one to pause", paused).await?;
    let newer = Worker::start(rig.options_of("w2", &rig.script)).await?;
    until(&newer, "c", "the newer one to pause", paused).await?;
    let cause = until_failed(&older, "c").await?;
    assert!(cause.contains("taken over by worker w2"), "{cause}");
    newer.shutdown(DEADLINE).await;
    older.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_refused_record_comes_again_alone() -> anyhow::Result<()> {
    for idempotent in [true, false] {
        let rig = Rig::start(1).await?;
        if idempotent {
            rig.script.idempotent();
        }
        let corrected = Arc::new(AtomicBool::new(false));
        let is_corrected = Arc::clone(&corrected);
        rig.script.on_put(move |_| match is_corrected.load(Relaxed) {
            true => Act::Take,
            false => Act::Refuse("3"),
        });
        rig.send(0, 0..6).await?;
        let worker = rig.worker().await?;
        worker.put_connector(name("c"), config(&[])).await?;
        let cause = until_failed(&worker, "c").await?;
        assert!(cause.contains("offset 3") && cause.contains("\"3\" is refused"), "{cause}");
        worker.shutdown(DEADLINE).await;

        corrected.store(true, Relaxed);
        rig.send(0, 6..8).await?;
        let worker = rig.worker().await?;
        until_taken(&rig.script, 8).await?;
        let put = rig.script.put();
        assert_eq!(put[put.len() - 2], "c t/b/0 [3, 4)", "{put:?}");
        let mut taken = rig.script.bodies();
        taken.sort();
        assert_eq!(taken, numbers(0..8), "those beside it did not come again");
        worker.shutdown(DEADLINE).await;
        rig.stop().await;
    }
    Ok(())
}

#[tokio::test]
async fn a_record_that_the_dead_letter_topic_does_not_take_comes_again_alone() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.script.idempotent();
    rig.client
        .create_topic(&TopicSpec { permission: TopicPermission::Read, ..TopicSpec::new("dead", 1) })
        .await?;
    let corrected = Arc::new(AtomicBool::new(false));
    let is_corrected = Arc::clone(&corrected);
    rig.script.on_put(move |_| match is_corrected.load(Relaxed) {
        true => Act::Take,
        false => Act::Refuse("3"),
    });
    rig.send(0, 0..6).await?;
    let worker = rig.worker().await?;
    let dead_letters = [("errors.tolerance", "all"), ("errors.deadletterqueue.topic.name", "dead")];
    worker.put_connector(name("c"), config(&dead_letters)).await?;
    until(&worker, "c", "the dead-letter topic to be missed", |view| {
        view.tasks[0].trace.as_ref().is_some_and(|trace| trace.contains("dead-letter"))
    })
    .await?;
    worker.shutdown(DEADLINE).await;

    corrected.store(true, Relaxed);
    let worker = rig.worker().await?;
    until_taken(&rig.script, 6).await?;
    let put = rig.script.put();
    assert_eq!(put.last().map(String::as_str), Some("c t/b/0 [3, 4)"), "{put:?}");
    let mut taken = rig.script.bodies();
    taken.sort();
    assert_eq!(taken, numbers(0..6), "those beside it did not come again");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_sink_that_cannot_tell_batches_apart_costs_no_record_for_each() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.send(0, 0..100).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[("batch.max.records", "1")])).await?;
    until_taken(&rig.script, 100).await?;
    worker.shutdown(DEADLINE).await;
    let all = progress(&rig, 0).await?;
    assert!(all.iter().all(|progress| progress["batches"] == json!([])), "{all:?}");
    assert!(all.len() < 50, "{} records for 100 batches", all.len());
    rig.stop().await;
    Ok(())
}
