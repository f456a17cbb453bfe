//! RocketMQ's own client and admin tool, run against any server that speaks its protocol.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::Version;
use super::jvm::Jvm;
use crate::{Scratch, process};

/// Each of these starts a JVM and compiles a source file: some seconds.
const DEADLINE: Duration = Duration::from_secs(120);

/// Runs `mqadmin <arguments> -n <name_server>` and returns what it printed.
///
/// The tool ends with 0 whatever happens, so look at the text.
///
/// # Errors
/// When it cannot be run or does not end within two minutes.
pub async fn mqadmin(version: Version, name_server: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let scratch = Scratch::new()?;
    let mut command = Jvm::new(version, &scratch).await?.command("tools")?;
    command.arg("org.apache.rocketmq.tools.command.MQAdminStartup").args(arguments).args(["-n", name_server]);
    process::run(command, b"", DEADLINE).await
}

/// How a producer compresses bodies: the names that RocketMQ's `CompressionType` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// `LZ4`, as a frame.
    Lz4,
    /// `ZSTD`.
    Zstd,
    /// `ZLIB`, the default of every RocketMQ client.
    Zlib,
}

impl Compression {
    fn name(self) -> &'static str {
        match self {
            Self::Lz4 => "LZ4",
            Self::Zstd => "ZSTD",
            Self::Zlib => "ZLIB",
        }
    }
}

/// Sends each of `bodies` with RocketMQ's own producer, tagged `lines`. A message's key and its property `line` are its
/// place, from 0.
///
/// # Errors
/// When one of them is not acknowledged, with the client's exception.
pub async fn send<B: AsRef<str>>(
    version: Version,
    name_server: &str,
    topic: &str,
    bodies: &[B],
) -> anyhow::Result<()> {
    send_lines(version, name_server, topic, bodies, &[]).await
}

/// [`send`], with every body compressed.
///
/// # Errors
/// As [`send`].
pub async fn send_compressed<B: AsRef<str>>(
    version: Version,
    name_server: &str,
    topic: &str,
    compression: Compression,
    bodies: &[B],
) -> anyhow::Result<()> {
    let flags =
        [format!("-Drocketmq.message.compressType={}", compression.name()), "-DcompressOver=1".to_owned()];
    send_lines(version, name_server, topic, bodies, &flags).await
}

async fn send_lines<B: AsRef<str>>(
    version: Version,
    name_server: &str,
    topic: &str,
    bodies: &[B],
    flags: &[String],
) -> anyhow::Result<()> {
    let mut input = String::new();
    for body in bodies {
        anyhow::ensure!(!body.as_ref().contains('\n'), "a body must be one line");
        input.push_str(body.as_ref());
        input.push('\n');
    }
    let printed = run_source(version, flags, "SendLines.java", &[name_server, topic], &input).await?;
    anyhow::ensure!(
        printed.trim() == bodies.len().to_string(),
        "the producer sent {printed}, not {}",
        bodies.len()
    );
    Ok(())
}

/// Reads `count` messages of a topic from its start with RocketMQ's own push consumer, a line per message:
/// `<queue> <offset> <keys> <body>`, sorted by queue and offset.
///
/// # Errors
/// When they have not arrived after a minute.
pub async fn consume(
    version: Version,
    name_server: &str,
    topic: &str,
    group: &str,
    count: usize,
) -> anyhow::Result<Vec<String>> {
    let count = count.to_string();
    let printed =
        run_source(version, &[], "ConsumeLines.java", &[name_server, topic, group, &count], "").await?;
    Ok(printed.lines().map(str::to_owned).collect())
}

/// Compiles and runs one source file of `java/` beside this crate's sources.
async fn run_source(
    version: Version,
    flags: &[String],
    source: &str,
    arguments: &[&str],
    input: &str,
) -> anyhow::Result<String> {
    let scratch = Scratch::new()?;
    let mut command = Jvm::new(version, &scratch).await?.command("client")?;
    command.args(flags).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("java").join(source)).args(arguments);
    process::run(command, input.as_bytes(), DEADLINE)
        .await
        .with_context(|| format!("{source} of the RocketMQ {version} client"))
}
