//! The `rocketmq-connect` binary as a child process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process::Process;
use crate::{Scratch, http, ports, wait};

/// How long a worker may take until its REST API answers; a healthy one needs less than half a second.
const READY_DEADLINE: Duration = Duration::from_secs(20);

/// How to start a worker.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The binary, as a rule `env!("CARGO_BIN_EXE_rocketmq-connect")`.
    pub binary: PathBuf,
    /// `standalone` or `distributed`.
    pub mode: &'static str,
    /// The configuration file, passed as `-c`.
    pub configuration: PathBuf,
    /// Where that file says the REST API listens.
    pub rest: SocketAddr,
    /// Environment variables, such as `RUST_LOG`.
    pub environment: Vec<(String, String)>,
}

impl Launch {
    /// A standalone worker on a free port.
    ///
    /// # Errors
    /// When there is no free port or the file cannot be written.
    pub fn standalone(
        scratch: &Scratch,
        binary: &Path,
        worker: &str,
        name_server: &str,
    ) -> anyhow::Result<Self> {
        let rest = SocketAddr::from(([127, 0, 0, 1], ports::free()?));
        let port = rest.port();
        let configuration = scratch.write(
            &format!("worker-{port}.conf"),
            format!("workerId={worker}\nhttpPort={port}\nnamesrvAddr={name_server}\n"),
        )?;
        Ok(Self {
            binary: binary.to_owned(),
            mode: "standalone",
            configuration,
            rest,
            environment: Vec::new(),
        })
    }
}

/// A running worker, killed when dropped.
#[derive(Debug)]
pub struct Worker {
    launch: Launch,
    scratch: Scratch,
    process: Process,
}

impl Worker {
    /// Starts a worker and waits until its REST API answers.
    ///
    /// # Errors
    /// When it ends before or does not answer in time, with what it printed.
    pub async fn start(scratch: &Scratch, launch: Launch) -> anyhow::Result<Self> {
        let process = Self::spawn(scratch, &launch)?;
        let mut worker = Self { launch, scratch: scratch.clone(), process };
        worker.wait_ready().await?;
        Ok(worker)
    }

    /// Starts the binary without waiting, for workers that are expected to refuse.
    ///
    /// # Errors
    /// When the binary cannot be started.
    pub fn spawn(scratch: &Scratch, launch: &Launch) -> anyhow::Result<Process> {
        let mut command = Command::new(&launch.binary);
        command.arg(launch.mode).arg("-c").arg(&launch.configuration);
        command.current_dir(scratch.path()).envs(launch.environment.iter().cloned());
        let name = launch.configuration.file_stem().unwrap_or_default().to_string_lossy();
        Process::spawn(scratch, &name, command)
    }

    /// Starts the same worker again after it was killed or has ended.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process = Self::spawn(&self.scratch, &self.launch)?;
        self.wait_ready().await
    }

    /// Starts the same worker again, killing it first if it runs, with other environment variables and without waiting.
    ///
    /// # Errors
    /// When the binary cannot be started.
    pub fn spawn_again(&mut self, environment: Vec<(String, String)>) -> anyhow::Result<()> {
        self.process.kill()?;
        self.launch.environment = environment;
        self.process = Self::spawn(&self.scratch, &self.launch)?;
        Ok(())
    }

    /// Where the REST API listens.
    #[must_use]
    pub fn rest(&self) -> SocketAddr {
        self.launch.rest
    }

    /// The process, for signals, output and memory.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// `GET target` from the REST API.
    ///
    /// # Errors
    /// As [`http::request`].
    pub async fn get(&self, target: &str) -> anyhow::Result<http::Response> {
        http::get(self.rest(), target).await
    }

    /// `POST target` to the REST API with a JSON body.
    ///
    /// # Errors
    /// As [`http::request`].
    pub async fn post(&self, target: &str, json: impl AsRef<[u8]>) -> anyhow::Result<http::Response> {
        http::post(self.rest(), target, json).await
    }

    /// Waits until the REST API answers.
    ///
    /// # Errors
    /// When the worker ends before or does not answer in time, with what it printed.
    pub async fn wait_ready(&mut self) -> anyhow::Result<()> {
        let rest = self.rest();
        self.process.wait_listening(rest, READY_DEADLINE).await?;
        wait::until(READY_DEADLINE, "an answer of the REST API", async || http::get(rest, "/").await).await?;
        Ok(())
    }
}
