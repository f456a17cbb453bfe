//! How a dev-broker is set up.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::Error;

/// What a dev-broker needs to know to start. The defaults behave as a Java broker does out of the box.
///
/// ```
/// # use std::time::Duration;
/// let options = devbroker::Options {
///     retention: Some(Duration::from_secs(300)),
///     ..devbroker::Options::new("127.0.0.1:0".parse()?, "/tmp/dev-broker")
/// };
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    /// Where name server and broker listen, both on this one port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The directory everything is kept in. Created if missing; must be empty or a dev-broker's.
    pub data: PathBuf,
    /// The address that routes tell clients to connect to. By default the one listened on, with the loopback address in place
    /// of an unspecified one (`0.0.0.0`, `::`).
    pub advertise: Option<SocketAddr>,
    /// The cluster the broker says it belongs to.
    pub cluster_name: String,
    /// The broker's name in routes.
    pub broker_name: String,
    /// Whether a send to an unknown topic creates it (Java: `autoCreateTopicEnable`).
    pub auto_create_topics: bool,
    /// Whether using an unknown consumer group creates it (Java: `autoCreateSubscriptionGroup`).
    pub auto_create_groups: bool,
    /// The most queues an automatically created topic gets; a producer usually asks for 4 (Java: `defaultTopicQueueNums`).
    pub default_topic_queues: u32,
    /// The most messages one pull returns (Java: `maxTransferCountOnMessageInMemory`).
    pub max_pull_messages: u32,
    /// The most bytes one pull returns, if that is more than one message (Java: `maxTransferBytesOnMessageInMemory`).
    pub max_pull_bytes: u32,
    /// How long messages are kept; `None` keeps them until their topic is deleted.
    pub retention: Option<Duration>,
    /// After this long without a heartbeat, or without any traffic, a client is gone (Java: 120 s).
    pub client_expiry: Duration,
}

impl Options {
    /// The defaults for a broker that listens on `listen` and keeps its data in `data`.
    pub fn new(listen: SocketAddr, data: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            data: data.into(),
            advertise: None,
            cluster_name: "DefaultCluster".to_owned(),
            broker_name: "dev-broker".to_owned(),
            auto_create_topics: true,
            auto_create_groups: true,
            default_topic_queues: 8,
            max_pull_messages: 32,
            max_pull_bytes: 256 * 1024,
            retention: None,
            client_expiry: Duration::from_secs(120),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        let fault = |option, value: String, reason| Err(Error::Option { option, value, reason });
        if self.default_topic_queues == 0 {
            return fault("default_topic_queues", "0".to_owned(), "a topic needs at least one queue");
        }
        if self.max_pull_messages == 0 {
            return fault("max_pull_messages", "0".to_owned(), "a pull must be able to return a message");
        }
        if self.retention.is_some_and(|retention| retention.is_zero()) {
            return fault("retention", "0".to_owned(), "use None to keep messages, or a duration above zero");
        }
        if self.client_expiry.is_zero() {
            return fault("client_expiry", "0".to_owned(), "every client would be gone at once");
        }
        for (option, value) in [("cluster_name", &self.cluster_name), ("broker_name", &self.broker_name)] {
            if value.is_empty() {
                return fault(option, "empty".to_owned(), "clients need a name");
            }
        }
        if self.advertise.is_some_and(|address| address.ip().is_unspecified()) {
            return fault(
                "advertise",
                format!("{:?}", self.advertise),
                "clients cannot connect to an unspecified address",
            );
        }
        Ok(())
    }
}
