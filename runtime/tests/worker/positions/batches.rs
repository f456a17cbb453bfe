//! Batches under way of which the broker drops some messages.

use super::trimmed::{LOST, OUT_OF_RANGE, RETENTION};
use super::*;
use crate::rest::Rest;

/// Of a batch under way the sink may have all, so what is left of it comes under the same identity.
#[tokio::test]
async fn what_is_left_of_a_batch_under_way_comes_again_as_that_batch() -> anyhow::Result<()> {
    let mut rig = Rig::start_keeping(1, Some(RETENTION)).await?;
    rig.script.idempotent();
    rig.script.on_put(|_| Act::Hang);
    let worker = rig.worker().await?;
    worker
        .put_connector(name("c"), config(&[("batch.linger.ms", "3600000"), ("batch.max.records", "10")]))
        .await?;
    until_running(&worker, "c").await?;
    rig.send(0, 0..5).await?;
    wait::until_true(DEADLINE, "the first half to be dropped", async || {
        rig.client.min_offset(&queue(0)).await.is_ok_and(|min| min == 5)
    })
    .await?;
    rig.send(0, 5..10).await?;
    wait::until_true(DEADLINE, "the batch to be put", async || rig.script.put().len() == 1).await?;
    worker.shutdown(Duration::ZERO).await;
    // What is left now stays.
    rig.restart_broker().await?;

    // It comes a second and a third time before the sink has it.
    let mut is_first = true;
    rig.script.on_put(move |_| match std::mem::take(&mut is_first) {
        true => Act::Panic("once"),
        false => Act::Take,
    });
    let worker = reconfigured(&rig, &[EARLIEST]).await?;
    until_exactly(&rig, &[5..10]).await?;
    assert_eq!(rig.script.put(), ["c t/b/0 [0, 10)"; 3]);
    assert_eq!(rig.script.taken().last().map(|taken| taken.gone_below), Some(5), "the sink is told");
    until_said(&worker, &["5 messages passed over"]).await?;
    let rest = Rest::serve(&worker).await?;
    wait::until(DEADLINE, "each lost message to count once", async || match rest.metric(LOST).await {
        Ok(Some(5)) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await?;
    assert!(rest.metric(OUT_OF_RANGE).await? >= Some(2), "it was found so at every start");
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// A connector that is paused with a batch under way, of which the broker has dropped the first five messages since its queue was
/// opened, and no more. All of them had been put, and were not taken.
async fn paused_with_a_batch(bodies: &[&str], more: &[(&str, &str)]) -> anyhow::Result<(Rig, WorkerHandle)> {
    let mut rig = Rig::start_keeping(1, Some(RETENTION)).await?;
    rig.script.idempotent();
    rig.script.on_put(|_| Act::Fail(SinkError::retriable("not now")));
    let worker = rig.worker().await?;
    let size = bodies.len().to_string();
    let base = [EARLIEST, ("batch.linger.ms", "3600000"), ("batch.max.records", &size)];
    worker.put_connector(name("c"), config(&[&base, more].concat())).await?;
    until_running(&worker, "c").await?;
    rig.send_bodies(0, bodies[..5].iter().copied()).await?;
    wait::until_true(DEADLINE, "the first ones to be dropped", async || {
        rig.client.min_offset(&queue(0)).await.is_ok_and(|min| min == 5)
    })
    .await?;
    rig.send_bodies(0, bodies[5..].iter().copied()).await?;
    wait::until_true(DEADLINE, "the batch to be put", async || !rig.script.put().is_empty()).await?;
    pause(&worker).await?;
    rig.restart_broker().await?;
    assert_eq!(rig.client.min_offset(&queue(0)).await?, 5, "what is left stays");
    Ok((rig, worker))
}

async fn pause(worker: &WorkerHandle) -> anyhow::Result<()> {
    worker.set_target(&name("c"), TargetState::Paused).await?;
    until(worker, "c", "its task to pause", |view| view.tasks[0].state == State::Paused).await?;
    Ok(())
}

/// Waits until the task has failed so often in a row.
async fn until_failed_again(worker: &WorkerHandle, times: u32) -> anyhow::Result<()> {
    until(worker, "c", "its task to fail again", |view| {
        view.tasks[0].restart.is_some_and(|restart| restart.attempt >= times)
    })
    .await?;
    Ok(())
}

const NUMBERS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

#[tokio::test]
async fn what_goes_after_the_queue_was_opened_is_told_until_somebody_was_there() -> anyhow::Result<()> {
    let (rig, worker) = paused_with_a_batch(&NUMBERS, &[]).await?;
    rig.script.on_put(|_| Act::Take);
    worker.set_target(&name("c"), TargetState::Started).await?;
    until_exactly(&rig, &[5..10]).await?;
    let said = ["t/b/0", "[0, 10)", "below offset 5", "5 messages passed over"];
    until_said(&worker, &said).await?;
    let rest = Rest::serve(&worker).await?;
    assert_eq!((rest.metric(LOST).await?, rest.metric(OUT_OF_RANGE).await?), (Some(5), Some(1)));
    // Trouble comes and goes.
    rig.script.on_put(|_| Act::Fail(SinkError::retriable("busy")));
    rig.send(0, 10..20).await?;
    until_said(&worker, &["put failed", "busy"]).await?;
    rig.script.on_put(|_| Act::Take);
    until_said(&worker, &said).await?;

    pause(&worker).await?;
    worker.set_target(&name("c"), TargetState::Started).await?;
    assert_eq!(until_running(&worker, "c").await?.tasks[0].trace, None);
    rig.send(0, 20..30).await?;
    until_exactly(&rig, &[5..30]).await?;
    assert_eq!(rest.metric(LOST).await?, Some(5), "it counts once");
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_goes_of_a_batch_counts_also_when_a_record_of_it_stops_the_task() -> anyhow::Result<()> {
    let (rig, worker) = paused_with_a_batch(&NUMBERS, &[]).await?;
    rig.script.on_put(|_| Act::Refuse("7"));
    worker.set_target(&name("c"), TargetState::Started).await?;
    until_failed_again(&worker, 2).await?;
    let rest = Rest::serve(&worker).await?;
    assert_eq!(rest.metric(LOST).await?, Some(5), "the others do not come again");
    rig.script.on_put(|_| Act::Take);
    until_exactly(&rig, &[5..10]).await?;
    until_said(&worker, &["t/b/0", "5 messages passed over"]).await?;
    assert_eq!(rest.metric(LOST).await?, Some(5));
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// Its refused records stand in more stretches than are kept apart.
#[tokio::test]
async fn what_goes_of_a_batch_that_comes_again_whole_counts_once_the_sink_has_it() -> anyhow::Result<()> {
    let bodies: Vec<_> = (0..2_100).map(|n| if n % 2 == 0 { "good" } else { "bad" }).collect();
    let (rig, worker) = paused_with_a_batch(&bodies, &[]).await?;
    rig.script.on_put(|_| Act::Refuse("bad"));
    worker.set_target(&name("c"), TargetState::Started).await?;
    until_failed_again(&worker, 3).await?;
    let rest = Rest::serve(&worker).await?;
    assert_eq!(rest.metric(LOST).await?, Some(0), "it is found so at each start, and not over");
    rig.script.on_put(|_| Act::Take);
    until_said(&worker, &["t/b/0", "5 messages passed over"]).await?;
    assert_eq!(rest.metric(LOST).await?, Some(5));
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
