//! Connections to the broker whose other end is gone without a word.

use std::sync::Arc;
use std::time::{Duration, Instant};

use connector_api::Delivery;
use devbroker::{DevBroker, Options};
use remoting::{Client, ClientOptions, OutgoingMessage, PullOptions, Queue, TopicSpec};
use runtime::host::Host;
use runtime::plugins::Plugins;
use runtime::task::CommitIntervals;
use runtime::worker::{Worker, WorkerOptions};
use test_support::proxy::{Fault, Proxy, Way};
use test_support::{ports, wait};

use crate::rig::{CLASS, DEADLINE, config, name, until_running};
use crate::script::{Script, Scripted};

/// How soon after healing a fresh record has to be in the sink.
const RECOVERED: Duration = Duration::from_secs(10);

/// Has `ways` of all connections swallowed for `hole`, and measures how long a record takes that is sent when they are not any more.
async fn check(ways: &'static [Way], hole: Duration, delivery: Delivery) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let door = ([127, 0, 0, 1], ports::free()?).into();
    let own = Options::new(([127, 0, 0, 1], 0).into(), data.path());
    let options = Options { broker_name: "b".to_owned(), advertise: Some(door), ..own };
    let broker = DevBroker::start(options).await?;
    let proxy = Proxy::listen(door, broker.addr()).await?;
    let client_through = |address: std::net::SocketAddr| {
        let name_servers = vec![address.to_string()];
        Client::new(ClientOptions { name_servers, ..ClientOptions::default() })
    };
    let client = client_through(door)?;
    client.create_topic(&TopicSpec::new("t", 1)).await?;

    let script = Script::new();
    if delivery == Delivery::Idempotent {
        script.idempotent();
    }
    let plugins = Plugins::new().sink(Scripted { class: CLASS, script: Arc::clone(&script) });
    let seldom = Duration::from_secs(3_600);
    let own = WorkerOptions::new(client.clone(), plugins);
    let commit = CommitIntervals { consumer_group: seldom, ..own.commit };
    let worker = Worker::start(WorkerOptions { commit, route_interval: seldom, ..own }).await?;
    worker.put_connector(name("c"), config(&[])).await?;
    until_running(&worker, "c").await?;
    let queue = Queue::new("t", "b", 0);
    client.send(&queue, &OutgoingMessage::new("before")).await?;
    wait::until_true(DEADLINE, "the first record", async || script.bodies().len() == 1).await?;
    // With that all is said, and nobody asks the broker anything until something comes.
    wait::until_true(DEADLINE, "the commit", async || is_committed(&client).await.unwrap_or(false)).await?;

    proxy.set(Fault::Silent(ways)).await;
    tokio::time::sleep(hole).await;
    proxy.heal().await;
    let healed = Instant::now();
    // The connection of whoever sends was dead as well.
    let sender = client_through(door)?;
    sender.send(&queue, &OutgoingMessage::new("after")).await?;
    let arrived = wait::until_true(DEADLINE, "the record", async || {
        script.bodies().last().is_some_and(|body| body == "after")
    });
    arrived.await?;
    let took = healed.elapsed();
    assert!(took < RECOVERED, "{took:?} after {hole:?} of silence ({ways:?})");
    worker.shutdown(DEADLINE).await;
    sender.close().await;
    client.close().await;
    proxy.stop().await;
    broker.shutdown().await;
    Ok(())
}

/// Whether the offset topic says that the one record is done with.
async fn is_committed(client: &Client) -> anyhow::Result<bool> {
    let offsets = Queue::new("connector-offset-topic", "b", 0);
    let pulled = client.pull(&offsets, &PullOptions::at(0)).await?;
    let mut bodies = pulled.messages.iter().map(|message| String::from_utf8_lossy(&message.body));
    Ok(bodies.any(|body| body.contains(r#""committed":1,"#)))
}

const BOTH: &[Way] = &[Way::Requests, Way::Answers];

#[tokio::test]
async fn a_moment_of_silence_costs_seconds_and_not_a_long_poll() -> anyhow::Result<()> {
    check(BOTH, Duration::from_millis(100), Delivery::AtLeastOnce).await
}

#[tokio::test]
async fn a_moment_of_silence_costs_an_idempotent_sink_no_more() -> anyhow::Result<()> {
    check(BOTH, Duration::from_millis(100), Delivery::Idempotent).await
}

#[tokio::test]
async fn a_long_silence_is_over_within_seconds_once_it_is() -> anyhow::Result<()> {
    check(BOTH, Duration::from_secs(9), Delivery::Idempotent).await
}

#[tokio::test]
async fn requests_that_nobody_receives_are_sent_again() -> anyhow::Result<()> {
    check(&[Way::Requests], Duration::from_secs(4), Delivery::Idempotent).await
}

#[tokio::test]
async fn answers_that_nobody_receives_are_asked_for_again() -> anyhow::Result<()> {
    check(&[Way::Answers], Duration::from_secs(4), Delivery::Idempotent).await
}
