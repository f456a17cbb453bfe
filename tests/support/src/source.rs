//! The RocketMQ that a scenario reads from: either of two that have to behave alike.

use std::path::Path;

use crate::dev_broker::DevBroker;
use crate::java::{RocketMq, Tuning, Version};
use crate::{Scratch, requirements};

/// Which RocketMQ a scenario runs against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The development broker.
    DevBroker,
    /// Apache RocketMQ 5.5.0.
    Java,
}

/// A running RocketMQ.
#[derive(Debug)]
pub enum Source {
    /// The development broker.
    DevBroker(DevBroker),
    /// Apache RocketMQ.
    Java(Box<RocketMq>),
}

impl Source {
    /// Starts one; `binary` is `rocketmq-connect`. `None` when what it needs is not installed.
    ///
    /// # Errors
    /// When it does not come up, with what it printed.
    pub async fn start(kind: Kind, scratch: &Scratch, binary: &Path) -> anyhow::Result<Option<Self>> {
        match kind {
            Kind::DevBroker => Ok(Some(Self::DevBroker(DevBroker::start(scratch, binary).await?))),
            Kind::Java if requirements::skip_without_java()? => Ok(None),
            Kind::Java => {
                let rocketmq = RocketMq::start(Version::V5_5_0, Tuning::default()).await?;
                Ok(Some(Self::Java(Box::new(rocketmq))))
            }
        }
    }

    /// The name server's address as clients are configured with it: `127.0.0.1:port`.
    #[must_use]
    pub fn name_server(&self) -> String {
        match self {
            Self::DevBroker(broker) => broker.name_server(),
            Self::Java(rocketmq) => rocketmq.name_server(),
        }
    }

    /// Kills the broker with `SIGKILL`; everything it acknowledged has to be there afterwards.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        match self {
            Self::DevBroker(broker) => broker.kill(),
            Self::Java(rocketmq) => rocketmq.kill_broker(),
        }
    }

    /// Starts the broker again on the same ports and store.
    ///
    /// # Errors
    /// When it does not come up, with what it printed.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        match self {
            Self::DevBroker(broker) => broker.restart().await,
            Self::Java(rocketmq) => rocketmq.restart_broker().await,
        }
    }
}
