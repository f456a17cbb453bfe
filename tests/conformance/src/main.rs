//! The development broker as a process of its own: `serve-devbroker <address> <data directory>`.

use anyhow::Context;
use devbroker::{DevBroker, Options};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(data)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: serve-devbroker <address> <data directory>");
    };
    let listen =
        listen.parse().with_context(|| format!("{listen:?} is not an address such as 127.0.0.1:9876"))?;
    let _running = DevBroker::start(Options::new(listen, data)).await?;
    std::future::pending().await
}
