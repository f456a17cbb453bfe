//! The servers behind the targets, each a process that can be killed.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use test_support::java::{RocketMq, Tuning, Version};
use test_support::process::Process;
use test_support::{Scratch, ports};

const START_DEADLINE: Duration = Duration::from_secs(30);

/// The development broker in a process of its own.
#[derive(Debug)]
pub(crate) struct DevBroker {
    address: SocketAddr,
    data: PathBuf,
    scratch: Scratch,
    process: Process,
}

impl DevBroker {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let scratch = Scratch::new()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?));
        let data = scratch.directory("data")?;
        let process = Self::spawn(&scratch, address, &data)?;
        let mut broker = Self { address, data, scratch, process };
        broker.process.wait_listening(address, START_DEADLINE).await?;
        Ok(broker)
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    async fn restart(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process = Self::spawn(&self.scratch, self.address, &self.data)?;
        self.process.wait_listening(self.address, START_DEADLINE).await
    }

    fn spawn(scratch: &Scratch, address: SocketAddr, data: &PathBuf) -> anyhow::Result<Process> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_serve-devbroker"));
        command.arg(address.to_string()).arg(data);
        Process::spawn(scratch, "devbroker", command)
    }
}

/// A broker that one test has for itself, to kill it.
#[derive(Debug)]
pub(crate) enum Mortal {
    Dev(DevBroker),
    Java(Box<RocketMq>),
}

impl Mortal {
    pub(crate) async fn dev() -> anyhow::Result<Self> {
        Ok(Self::Dev(DevBroker::start().await?))
    }

    pub(crate) async fn java(version: Version) -> anyhow::Result<Self> {
        Ok(Self::Java(Box::new(RocketMq::start(version, Tuning::default()).await?)))
    }

    pub(crate) fn name_server(&self) -> String {
        match self {
            Self::Dev(broker) => broker.address(),
            Self::Java(rocketmq) => rocketmq.name_server(),
        }
    }

    /// Kills the broker with `SIGKILL`.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Dev(broker) => broker.process.kill(),
            Self::Java(rocketmq) => rocketmq.kill_broker(),
        }
    }

    /// Starts it again on the same port and store.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Dev(broker) => broker.restart().await,
            Self::Java(rocketmq) => rocketmq.restart_broker().await,
        }
    }
}
