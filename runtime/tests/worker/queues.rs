//! Topics and their queues.

use std::collections::BTreeSet;

use remoting::{Client, ClientOptions, TopicSpec};
use runtime::host::{Host, State};
use runtime::worker::Worker;
use test_support::wait;

use crate::rig::{DEADLINE, Rig, config, name, until, until_running, until_taken};

#[tokio::test]
async fn each_queue_is_one_tasks_and_keeps_its_order() -> anyhow::Result<()> {
    let rig = Rig::start(5).await?;
    for queue in 0..5 {
        rig.send(queue, queue * 100..queue * 100 + 100).await?;
    }
    let worker = rig.worker().await?;
    let more = [("max.tasks", "2"), ("batch.max.records", "7")];
    worker.put_connector(name("c"), config(&more)).await?;
    until_taken(&rig.script, 500).await?;
    let taken = rig.script.taken();
    for queue in 0..5u32 {
        let batches: Vec<_> = taken.iter().filter(|taken| taken.queue.queue == queue).collect();
        let tasks: BTreeSet<_> = batches.iter().map(|taken| taken.task).collect();
        assert_eq!(tasks, BTreeSet::from([u32::from(queue > 2)]), "queue {queue}");
        let bodies: Vec<i32> =
            batches.iter().flat_map(|b| &b.bodies).filter_map(|b| b.parse().ok()).collect();
        let first = i32::try_from(queue)? * 100;
        assert_eq!(bodies, (first..first + 100).collect::<Vec<_>>(), "queue {queue}");
        assert!(batches.windows(2).all(|pair| pair[0].next == pair[1].first), "queue {queue} has gaps");
        assert!(batches.iter().all(|batch| batch.bodies.len() <= 7), "queue {queue} has large batches");
    }
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_topic_that_is_missing_is_named_and_awaited() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let more = [("connect.topicnames", "t;later")];
    worker.put_connector(name("c"), config(&more)).await?;
    let view = until(&worker, "c", "it to fail", |view| view.state == State::Failed).await?;
    let trace = view.trace.unwrap_or_default();
    assert!(
        trace.contains("topic later does not exist on name server 127.0.0.1:")
            && trace.contains("connect.topicnames"),
        "{trace}"
    );
    assert_eq!(view.tasks[0].state, State::Failed);
    rig.client.create_topic(&TopicSpec::new("later", 1)).await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_queue_that_is_added_while_running_is_read_from_its_first_message() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    // Routes are kept for a while; here for no longer than it takes to look again.
    let name_servers = vec![rig.name_server()];
    let route_refresh = std::time::Duration::from_millis(50);
    let client = Client::new(ClientOptions { name_servers, route_refresh, ..ClientOptions::default() })?;
    let mut options = rig.options();
    options.client = client.clone();
    let worker = Worker::start(options).await?;
    let last = [("consume.from.where", "CONSUME_FROM_LAST_OFFSET")];
    worker.put_connector(name("c"), config(&last)).await?;
    until_running(&worker, "c").await?;
    worker.set_target(&name("c"), runtime::host::TargetState::Paused).await?;
    rig.client.create_topic(&TopicSpec::new("t", 2)).await?;
    rig.send(1, 0..5).await?;
    worker.set_target(&name("c"), runtime::host::TargetState::Started).await?;
    let taken = wait::until(DEADLINE, "what stands in the new queue", async || {
        let bodies = rig.script.bodies();
        if bodies.len() == 5 { Ok(bodies) } else { Err(format!("{bodies:?}")) }
    })
    .await?;
    assert_eq!(taken, ["0", "1", "2", "3", "4"]);
    worker.shutdown(DEADLINE).await;
    client.close().await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_batch_waits_for_more_until_it_is_full() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let more = [("batch.linger.ms", "3600000"), ("batch.max.records", "3")];
    worker.put_connector(name("c"), config(&more)).await?;
    until_running(&worker, "c").await?;
    for number in 0..7 {
        rig.send(0, number..number + 1).await?;
    }
    until_taken(&rig.script, 6).await?;
    let batches: Vec<_> = rig.script.taken().iter().map(|taken| (taken.first, taken.next)).collect();
    assert_eq!(batches, [(0, 3), (3, 6)]);
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
