//! A dev-broker as a process of its own, for tests that kill it: `devbroker DATA-DIRECTORY`.
//!
//! Listens on a free loopback port, prints its address as one line, and stops when its standard input closes, so that it
//! cannot outlive who started it.

use std::{io::Write, process::ExitCode};

use devbroker::{DevBroker, Options};
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error there is nobody to tell.
            let _untold = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let data = std::env::args_os().nth(1).ok_or("usage: devbroker DATA-DIRECTORY")?;
    let broker = DevBroker::start(Options::new(([127, 0, 0, 1], 0).into(), data)).await?;
    writeln!(std::io::stdout(), "{}", broker.addr())?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    broker.shutdown().await;
    Ok(())
}
