//! The consumer group of a connector: consoles see its lag there, and a Java worker's position is where reading goes on.

use remoting::{Client, ClientOptions, Queue};
use serde_json::json;
use test_support::java::{Version, mqadmin};
use test_support::process::Signal;
use test_support::source::Kind;
use test_support::wait;

use crate::delivery::against_both;
use crate::rig::{ARRIVAL, Rig};

against_both!(a_position_that_somebody_else_has_committed_is_where_reading_goes_on);

const GROUP: &str = "connect-orders";

fn client(rig: &Rig) -> anyhow::Result<Client> {
    let name_servers = vec![rig.source.name_server()];
    Ok(Client::new(ClientOptions { name_servers, ..ClientOptions::default() })?)
}

/// Waits until the table holds exactly the orders with these numbers, each once.
async fn until_exactly(rig: &Rig, expected: &[u64]) -> anyhow::Result<()> {
    wait::until(ARRIVAL, "exactly these orders in the table", async || {
        let there = rig.doris.ids("orders").await.map_err(|error| error.to_string())?;
        if there == expected { Ok(()) } else { Err(format!("{there:?}")) }
    })
    .await?;
    assert_eq!(rig.rows().await?, expected.len() as u64, "none is there twice");
    Ok(())
}

async fn a_position_that_somebody_else_has_committed_is_where_reading_goes_on(
    kind: Kind,
) -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(kind).await? else { return Ok(()) };
    let client = client(&rig)?;
    let mut producer = rig.producer("orders", 1).await?;
    let queue: Queue = client.route("orders").await?.write_queues().swap_remove(0);

    // A Java worker has had the connector before.
    producer.send(0..100).await?;
    client.update_offset(GROUP, &queue, 60).await?;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    let mut expected: Vec<u64> = (60..100).collect();
    until_exactly(&rig, &expected).await?;

    // It has had it again in between, and has read on.
    rig.worker.process().kill()?;
    producer.send(100..150).await?;
    client.update_offset(GROUP, &queue, 120).await?;
    rig.worker.restart().await?;
    expected.extend(120..150);
    until_exactly(&rig, &expected).await?;

    // The broker has forgotten what was committed last.
    rig.worker.process().kill()?;
    producer.send(150..160).await?;
    client.update_offset(GROUP, &queue, 100).await?;
    rig.worker.restart().await?;
    expected.extend(150..160);
    until_exactly(&rig, &expected).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consoles_see_the_lag_of_the_group() -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(Kind::Java).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 1).await?;
    producer.send(0..100).await?;
    rig.load_into_doris("orders", "orders", json!({})).await?;
    rig.wait_for_all(&producer).await?;
    rig.worker.process().signal(Signal::Terminate)?;
    rig.worker.process().wait_exit(ARRIVAL).await?;
    producer.send(100..130).await?;

    let seen =
        mqadmin(Version::V5_5_0, &rig.source.name_server(), &["consumerProgress", "-g", GROUP]).await?;
    let lines: Vec<Vec<&str>> = seen.lines().map(|line| line.split_whitespace().collect()).collect();
    let of_topic = lines.iter().find(|line| line.first() == Some(&"orders"));
    // Topic, broker, queue, where the queue ends, where the group is; the lag is in the summary, too.
    let offsets = of_topic.map(|line| (line.get(2), line.get(3), line.get(4)));
    assert_eq!(offsets, Some((Some(&"0"), Some(&"130"), Some(&"100"))), "{seen}");
    assert!(seen.contains("Consume Diff Total: 30"), "{seen}");
    Ok(())
}
