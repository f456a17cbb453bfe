//! Queues that are not what they were: topics that are created again, messages that are gone before they are read.

#![allow(clippy::single_range_in_vec_init, reason = "one range of orders is what is meant")]

use std::time::Duration;

use remoting::{Client, ClientOptions, OutgoingMessage, Queue, TopicSpec};
use serde_json::{Value, json};
use test_support::java::{RocketMq, mqadmin};
use test_support::source::{Kind, Source};
use test_support::wait;

use crate::delivery::against_both;
use crate::rig::{ARRIVAL, Rig};

against_both!(
    a_topic_that_is_created_again_while_it_is_read_is_loaded_from_its_beginning,
    a_topic_that_is_created_again_while_no_worker_runs_is_loaded_from_its_beginning,
    without_a_policy_a_topic_that_is_created_again_stops_the_task,
);

const EARLIEST: &str = "earliest";
/// How soon a Java broker drops old files: it looks for them a minute after its start, and every ten seconds from then on.
const DROPPED: Duration = Duration::from_secs(120);

pub(crate) fn client(rig: &Rig) -> anyhow::Result<Client> {
    let name_servers = vec![rig.source.name_server()];
    // What it is asked has just changed.
    let route_refresh = Duration::ZERO;
    Ok(Client::new(ClientOptions { name_servers, route_refresh, ..ClientOptions::default() })?)
}

/// Sends an order with each of these numbers to a queue, as often as it takes.
pub(crate) async fn send(
    client: &Client,
    queue: &Queue,
    numbers: std::ops::Range<u64>,
) -> anyhow::Result<()> {
    for chunk in numbers.collect::<Vec<_>>().chunks(100) {
        let order = |n: &u64| format!(r#"{{"id":{n},"customer":"c","note":"n"}}"#);
        let messages: Vec<_> = chunk.iter().map(|n| OutgoingMessage::new(order(n))).collect();
        client.send_batch(queue, &messages).await?;
    }
    Ok(())
}

pub(crate) fn queue(broker: &str, id: i32) -> Queue {
    Queue::new("orders", broker, id)
}

/// Creates the topic, and answers with its queues.
pub(crate) async fn create(client: &Client, queues: i32) -> anyhow::Result<Vec<Queue>> {
    client.create_topic(&TopicSpec::new("orders", queues)).await?;
    Ok(client.route("orders").await?.write_queues())
}

/// Waits until the table holds exactly the orders with these numbers, each once.
pub(crate) async fn until_exactly(rig: &Rig, ranges: &[std::ops::Range<u64>]) -> anyhow::Result<()> {
    let mut expected: Vec<u64> = ranges.iter().cloned().flatten().collect();
    expected.sort_unstable();
    wait::until(ARRIVAL, "exactly these orders in the table", async || {
        let there = rig.doris.ids("orders").await.map_err(|error| error.to_string())?;
        if there == expected { Ok(()) } else { Err(format!("{} of {}", there.len(), expected.len())) }
    })
    .await?;
    let rows = usize::try_from(rig.rows().await?)?;
    anyhow::ensure!(rows == expected.len(), "{rows} rows of {} orders", expected.len());
    Ok(())
}

/// Whether a task says, running or not, all of these.
pub(crate) fn says(status: &Value, parts: &[&str]) -> bool {
    let traces = status["tasks"].as_array().into_iter().flatten().filter_map(|task| task["trace"].as_str());
    traces.into_iter().any(|trace| parts.iter().all(|part| trace.contains(part)))
}

/// New records at the offsets of others: longer in one queue, shorter in the other.
async fn create_again(client: &Client) -> anyhow::Result<()> {
    client.delete_topic("orders").await?;
    let queues = create(client, 2).await?;
    send(client, &queues[0], 10_000..10_900).await?;
    send(client, &queues[1], 20_000..20_100).await
}

async fn a_topic_that_is_created_again_while_it_is_read_is_loaded_from_its_beginning(
    kind: Kind,
) -> anyhow::Result<()> {
    let Some(rig) = Rig::start(kind).await? else { return Ok(()) };
    let client = client(&rig)?;
    let queues = create(&client, 2).await?;
    send(&client, &queues[0], 0..300).await?;
    send(&client, &queues[1], 1_000..1_300).await?;
    rig.load_into_doris("orders", "orders", json!({"offset.out.of.range": EARLIEST})).await?;
    until_exactly(&rig, &[0..300, 1_000..1_300]).await?;

    create_again(&client).await?;
    let new = [0..300, 1_000..1_300, 10_000..10_900, 20_000..20_100];
    until_exactly(&rig, &new).await?;
    rig.wait_for_status("orders", "a task to say so", |status| says(status, &["created again", "offset 0"]))
        .await?;
    send(&client, &queues[1], 30_000..30_500).await?;
    let all: Vec<_> = new.into_iter().chain(std::iter::once(30_000..30_500)).collect();
    until_exactly(&rig, &all).await
}

async fn a_topic_that_is_created_again_while_no_worker_runs_is_loaded_from_its_beginning(
    kind: Kind,
) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let client = client(&rig)?;
    let queues = create(&client, 2).await?;
    send(&client, &queues[0], 0..300).await?;
    send(&client, &queues[1], 1_000..1_300).await?;
    rig.load_into_doris("orders", "orders", json!({"offset.out.of.range": EARLIEST})).await?;
    until_exactly(&rig, &[0..300, 1_000..1_300]).await?;
    // So that a broker which keeps them has offsets of the topic that is deleted.
    wait::until(ARRIVAL, "the group to have the offset", async || {
        match client.query_offset("connect-orders", &queues[0]).await {
            Ok(Some(300)) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await?;

    rig.worker.process().kill()?;
    create_again(&client).await?;
    rig.worker.restart().await?;
    let new = [0..300, 1_000..1_300, 10_000..10_900, 20_000..20_100];
    until_exactly(&rig, &new).await?;
    send(&client, &queues[1], 30_000..30_500).await?;
    rig.worker.restart().await?;
    let all: Vec<_> = new.into_iter().chain(std::iter::once(30_000..30_500)).collect();
    until_exactly(&rig, &all).await
}

async fn without_a_policy_a_topic_that_is_created_again_stops_the_task(kind: Kind) -> anyhow::Result<()> {
    let Some(rig) = Rig::start(kind).await? else { return Ok(()) };
    let client = client(&rig)?;
    let queues = create(&client, 2).await?;
    send(&client, &queues[0], 0..300).await?;
    send(&client, &queues[1], 1_000..1_300).await?;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    until_exactly(&rig, &[0..300, 1_000..1_300]).await?;
    create_again(&client).await?;
    let parts = ["created again", "offset.out.of.range=earliest", "orders/"];
    rig.wait_for_status("orders", "a task to fail", |status| {
        says(status, &parts) && status["tasks"].to_string().contains("FAILED")
    })
    .await?;
    rig.load_into_doris("orders", "orders", json!({"offset.out.of.range": EARLIEST})).await?;
    until_exactly(&rig, &[0..300, 1_000..1_300, 10_000..10_900, 20_000..20_100]).await
}

/// A Java broker deletes whole files, whatever topics are in them; meanwhile it answers with what lies behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_broker_drops_before_it_is_read_is_counted_and_nothing_else_is_lost() -> anyhow::Result<()> {
    const ORDERS: u64 = 3_000;
    let Some(mut rig) = Rig::start(Kind::Java).await? else { return Ok(()) };
    let client = client(&rig)?;
    let queue = create(&client, 1).await?.remove(0);
    send(&client, &queue, 0..10).await?;
    let more = json!({"max.tasks": "1", "batch.max.records": "100", "offset.out.of.range": EARLIEST});
    rig.load_into_doris("orders", "orders", more).await?;
    until_exactly(&rig, &[0..10]).await?;

    // The sink is away for longer than the broker keeps messages: several files of 16 MiB.
    rig.doris.stop().await;
    let large = |n: u64| format!(r#"{{"id":{n},"customer":"c","note":"{}"}}"#, "x".repeat(30_000));
    let messages: Vec<_> = (10..ORDERS).map(|n| OutgoingMessage::new(large(n))).collect();
    client.send_all(&queue, &messages).await?;
    forget_old_files(cluster(&rig)?).await?;
    let min = wait::until(DROPPED, "the broker to drop old files", async || {
        match client.min_offset(&queue).await.map_err(|error| error.to_string())? {
            min if min > 1_000 => Ok(u64::try_from(min).unwrap_or_default()),
            min => Err(format!("the queue begins at {min}")),
        }
    })
    .await?;
    rig.doris.start_again(&rig.scratch).await?;

    let there = wait::until(ARRIVAL, "the last order", async || {
        let there = rig.doris.ids("orders").await.map_err(|error| error.to_string())?;
        if there.last() == Some(&(ORDERS - 1)) { Ok(there) } else { Err(format!("{:?}", there.last())) }
    })
    .await?;
    let read = (0..).zip(&there).take_while(|(expected, id)| expected == *id).count();
    let expected: Vec<u64> = (0..u64::try_from(read)?).chain(min..ORDERS).collect();
    anyhow::ensure!(
        there == expected,
        "{read} in front, {} in all, the broker has {min} to {ORDERS}",
        there.len()
    );
    anyhow::ensure!(rig.rows().await? == u64::try_from(there.len())?, "some are there twice");
    anyhow::ensure!(read > 10, "what was in memory is thrown away");
    let lost = format!("{} messages passed over", min - u64::try_from(read)?);
    rig.wait_for_status("orders", "the loss to be told", |status| says(status, &[&lost, "orders/broker-a/0"]))
        .await
        .map(drop)
}

/// From now on the broker keeps nothing but the file that it writes.
async fn forget_old_files(rocketmq: &RocketMq) -> anyhow::Result<()> {
    let hours: Vec<_> = (0..24).map(|hour| format!("{hour:02}")).collect();
    let broker = rocketmq.broker().to_string();
    for (key, value) in [("deleteWhen", hours.join(";").as_str()), ("fileReservedTime", "0")] {
        let arguments = ["updateBrokerConfig", "-b", &broker, "-k", key, "-v", value];
        let said = mqadmin(rocketmq.version(), &rocketmq.name_server(), &arguments).await?;
        anyhow::ensure!(said.contains("success"), "{key}: {said}");
    }
    Ok(())
}

pub(crate) fn cluster(rig: &Rig) -> anyhow::Result<&RocketMq> {
    match &rig.source {
        Source::Java(rocketmq) => Ok(rocketmq),
        Source::DevBroker(_) => anyhow::bail!("a development broker is always alone"),
    }
}
