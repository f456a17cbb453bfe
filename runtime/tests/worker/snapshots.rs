//! What a worker knows outlives the time for which brokers keep messages.

use std::time::Duration;

use remoting::{Queue, TopicSpec};
use runtime::host::{Host, State, TargetState};
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};
use test_support::wait;

use crate::log;
use crate::records::{CONFIGS, OFFSETS, STATUSES, append, connector, deletion, newest, records};
use crate::rig::{DEADLINE, OTHER, Rig, config, name, until, until_running, until_taken};

/// How long the broker keeps messages.
const RETENTION: Duration = Duration::from_secs(3);

fn options(rig: &Rig) -> WorkerOptions {
    WorkerOptions { snapshot_interval: RETENTION / 4, ..rig.options() }
}

async fn start(rig: &Rig) -> anyhow::Result<WorkerHandle> {
    Ok(Worker::start(options(rig)).await?)
}

/// Where the queues of all internal topics end.
async fn ends(rig: &Rig) -> anyhow::Result<Vec<(Queue, i64)>> {
    let mut ends = Vec::new();
    for topic in [CONFIGS, OFFSETS, STATUSES] {
        for queue in rig.client.route(topic).await?.read_queues() {
            let end = rig.client.max_offset(&queue).await?;
            ends.push((queue, end));
        }
    }
    Ok(ends)
}

/// Waits until the broker has dropped everything that is in the internal topics now.
async fn until_all_dropped(rig: &Rig) -> anyhow::Result<()> {
    for (queue, end) in ends(rig).await? {
        wait::until(DEADLINE, "the broker to drop what is there", async || {
            match rig.client.min_offset(&queue).await {
                Ok(first) if first >= end => Ok(()),
                first => Err(format!("{queue} begins at {first:?}, not yet {end}")),
            }
        })
        .await?;
    }
    Ok(())
}

fn numbers(range: std::ops::Range<i32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

#[tokio::test]
async fn a_worker_that_outlived_the_retention_leaves_all_that_it_knew() -> anyhow::Result<()> {
    let rig = Rig::start_keeping(1, Some(RETENTION)).await?;
    let worker = start(&rig).await?;
    rig.send(0, 0..50).await?;
    worker.put_connector(name("running"), config(&[])).await?;
    worker.put_connector(name("paused"), config(&[("connector.class", OTHER)])).await?;
    until_taken(&rig.script, 50).await?;
    until_taken(&rig.other, 50).await?;
    worker.set_target(&name("paused"), TargetState::Paused).await?;
    until(&worker, "paused", "it to pause", |view| view.tasks[0].state == State::Paused).await?;
    worker.put_connector(name("deleted"), config(&[])).await?;
    worker.delete_connector(&name("deleted")).await?;
    for _ in 0..3 {
        until_all_dropped(&rig).await?;
    }
    let status = newest(&rig, STATUSES, "status-task-running-0").await?;
    assert_eq!(status.map(|status| status.body["payload"]["state"].clone()), Some("RUNNING".into()));

    worker.shutdown(Duration::ZERO).await;
    // Their positions are to come from the offset topic.
    for group in ["connect-running", "connect-paused"] {
        rig.client.update_offset(group, &Queue::new("t", "b", 0), 0).await?;
    }
    let worker = start(&rig).await?;
    let names: Vec<_> = worker.view().connectors.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["paused", "running"]);
    until(&worker, "paused", "it to be paused", |view| view.tasks[0].state == State::Paused).await?;
    until_running(&worker, "running").await?;
    worker.set_target(&name("paused"), TargetState::Started).await?;
    until_running(&worker, "paused").await?;
    rig.send(0, 50..60).await?;
    assert_eq!(until_taken(&rig.script, 60).await?, numbers(0..60), "none is missing, none came twice");
    assert_eq!(until_taken(&rig.other, 60).await?, numbers(0..60), "none is missing, none came twice");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_worker_that_was_away_for_too_long_has_lost_its_connectors_and_not_their_positions()
-> anyhow::Result<()> {
    let rig = Rig::start_keeping(1, Some(RETENTION)).await?;
    let worker = start(&rig).await?;
    rig.send(0, 0..10).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_taken(&rig.script, 10).await?;
    worker.shutdown(DEADLINE).await;
    until_all_dropped(&rig).await?;

    let worker = start(&rig).await?;
    assert!(worker.view().connectors.is_empty());
    rig.send(0, 10..20).await?;
    let last = [("consume.from.where", "CONSUME_FROM_LAST_OFFSET")];
    worker.put_connector(name("c"), config(&last)).await?;
    assert_eq!(until_taken(&rig.script, 20).await?, numbers(0..20), "the consumer group says where it was");
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

/// Whether a deletion of connector `gone` stands behind each of its configurations in every queue.
async fn until_hidden(rig: &Rig) -> anyhow::Result<()> {
    wait::until(DEADLINE, "a deletion behind each configuration", async || {
        let all = records(rig, CONFIGS).await.map_err(|error| error.to_string())?;
        let last =
            |queue, key: &str| all.iter().rfind(|record| (record.queue, record.key.as_str()) == (queue, key));
        let exposed = (0..3).find(|queue| {
            let configured = last(*queue, "connector-gone").map(|record| record.offset);
            let deleted = last(*queue, "target-state-gone").filter(|r| r.body["payload"]["deleted"] == true);
            configured > deleted.map(|record| record.offset)
        });
        exposed.map_or(Ok(()), |queue| Err(format!("queue {queue} has {all:?}")))
    })
    .await
}

#[tokio::test]
async fn a_deletion_is_dropped_after_what_it_hides_in_whatever_queue_that_stands() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(CONFIGS, 3)).await?;
    // As a Java worker leaves it: the configuration in one queue, its deletion in the other.
    append(&rig, (CONFIGS, 0), "connector-gone", connector(1)).await?;
    append(&rig, (CONFIGS, 1), "target-state-gone", deletion(2)).await?;
    let worker = rig.worker().await?;
    assert!(worker.view().connectors.is_empty());
    until_hidden(&rig).await?;
    worker.shutdown(DEADLINE).await;

    // A worker that did not know of it publishes what it knew.
    let worker = start(&rig).await?;
    for queue in 0..3 {
        append(&rig, (CONFIGS, queue), "connector-gone", connector(1)).await?;
    }
    until_hidden(&rig).await?;
    assert!(worker.view().connectors.is_empty());

    // And of one that is deleted here REST says so only when it is hidden everywhere.
    worker.put_connector(name("gone"), config(&[])).await?;
    worker.delete_connector(&name("gone")).await?;
    let queues: Vec<_> =
        records(&rig, CONFIGS).await?.into_iter().rev().map(|record| (record.key, record.queue)).collect();
    for queue in 0..3 {
        let last = queues.iter().find(|(_, of)| *of == queue).map(|(key, _)| key.as_str());
        assert_eq!(last, Some("target-state-gone"), "queue {queue}");
    }
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn nothing_is_published_again_while_it_is_young() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_running(&worker, "c").await?;
    rig.send(0, 0..5).await?;
    until_taken(&rig.script, 5).await?;
    worker.shutdown(DEADLINE).await;
    let worker = rig.worker().await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    for topic in [CONFIGS, OFFSETS] {
        let again =
            rig.messages(topic).await?.into_iter().filter(|m| m.properties.get("connect.snapshot").is_some());
        assert_eq!(again.count(), 0, "{topic}");
    }
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_worker_that_was_away_for_longer_than_records_are_kept_says_so() -> anyhow::Result<()> {
    drop(log::lines());
    let rig = Rig::start_keeping(1, Some(RETENTION)).await?;
    let topic = "configurations-of-long-ago";
    let options = || WorkerOptions { config_topic: topic.to_owned(), ..options(&rig) };
    let says_so =
        || log::lines().lines().any(|line| line.contains("no connector is left") && line.contains(topic));
    let worker = Worker::start(options()).await?;
    assert!(!says_so(), "there never was one");
    worker.put_connector(name("c"), config(&[])).await?;
    worker.shutdown(DEADLINE).await;
    let queue = Queue::new(topic, "b", 0);
    wait::until_true(DEADLINE, "the broker to drop the connector", async || {
        rig.client.min_offset(&queue).await.is_ok_and(|first| first > 0)
    })
    .await?;
    let worker = Worker::start(options()).await?;
    assert!(worker.view().connectors.is_empty() && says_so(), "{}", log::lines());
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
