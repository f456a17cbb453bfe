//! A real Apache RocketMQ: name server, broker and proxy as child processes, its admin tool and its own client.
//!
//! Needs `java` (11 or later) and, for the first run, `mvn` and Maven Central.

mod added;
mod artifacts;
mod client;
mod cluster;
mod jvm;
mod proxy;
mod registration;
mod shared;
mod tuning;
mod version;

use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub use added::AddedBroker;
pub use artifacts::class_path_directory;
pub use client::{Compression, consume, mqadmin, send, send_compressed};
pub use cluster::RocketMq;
pub use shared::shared;
pub use tuning::Tuning;
pub use version::{UnknownVersion, Version};

/// Whether a RocketMQ can be started here.
///
/// # Errors
/// Names the missing program.
pub fn available() -> Result<(), String> {
    static AVAILABLE: OnceLock<Result<(), String>> = OnceLock::new();
    AVAILABLE.get_or_init(|| ["java", "mvn"].into_iter().try_for_each(runs)).clone()
}

fn runs(program: &str) -> Result<(), String> {
    let version = Command::new(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match version {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{program} -version` ended with {status}")),
        Err(error) => Err(format!("`{program}` cannot be run: {error}")),
    }
}
