//! The RocketMQ that a scenario reads from, and the ledger of what it acknowledged.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use remoting::{Client, ClientOptions, OutgoingMessage, TopicSpec};
use test_support::java::{RocketMq, Tuning, Version};
use test_support::process::Process;
use test_support::{Scratch, ports, wait};

const START_DEADLINE: Duration = Duration::from_secs(30);

/// Which RocketMQ a scenario runs against.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    DevBroker,
    Java,
}

/// A running RocketMQ.
pub(crate) enum Source {
    DevBroker(DevBroker),
    Java(Box<RocketMq>),
}

impl Source {
    /// `None` when what it needs is not installed.
    pub(crate) async fn start(kind: Kind, scratch: &Scratch) -> anyhow::Result<Option<Self>> {
        match kind {
            Kind::DevBroker => Ok(Some(Self::DevBroker(DevBroker::start(scratch).await?))),
            Kind::Java if test_support::requirements::skip_without_java()? => Ok(None),
            Kind::Java => {
                let rocketmq = RocketMq::start(Version::V5_5_0, Tuning::default()).await?;
                Ok(Some(Self::Java(Box::new(rocketmq))))
            }
        }
    }

    pub(crate) fn name_server(&self) -> String {
        match self {
            Self::DevBroker(broker) => broker.address.to_string(),
            Self::Java(rocketmq) => rocketmq.name_server(),
        }
    }

    /// Kills the broker with SIGKILL; everything it acknowledged has to be there afterwards.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        match self {
            Self::DevBroker(broker) => broker.process.kill(),
            Self::Java(rocketmq) => rocketmq.kill_broker(),
        }
    }

    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        match self {
            Self::DevBroker(broker) => broker.restart().await,
            Self::Java(rocketmq) => rocketmq.restart_broker().await,
        }
    }
}

/// `rocketmq-connect dev-broker` as a child process.
pub(crate) struct DevBroker {
    scratch: Scratch,
    address: SocketAddr,
    process: Process,
}

impl DevBroker {
    pub(crate) async fn start(scratch: &Scratch) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], ports::free()?));
        let process = Self::spawn(scratch, address)?;
        let mut broker = Self { scratch: scratch.clone(), address, process };
        broker.process.wait_listening(address, START_DEADLINE).await?;
        Ok(broker)
    }

    fn spawn(scratch: &Scratch, address: SocketAddr) -> anyhow::Result<Process> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rocketmq-connect"));
        command.arg("dev-broker").arg("--listen").arg(address.to_string());
        command.arg("--data").arg(scratch.directory("dev-broker")?);
        Process::spawn(scratch, "dev-broker", command)
    }

    pub(crate) fn name_server(&self) -> String {
        self.address.to_string()
    }

    async fn restart(&mut self) -> anyhow::Result<()> {
        self.process = Self::spawn(&self.scratch, self.address)?;
        self.process.wait_listening(self.address, START_DEADLINE).await
    }
}

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

pub(crate) fn client(name_server: &str) -> anyhow::Result<Client> {
    Ok(Client::new(ClientOptions { name_servers: vec![name_server.to_owned()], ..ClientOptions::default() })?)
}

fn order(number: u64) -> String {
    format!(r#"{{"id":{number},"customer":"customer {}","note":"{}"}}"#, number % 97, "x".repeat(200))
}
