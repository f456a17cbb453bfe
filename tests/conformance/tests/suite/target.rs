//! A broker that tests share, and what they need to keep apart on it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use remoting::{Client, ClientOptions, OutgoingMessage, PullOptions, Queue, TopicSpec};
use test_support::java::{self, Version};
use test_support::{requirements, wait};
use tokio::sync::OnceCell;

use crate::expected::Expected;
use crate::server::DevBroker;

/// Long enough for a broker on a busy machine, and never waited for when all is well.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// The brokers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Dev,
    V4_9_7,
    V5_3_3,
    V5_5_0,
    /// The remoting port of a 5.5.0 proxy.
    Proxy,
}

impl Kind {
    pub(crate) fn java_version(self) -> Option<Version> {
        match self {
            Self::Dev => None,
            Self::V4_9_7 => Some(Version::V4_9_7),
            Self::V5_3_3 => Some(Version::V5_3_3),
            Self::V5_5_0 | Self::Proxy => Some(Version::V5_5_0),
        }
    }
}

/// A broker under test.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) expected: Expected,
    /// What clients are configured with.
    pub(crate) name_server: String,
    /// Where topics can be created: the name server behind a proxy.
    pub(crate) admin_name_server: String,
    /// The broker, or the proxy.
    pub(crate) broker: String,
}

impl Target {
    /// The shared broker of that kind; none when it needs Java and there is none.
    pub(crate) async fn shared(kind: Kind) -> anyhow::Result<Option<Self>> {
        let expected = Expected::of(kind);
        let Some(version) = kind.java_version() else {
            let address = shared_devbroker().await?;
            let (name_server, admin_name_server, broker) = (address.clone(), address.clone(), address);
            return Ok(Some(Self { kind, expected, name_server, admin_name_server, broker }));
        };
        if requirements::skip_without_java()? {
            return Ok(None);
        }
        let rocketmq = java::shared(version).await?;
        let admin_name_server = rocketmq.name_server();
        let (name_server, broker) = match (kind, rocketmq.proxy()) {
            (Kind::Proxy, Some(proxy)) => (proxy.to_string(), proxy.to_string()),
            (Kind::Proxy, None) => anyhow::bail!("RocketMQ {version} was started without its proxy"),
            _ => (rocketmq.name_server(), rocketmq.broker().to_string()),
        };
        Ok(Some(Self { kind, expected, name_server, admin_name_server, broker }))
    }

    /// A client with connections of its own.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        client_of(&self.name_server)
    }

    /// A client that takes a call for lost as soon as one does by default.
    pub(crate) fn impatient_client(&self) -> anyhow::Result<Client> {
        let name_servers = vec![self.name_server.clone()];
        Ok(Client::new(ClientOptions { name_servers, ..ClientOptions::default() })?)
    }

    /// A new topic, found through this target, with its queues in order.
    pub(crate) async fn topic(&self, queues: i32) -> anyhow::Result<Vec<Queue>> {
        let name = unique("topic");
        client_of(&self.admin_name_server)?.create_topic(&TopicSpec::new(&name, queues)).await?;
        let client = self.client()?;
        let route =
            wait::until(DEADLINE, "the route of a new topic", async || client.route(&name).await).await?;
        let queues = route.write_queues();
        anyhow::ensure!(!queues.is_empty(), "the new topic {name} has no queues");
        Ok(queues)
    }

    /// A new topic with one queue.
    pub(crate) async fn queue(&self) -> anyhow::Result<Queue> {
        let queues = self.topic(1).await?;
        Ok(queues[0].clone())
    }
}

/// A client of that name server, patient enough for a busy machine.
pub(crate) fn client_of(name_server: &str) -> anyhow::Result<Client> {
    let options = ClientOptions {
        name_servers: vec![name_server.to_owned()],
        request_timeout: Duration::from_secs(15),
        ..ClientOptions::default()
    };
    Ok(Client::new(options)?)
}

/// A name that no other test uses, for topics and groups.
pub(crate) fn unique(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{what}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Messages whose bodies are `prefix` and their number.
pub(crate) fn numbered(prefix: &str, count: usize) -> Vec<OutgoingMessage> {
    (0..count).map(|number| OutgoingMessage::new(format!("{prefix}{number}"))).collect()
}

/// Waits until readers see so many messages: a Java broker acknowledges a message a little before that.
pub(crate) async fn wait_readable(client: &Client, queue: &Queue, end: i64) -> anyhow::Result<()> {
    let what = format!("{queue} to end at {end}");
    wait::until(DEADLINE, &what, async || match client.max_offset(queue).await {
        Ok(max) if max == end => Ok(()),
        Ok(max) => Err(format!("it ends at {max}")),
        Err(error) => Err(error.to_string()),
    })
    .await
}

/// All bodies of a queue from its first message to its end, pulled one after the other.
pub(crate) async fn bodies(client: &Client, queue: &Queue) -> anyhow::Result<Vec<String>> {
    let max = client.max_offset(queue).await?;
    let mut offset = client.min_offset(queue).await?;
    let mut bodies = Vec::new();
    while offset < max {
        let pulled = client.pull(queue, &PullOptions::at(offset)).await?;
        for message in pulled.messages.iter().filter(|message| message.offset >= offset) {
            bodies.push(String::from_utf8_lossy(&message.body).into_owned());
        }
        anyhow::ensure!(pulled.next > offset, "no way on from {offset} of {queue}: {pulled:?}");
        offset = pulled.next;
    }
    Ok(bodies)
}

async fn shared_devbroker() -> anyhow::Result<String> {
    static SHARED: OnceCell<Result<DevBroker, String>> = OnceCell::const_new();
    let started =
        SHARED.get_or_init(|| async { DevBroker::start().await.map_err(|error| format!("{error:#}")) }).await;
    match started {
        Ok(broker) => Ok(broker.address()),
        Err(error) => anyhow::bail!("the shared development broker did not start: {error}"),
    }
}
