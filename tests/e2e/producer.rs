//! Sends orders, and keeps the ledger of what the broker acknowledged.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context;
use remoting::{Client, ClientOptions, OutgoingMessage, TopicSpec};
use test_support::wait;

const START_DEADLINE: Duration = Duration::from_secs(30);

/// Sends numbered orders and remembers which were acknowledged.
pub(crate) struct Producer {
    client: Client,
    topic: String,
    /// Numbers of the orders that the broker acknowledged.
    pub(crate) acknowledged: BTreeSet<u64>,
}

impl Producer {
    /// A producer to `topic`, which is created with `queues` queues.
    pub(crate) async fn new(name_server: &str, topic: &str, queues: i32) -> anyhow::Result<Self> {
        let client = client(name_server)?;
        client.create_topic(&TopicSpec::new(topic, queues)).await.context("create topic")?;
        Ok(Self { client, topic: topic.to_owned(), acknowledged: BTreeSet::new() })
    }

    /// Sends orders with these numbers, spread over the queues.
    pub(crate) async fn send(&mut self, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
        let queues = self.client.route(&self.topic).await?.write_queues();
        for (turn, chunk) in numbers.collect::<Vec<_>>().chunks(100).enumerate() {
            let messages: Vec<_> = chunk.iter().map(|n| OutgoingMessage::new(order(*n))).collect();
            self.client.send_batch(&queues[turn % queues.len()], &messages).await?;
            self.acknowledged.extend(chunk);
        }
        Ok(())
    }

    /// The same producer after the broker came back, with what was acknowledged so far.
    pub(crate) async fn reconnected(self, name_server: &str) -> anyhow::Result<Self> {
        let client = client(name_server)?;
        wait::until(START_DEADLINE, "the topic's route", async || client.route(&self.topic).await).await?;
        Ok(Self { client, ..self })
    }

    /// Sends one body as it is.
    pub(crate) async fn send_body(&self, body: impl Into<bytes::Bytes>) -> anyhow::Result<()> {
        let queues = self.client.route(&self.topic).await?.write_queues();
        self.client.send(&queues[0], &OutgoingMessage::new(body)).await?;
        Ok(())
    }
}

fn client(name_server: &str) -> anyhow::Result<Client> {
    Ok(Client::new(ClientOptions { name_servers: vec![name_server.to_owned()], ..ClientOptions::default() })?)
}

fn order(number: u64) -> String {
    format!(r#"{{"id":{number},"customer":"customer {}","note":"{}"}}"#, number % 97, "x".repeat(200))
}
