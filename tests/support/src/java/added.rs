//! A further broker of a cluster.

use std::net::SocketAddr;

use super::Tuning;
use super::cluster::{BESIDE, loopback, start_broker};
use super::jvm::Jvm;
use crate::process::Process;
use crate::{Scratch, ports};

/// A broker beside the one that a [`RocketMq`](super::RocketMq) begins with. Dropping it kills it.
#[derive(Debug)]
pub struct AddedBroker {
    name: String,
    tuning: Tuning,
    scratch: Scratch,
    jvm: Jvm,
    name_server: SocketAddr,
    address: SocketAddr,
    process: Process,
}

pub(super) async fn start(
    scratch: &Scratch,
    jvm: &Jvm,
    tuning: &Tuning,
    name_server: SocketAddr,
    name: &str,
) -> anyhow::Result<AddedBroker> {
    let address = loopback(ports::free_with_neighbours(&BESIDE)?);
    let process = start_broker(scratch, jvm, tuning, name_server, address, name).await?;
    Ok(AddedBroker {
        name: name.to_owned(),
        tuning: tuning.clone(),
        scratch: scratch.clone(),
        jvm: jvm.clone(),
        name_server,
        address,
        process,
    })
}

impl AddedBroker {
    /// Its name, as queues carry it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills it with `SIGKILL`.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill()
    }

    /// Its process, for signals.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Starts it again on the same ports and store, killing it first if it runs.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.kill()?;
        let Self { scratch, jvm, tuning, name, .. } = &*self;
        self.process = start_broker(scratch, jvm, tuning, self.name_server, self.address, name).await?;
        Ok(())
    }
}
