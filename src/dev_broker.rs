//! `rocketmq-connect dev-broker`: a name server and broker in one process, until it is told to end.

use crate::{arguments, failure::Failure, signals::Signals};
use devbroker::{DevBroker, Error, Options};

/// Runs the broker until the first signal. What was acknowledged is on the disk then.
///
/// # Errors
/// When it cannot listen or cannot use its data directory.
pub async fn run(options: arguments::DevBroker) -> Result<(), Failure> {
    let mut signals = Signals::watch().map_err(Failure::running)?;
    let broker = DevBroker::start(Options::new(options.listen, options.data)).await.map_err(failure)?;
    tracing::info!("name server and broker are listening on {}", broker.addr());
    let signal = signals.next().await;
    tracing::info!(signal, "stopping");
    tokio::select! {
        () = broker.shutdown() => Ok(()),
        signal = signals.next() => Err(Failure::running(anyhow::anyhow!("stopped at once by a second {signal}"))),
    }
}

fn failure(error: Error) -> Failure {
    match error {
        Error::Option { .. } => Failure::usage(error),
        _ => Failure::running(error),
    }
}
