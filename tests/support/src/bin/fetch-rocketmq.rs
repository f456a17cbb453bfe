//! Fetches the jars of every RocketMQ version that tests start, so that the tests themselves need no network.

use std::io::Write;

use test_support::java::{self, Version};

fn main() -> anyhow::Result<()> {
    java::available().map_err(anyhow::Error::msg)?;
    for version in Version::ALL {
        let directory = java::class_path_directory(version)?;
        writeln!(std::io::stdout(), "RocketMQ {version}: {}", directory.display())?;
    }
    Ok(())
}
