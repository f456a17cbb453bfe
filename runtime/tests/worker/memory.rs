//! Memory is bounded, whatever a sink does.

use std::fs;
use std::time::Duration;

use remoting::{OutgoingMessage, Queue};
use runtime::host::Host;
use runtime::worker::Worker;
use test_support::wait;

use crate::rig::{DEADLINE, OTHER, Rig, config, name, until_taken};
use crate::script::Act;

const BODY: usize = 16 * 1024;
const COUNT: usize = 4096;

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or_default() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_sink_stops_its_readers_and_another_connector_passes() -> anyhow::Result<()> {
    let rig = Rig::start(4).await?;
    let body = "x".repeat(BODY);
    for queue in 0..4 {
        let messages = vec![OutgoingMessage::new(body.clone()); COUNT / 4];
        rig.client.send_all(&Queue::new("t", "b", queue), &messages).await?;
    }
    rig.script.on_put(|_| Act::Hang);
    rig.other.count_only();
    let mut options = rig.options();
    (options.worker_memory, options.task_memory) = (8 << 20, 4 << 20);
    let worker = Worker::start(options).await?;
    let before = resident();
    worker.put_connector(name("stuck"), config(&[])).await?;
    wait::until_true(DEADLINE, "the sink to be stuck", async || !rig.script.put().is_empty()).await?;
    let other = [("connector.class", OTHER), ("batch.max.records", "10")];
    worker.put_connector(name("other"), config(&other)).await?;
    until_taken(&rig.other, COUNT).await?;
    let grown = resident().saturating_sub(before);
    // The broker's answers are made in this process too.
    let allowed = (8 << 20) + (30 << 20);
    assert!(grown < allowed, "{grown} bytes more are resident, {allowed} are allowed");
    worker.shutdown(Duration::ZERO).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_message_larger_than_the_budget_passes_alone() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let large = "y".repeat(2 << 20);
    rig.send_bodies(0, ["a", &large, "b"]).await?;
    let mut options = rig.options();
    options.task_memory = 1 << 20;
    let worker = Worker::start(options).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    let lengths: Vec<_> = until_taken(&rig.script, 3).await?.iter().map(String::len).collect();
    assert_eq!(lengths, [1, 2 << 20, 1]);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
