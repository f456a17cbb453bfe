//! A name server, a broker and, if asked for, a proxy.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;

use super::added::{self, AddedBroker};
use super::jvm::Jvm;
use super::{Tuning, Version, proxy, registration, tuning};
use crate::process::Process;
use crate::{Scratch, ports};

/// A start takes 3 to 4 s on an idle machine and several times that on a busy one.
const START_DEADLINE: Duration = Duration::from_secs(120);
/// A broker also listens two ports below and, for replication, as configured: one above.
pub(super) const BESIDE: [i16; 2] = [-2, 1];
/// The name of the broker that is always there.
const BROKER: &str = "broker-a";

/// A running RocketMQ with one broker. Dropping it kills its processes and removes its store.
#[derive(Debug)]
pub struct RocketMq {
    version: Version,
    tuning: Tuning,
    scratch: Scratch,
    jvm: Jvm,
    name_server: SocketAddr,
    broker: SocketAddr,
    name_server_process: Process,
    broker_process: Process,
    proxy: Option<(SocketAddr, Process)>,
}

impl RocketMq {
    /// Starts a name server and a broker on free ports with an empty store, and waits until clients find the broker.
    ///
    /// # Errors
    /// When the jars cannot be fetched or a server does not come up, with what it printed.
    pub async fn start(version: Version, tuning: Tuning) -> anyhow::Result<Self> {
        let scratch = Scratch::new()?;
        let jvm = Jvm::new(version, &scratch).await?;
        let name_server = loopback(ports::free()?);
        let broker = loopback(ports::free_with_neighbours(&BESIDE)?);

        let name_server_process = start_name_server(&scratch, &jvm, name_server).await?;
        let broker_process = start_broker(&scratch, &jvm, &tuning, name_server, broker, BROKER).await?;
        let proxy =
            if tuning.proxy { Some(proxy::start(&scratch, &jvm, version, name_server).await?) } else { None };
        Ok(Self {
            version,
            tuning,
            scratch,
            jvm,
            name_server,
            broker,
            name_server_process,
            broker_process,
            proxy,
        })
    }

    /// The release that runs.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The name server's address as clients are configured with it: `127.0.0.1:port`.
    #[must_use]
    pub fn name_server(&self) -> String {
        self.name_server.to_string()
    }

    /// The broker's address.
    #[must_use]
    pub fn broker(&self) -> SocketAddr {
        self.broker
    }

    /// The address that clients are told to connect to: the broker's own, or that of [`Tuning::advertised_at`].
    #[must_use]
    pub fn advertised(&self) -> SocketAddr {
        advertised(&self.tuning, self.broker)
    }

    /// The remoting port of the proxy, name server and broker in one for its clients; `None` without
    /// [`Tuning::with_proxy`].
    #[must_use]
    pub fn proxy(&self) -> Option<SocketAddr> {
        self.proxy.as_ref().map(|(address, _)| *address)
    }

    /// The directory with the store (`store/`), what the servers printed (`*.out`) and their logs (`*.log`).
    #[must_use]
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Kills the broker with `SIGKILL`.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill_broker(&mut self) -> anyhow::Result<()> {
        self.broker_process.kill()
    }

    /// Starts the broker again on the same ports and store, killing it first if it runs.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart_broker(&mut self) -> anyhow::Result<()> {
        self.kill_broker()?;
        self.broker_process =
            start_broker(&self.scratch, &self.jvm, &self.tuning, self.name_server, self.broker, BROKER)
                .await?;
        Ok(())
    }

    /// The broker's process, for signals.
    pub fn broker_process(&mut self) -> &mut Process {
        &mut self.broker_process
    }

    /// Starts one more broker of the cluster on an empty store of its own.
    ///
    /// # Errors
    /// When it does not come up, with what it printed.
    pub async fn add_broker(&self, name: &str) -> anyhow::Result<AddedBroker> {
        added::start(&self.scratch, &self.jvm, &self.tuning, self.name_server, name).await
    }

    /// Kills the name server with `SIGKILL`.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill_name_server(&mut self) -> anyhow::Result<()> {
        self.name_server_process.kill()
    }

    /// The name server's process, for signals.
    pub fn name_server_process(&mut self) -> &mut Process {
        &mut self.name_server_process
    }

    /// Starts the name server again on the same port and waits until it knows the broker again.
    ///
    /// # Errors
    /// When it does not come up, or the broker is not running.
    pub async fn restart_name_server(&mut self) -> anyhow::Result<()> {
        self.kill_name_server()?;
        self.name_server_process = start_name_server(&self.scratch, &self.jvm, self.name_server).await?;
        registration::wait_registered(self.name_server, self.broker, self.advertised(), START_DEADLINE).await
    }
}

async fn start_name_server(scratch: &Scratch, jvm: &Jvm, address: SocketAddr) -> anyhow::Result<Process> {
    let directory = scratch.path().display();
    let configuration = scratch.write(
        "namesrv.conf",
        format!(
            "bindAddress=127.0.0.1\nlistenPort={}\n\
             kvConfigPath={directory}/kv.json\nconfigStorePath={directory}/namesrv.properties\n",
            address.port()
        ),
    )?;
    let mut command = jvm.command("namesrv")?;
    command
        .args(["-Xms32m", "-Xmx96m", "org.apache.rocketmq.namesrv.NamesrvStartup", "-c"])
        .arg(configuration);
    let mut process = Process::spawn(scratch, "namesrv", command)?;
    process.wait_listening(address, START_DEADLINE).await?;
    Ok(process)
}

pub(super) async fn start_broker(
    scratch: &Scratch,
    jvm: &Jvm,
    tuning: &Tuning,
    name_server: SocketAddr,
    address: SocketAddr,
    name: &str,
) -> anyhow::Result<Process> {
    let store =
        scratch.directory(&if name == BROKER { "store".to_owned() } else { format!("store-{name}") })?;
    let tuning = &tuning.clone().broker("brokerName", name);
    let settings = tuning::broker_settings(tuning, &name_server.to_string(), address.port(), &store);
    let lines: String = settings.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
    let configuration = scratch.write(&format!("{name}.conf"), lines)?;
    let mut command = jvm.command("broker")?;
    command
        .args(["-Xms128m", "-Xmx320m", "-XX:MaxDirectMemorySize=128m"])
        .args(&tuning.broker_flags)
        .args(["org.apache.rocketmq.broker.BrokerStartup", "-c"])
        .arg(configuration);
    let mut process = Process::spawn(scratch, name, command)?;
    process.wait_listening(address, START_DEADLINE).await?;
    registration::wait_registered(name_server, address, advertised(tuning, address), START_DEADLINE)
        .await
        .with_context(|| format!("the broker printed: {}", process.last_output()))?;
    Ok(process)
}

fn advertised(tuning: &Tuning, broker: SocketAddr) -> SocketAddr {
    tuning.advertised.map_or(broker, |address| SocketAddr::from((address, broker.port())))
}

pub(super) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
