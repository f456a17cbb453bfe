//! The command line of rocketmq-connect: wires the crates together and holds no logic of its own.
//!
//! * [`arguments`]: what can be typed.
//! * [`standalone`], [`dev_broker`], [`produce`]: one module a command.
//! * [`connectors`]: the connector classes in this binary.
//! * [`failure`], `logging`, [`signals`]: exit codes, logs, and how a process is told to end.
#![forbid(unsafe_code)]

pub mod arguments;
pub mod connectors;
#[cfg(feature = "dev-broker")]
pub mod dev_broker;
pub mod failure;
mod logging;
pub mod number;
pub mod produce;
pub mod signals;
pub mod standalone;

use arguments::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

/// Requests to brokers, REST and signals share this many threads; each task of a connector has one more of its own.
const SHARED_THREADS: usize = 2;

/// Reads the arguments of the process, runs the command and says how the process ends.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match logging::start(arguments.log_level.as_deref()).and_then(|()| run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(SHARED_THREADS).thread_name("shared").enable_all().build();
    let runtime =
        runtime.map_err(|e| Failure::running(anyhow::Error::new(e).context("cannot start threads")))?;
    let ended = runtime.block_on(async {
        match command {
            Command::Standalone(options) => standalone::run(options).await,
            #[cfg(feature = "dev-broker")]
            Command::DevBroker(options) => dev_broker::run(options).await,
            Command::Produce(options) => produce::run(options).await,
        }
    });
    // After a second signal something may still be busy; it must not hold the process.
    runtime.shutdown_background();
    ended
}
