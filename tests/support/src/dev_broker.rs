//! `rocketmq-connect dev-broker` as a child process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::Process;
use crate::{Scratch, ports};

const START_DEADLINE: Duration = Duration::from_secs(30);

/// A running development broker with its data below the scratch directory. Killed when dropped.
#[derive(Debug)]
pub struct DevBroker {
    binary: PathBuf,
    scratch: Scratch,
    address: SocketAddr,
    process: Process,
}

impl DevBroker {
    /// Starts one on a free port with an empty store and waits until it listens. `binary` is `rocketmq-connect`.
    ///
    /// # Errors
    /// When it does not come up, with what it printed.
    pub async fn start(scratch: &Scratch, binary: &Path) -> anyhow::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], ports::free()?));
        let process = spawn(scratch, binary, address)?;
        let mut broker = Self { binary: binary.to_owned(), scratch: scratch.clone(), address, process };
        broker.process.wait_listening(address, START_DEADLINE).await?;
        Ok(broker)
    }

    /// The name server's address as clients are configured with it: `127.0.0.1:port`.
    #[must_use]
    pub fn name_server(&self) -> String {
        self.address.to_string()
    }

    /// Kills it with `SIGKILL`; what it acknowledged has to be there afterwards.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill()
    }

    /// Starts it again on the same port and store, killing it first if it runs.
    ///
    /// # Errors
    /// As [`DevBroker::start`].
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.kill()?;
        self.process = spawn(&self.scratch, &self.binary, self.address)?;
        self.process.wait_listening(self.address, START_DEADLINE).await
    }
}

fn spawn(scratch: &Scratch, binary: &Path, address: SocketAddr) -> anyhow::Result<Process> {
    let mut command = Command::new(binary);
    command.arg("dev-broker").arg("--listen").arg(address.to_string());
    command.arg("--data").arg(scratch.directory("dev-broker")?);
    Process::spawn(scratch, "dev-broker", command)
}
