//! Finding a topic's queues: topics that do not exist, name servers that are dead or are something else.

use std::time::{Duration, Instant};

use remoting::{Client, ClientOptions, Error, NameServerProblem, OutgoingMessage, Queue};
use test_support::ports;

use crate::target::{Target, unique};

on_every_target!(
    a_missing_topic_is_named,
    the_next_name_server_is_asked_when_the_first_is_dead,
    a_brokers_port_is_no_name_server
);

async fn a_missing_topic_is_named(target: Target) -> anyhow::Result<()> {
    let client = target.client()?;
    let missing = unique("missing");
    let error = client.route(&missing).await.unwrap_err();
    assert!(matches!(&error, Error::TopicMissing { topic } if **topic == *missing), "{error:?}");
    let queue = Queue::new(missing.as_str(), "broker-a", 0);
    let error = client.send(&queue, &OutgoingMessage::new("lost")).await.unwrap_err();
    assert!(matches!(&error, Error::TopicMissing { topic } if **topic == *missing), "{error:?}");
    Ok(())
}

fn client_of(name_servers: &[String]) -> anyhow::Result<Client> {
    Ok(Client::new(ClientOptions { name_servers: name_servers.to_vec(), ..ClientOptions::default() })?)
}

fn dead() -> anyhow::Result<String> {
    Ok(format!("127.0.0.1:{}", ports::free()?))
}

async fn the_next_name_server_is_asked_when_the_first_is_dead(target: Target) -> anyhow::Result<()> {
    let queue = target.queue().await?;
    let list = format!("{};{}", dead()?, target.name_server);
    let client = client_of(&[list])?;
    let begun = Instant::now();
    assert_eq!(client.route(&queue.topic).await?.read_queues(), [queue]);
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
    Ok(())
}

async fn a_brokers_port_is_no_name_server(target: Target) -> anyhow::Result<()> {
    let queue = target.queue().await?;
    let answered = client_of(std::slice::from_ref(&target.broker))?.route(&queue.topic).await;
    if target.expected.broker_is_name_server {
        assert_eq!(answered?.read_queues(), [queue]);
        return Ok(());
    }
    let error = answered.unwrap_err();
    let Error::NameServers { failures } = &error else { anyhow::bail!("{error:?}") };
    assert_eq!(&*failures[0].address, target.broker);
    assert!(matches!(failures[0].problem, NameServerProblem::UnknownRequest { .. }), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn when_no_name_server_answers_each_is_named() -> anyhow::Result<()> {
    let list = [dead()?, dead()?];
    let error = client_of(&list)?.route("orders").await.unwrap_err();
    for address in &list {
        assert!(error.to_string().contains(address), "{error}");
    }
    assert!(error.is_transient(), "{error:?}");
    Ok(())
}
