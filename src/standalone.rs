//! `rocketmq-connect standalone`: one worker with its REST interface.

mod options;

use crate::{arguments, connectors, failure::Failure, signals::Signals};
use anyhow::{Context, anyhow};
use remoting::Client;
use runtime::{
    config::{Leniency, WorkerConfig},
    rest,
    worker::{Ended, Worker, WorkerHandle},
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Runs a worker until a signal ends it.
///
/// # Errors
/// [`Failure`] when the configuration is wrong, when the worker cannot start, and when it ends before everything in
/// flight was committed.
pub async fn run(options: arguments::Standalone) -> Result<(), Failure> {
    let mut signals = Signals::watch().map_err(Failure::running)?;
    let leniency = if options.lenient { Leniency::Lenient } else { Leniency::Strict };
    let (config, warnings) = WorkerConfig::from_file(&options.config, leniency).map_err(Failure::usage)?;
    for warning in &warnings {
        warning.log();
    }
    let running = tokio::select! {
        running = start(config) => running?,
        signal = signals.next() => {
            tracing::info!(signal, "stopped before the worker had started");
            return Ok(());
        }
    };
    let signal = signals.next().await;
    tracing::info!(signal, "finishing and committing what is in flight; a second signal stops at once");
    let ended = tokio::select! {
        ended = running.finish() => ended,
        signal = signals.next() => return Err(Failure::running(anyhow!(
            "stopped at once by a second {signal}; what was not committed is delivered again"
        ))),
    };
    match ended {
        Ended::InOrder => Ok(()),
        Ended::GivenUp => Err(Failure::running(anyhow!(
            "not all was finished within shutdown.timeout.ms; what was not committed is delivered again"
        ))),
    }
}

const UNREACHABLE: &str =
    "cannot start; check that the name servers of namesrvAddr and their brokers run and can be reached";

/// A worker and its REST interface.
#[derive(Debug)]
pub struct Running {
    rest: SocketAddr,
    client: Client,
    worker: WorkerHandle,
    patience: Duration,
    stop_rest: CancellationToken,
    rest_ended: JoinHandle<()>,
}

/// Starts a worker with the connectors of this binary, and serves REST.
///
/// # Errors
/// When the REST port is taken, or the name servers or brokers do not answer.
pub async fn start(config: WorkerConfig) -> Result<Running, Failure> {
    let rest_options = options::of_rest(&config).map_err(Failure::usage)?;
    options::warn_of_exposure(&config);
    // First, as it fails at once, and before this worker meets another with the same configuration.
    let listener = rest::bind(config.rest).await.map_err(Failure::running)?;
    let rest = listener.local_addr().map_err(Failure::running)?;
    let client = Client::new(options::of_client(&config)).context("namesrvAddr").map_err(Failure::usage)?;
    let worker = Worker::start(options::of_worker(&config, client.clone(), connectors::built_in())).await;
    let worker = worker.map_err(|error| {
        let what = if error.is_transient() { UNREACHABLE } else { "cannot start" };
        Failure::running(anyhow::Error::new(error).context(what))
    })?;
    let stop_rest = CancellationToken::new();
    let serving = rest::serve(listener, Arc::new(worker.clone()), rest_options, stop_rest.clone());
    let rest_ended = tokio::spawn(serving);
    tracing::info!("REST is listening on http://{rest}");
    Ok(Running { rest, client, worker, patience: config.timeouts.shutdown, stop_rest, rest_ended })
}

impl Running {
    /// Where REST listens.
    pub fn rest(&self) -> SocketAddr {
        self.rest
    }

    /// Finishes and commits what is in flight, within the time that the configuration allows.
    pub async fn finish(self) -> Ended {
        self.stop_rest.cancel();
        let ended = self.worker.shutdown(self.patience).await;
        if let Err(error) = self.rest_ended.await {
            tracing::error!(%error, "the REST interface did not end well");
        }
        self.client.close().await;
        ended
    }
}
