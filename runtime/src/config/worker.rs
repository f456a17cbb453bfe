//! A worker's configuration, typed.

use super::{ByteSize, ConfigFileError, Leniency, RestServer, Warning, reader::Reader, rest::read_server};
use crate::references::Providers;
use connector_api::Secret;
use std::{
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// More than any configuration file has, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// The largest message a broker takes by default, which memory has to hold.
const LARGEST_MESSAGE: ByteSize = ByteSize::mebibytes(4);

/// All that a worker is told at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// The worker's name, unique in its cluster (`workerId`).
    pub worker_id: String,
    /// Name servers, each `host:port`; at least one (`namesrvAddr`).
    pub name_servers: Vec<String>,
    /// Where REST listens (`httpHost`, `httpPort`).
    pub rest: RestAddress,
    /// How REST is served (`rest.…`).
    pub rest_server: RestServer,
    /// The class that reads keys when a connector names none (`keyConverter`).
    pub key_converter: String,
    /// The class that reads bodies when a connector names none (`valueConverter`).
    pub value_converter: String,
    /// The internal topics.
    pub topics: InternalTopics,
    /// Producer group of the worker's own messages (`rmqProducerGroup`).
    pub producer_group: String,
    /// How long things may take, and how often they happen.
    pub timeouts: Timeouts,
    /// Memory for records of all tasks together (`worker.memory.bytes`).
    pub worker_memory: ByteSize,
    /// Memory for records of one task (`task.memory.bytes`).
    pub task_memory: ByteSize,
    /// Batches, where a connector says nothing else.
    pub batch: BatchDefaults,
    /// What values of connectors may refer to (`config.providers`, `config.providers.allowed.paths`).
    pub providers: Providers,
    /// The name and the secret of `accessKey` and `secretKey`, when both are given. Not used yet.
    pub credentials: Option<(String, Secret)>,
}

/// Where REST listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestAddress {
    /// The address (`httpHost`).
    pub host: IpAddr,
    /// The TCP port, 0 for a free one (`httpPort`).
    pub port: u16,
}

/// Names of the internal topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InternalTopics {
    /// Configurations and target states (`configStoreTopic`).
    pub config: String,
    /// Claims, intents and sink offsets (`offsetStoreTopic`).
    pub offset: String,
    /// Statuses (`connectStatusTopic`).
    pub status: String,
}

/// How long things may take, and how often they happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// One request to a broker (`operationTimeout`).
    pub operation: Duration,
    /// Stop of a task (`maxStopTimeoutMills`).
    pub stop: Duration,
    /// From one commit to the broker to the next (`offsetCommitIntervalMsConfig`).
    pub commit_interval: Duration,
    /// Age at which a live record of an internal topic is published again (`internal.topic.snapshot.interval.ms`).
    pub snapshot_interval: Duration,
    /// Ending in good order, after which tasks are given up (`shutdown.timeout.ms`).
    pub shutdown: Duration,
}

/// Bounds of batches, where a connector says nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchDefaults {
    /// Most records in one batch (`batch.max.records`).
    pub max_records: usize,
    /// Most bytes of bodies in one batch (`batch.max.bytes`).
    pub max_bytes: ByteSize,
    /// How long a batch waits for more once the sink is free (`batch.linger.ms`).
    pub linger: Duration,
}

impl WorkerConfig {
    /// The configuration in `file`, and what to warn of.
    ///
    /// Name servers come from the environment's `NAMESRV_ADDR` when the file names none.
    ///
    /// # Errors
    /// [`ConfigFileError`] when the file cannot be read, or everything that is wrong in it by line.
    pub fn from_file(file: &Path, leniency: Leniency) -> Result<(Self, Vec<Warning>), ConfigFileError> {
        let name_servers = std::env::var("NAMESRV_ADDR").ok();
        Self::from_text(file, &read(file)?, leniency, name_servers.as_deref())
    }

    /// The configuration in `text`, which is called `file` in errors.
    ///
    /// `name_servers` stand in when the text names none.
    ///
    /// # Errors
    /// [`ConfigFileError::Invalid`] with everything that is wrong.
    pub fn from_text(
        file: &Path,
        text: &str,
        leniency: Leniency,
        name_servers: Option<&str>,
    ) -> Result<(Self, Vec<Warning>), ConfigFileError> {
        let mut reader = Reader::new(file, text, leniency);
        let config = Self {
            worker_id: reader.text("workerId"),
            name_servers: read_name_servers(&mut reader, name_servers),
            rest: read_rest(&mut reader),
            rest_server: read_server(&mut reader),
            key_converter: reader.text("keyConverter"),
            value_converter: reader.text("valueConverter"),
            topics: read_topics(&mut reader),
            producer_group: reader.text("rmqProducerGroup"),
            timeouts: read_timeouts(&mut reader),
            worker_memory: reader.size("worker.memory.bytes", LARGEST_MESSAGE),
            task_memory: reader.size("task.memory.bytes", LARGEST_MESSAGE),
            batch: read_batch(&mut reader),
            providers: read_providers(&mut reader),
            credentials: read_credentials(&mut reader),
        };
        config.check_memory(&mut reader);
        Ok((config, reader.finish()?))
    }

    fn check_memory(&self, reader: &mut Reader<'_>) {
        let (worker, task, batch) = (self.worker_memory, self.task_memory, self.batch.max_bytes);
        if task > worker {
            reader.wrong("task.memory.bytes", format!("{task} is more than worker.memory.bytes, {worker}"));
        }
        if batch > task {
            reader.wrong("batch.max.bytes", format!("{batch} is more than task.memory.bytes, {task}"));
        }
    }
}

fn read(file: &Path) -> Result<String, ConfigFileError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ConfigFileError::Missing(file.to_owned()),
        _ => ConfigFileError::Unreadable { path: file.to_owned(), source },
    };
    let metadata = fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(ConfigFileError::Directory(file.to_owned()));
    }
    if metadata.len() > MAX_FILE {
        return Err(ConfigFileError::TooLarge(file.to_owned()));
    }
    String::from_utf8(fs::read(file).map_err(unreadable)?).map_err(|error| {
        let readable = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + readable.iter().filter(|byte| **byte == b'\n').count();
        ConfigFileError::NotUtf8 { path: file.to_owned(), line }
    })
}

fn read_name_servers(reader: &mut Reader<'_>, fallback: Option<&str>) -> Vec<String> {
    let key = "namesrvAddr";
    let list = reader.given(key).or(fallback).unwrap_or_default().to_owned();
    let servers: Vec<_> =
        list.split(';').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    if servers.is_empty() {
        reader.wrong(key, "no name server is given: set it to host:port;host:port, or set NAMESRV_ADDR");
    }
    for server in &servers {
        let (host, port) = server.rsplit_once(':').unwrap_or((server, ""));
        let port_is_right = port.parse::<u16>().is_ok_and(|port| port > 0);
        if host.is_empty() || !port_is_right || server.contains([',', '/', ' ']) {
            reader.wrong(key, format!("{server:?} is not host:port (several are separated by ;)"));
        }
    }
    servers
}

fn read_rest(reader: &mut Reader<'_>) -> RestAddress {
    let host = reader.text("httpHost");
    let port = reader.number("httpPort", 0..=u64::from(u16::MAX));
    let address = match host.as_str() {
        "localhost" => Ok(IpAddr::from([127, 0, 0, 1])),
        _ => host.trim_matches(['[', ']']).parse(),
    };
    RestAddress {
        host: address.unwrap_or_else(|_| {
            reader.wrong("httpHost", format!("{host:?} is not an IP address, such as 127.0.0.1 or 0.0.0.0"));
            IpAddr::from([127, 0, 0, 1])
        }),
        port: u16::try_from(port).unwrap_or_default(),
    }
}

fn read_topics(reader: &mut Reader<'_>) -> InternalTopics {
    InternalTopics {
        config: reader.text("configStoreTopic"),
        offset: reader.text("offsetStoreTopic"),
        status: reader.text("connectStatusTopic"),
    }
}

fn read_timeouts(reader: &mut Reader<'_>) -> Timeouts {
    Timeouts {
        operation: reader.millis("operationTimeout", 1),
        stop: reader.millis("maxStopTimeoutMills", 1),
        commit_interval: reader.millis("offsetCommitIntervalMsConfig", 1),
        snapshot_interval: reader.millis("internal.topic.snapshot.interval.ms", 1_000),
        shutdown: reader.millis("shutdown.timeout.ms", 0),
    }
}

fn read_batch(reader: &mut Reader<'_>) -> BatchDefaults {
    let records = reader.number("batch.max.records", 1..=10_000_000);
    BatchDefaults {
        max_records: usize::try_from(records).unwrap_or(usize::MAX),
        max_bytes: reader.size("batch.max.bytes", ByteSize::bytes(1)),
        linger: reader.millis("batch.linger.ms", 0),
    }
}

fn read_providers(reader: &mut Reader<'_>) -> Providers {
    let (kinds, paths) = ("config.providers", "config.providers.allowed.paths");
    let list = |given: Option<&str>, by: char| {
        let parts = given.unwrap_or_default().split(by).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut enabled = Vec::new();
    for name in list(reader.given(kinds), ',') {
        match name.parse() {
            Ok(provider) => enabled.push(provider),
            Err(problem) => reader.wrong(kinds, problem),
        }
    }
    let allowed_paths: Vec<PathBuf> = list(reader.given(paths), ';').into_iter().map(PathBuf::from).collect();
    for path in allowed_paths.iter().filter(|path| !path.is_absolute()) {
        reader.wrong(paths, format!("{} is not an absolute path", path.display()));
    }
    Providers { enabled, allowed_paths }
}

fn read_credentials(reader: &mut Reader<'_>) -> Option<(String, Secret)> {
    if reader.boolean("aclEnable") {
        reader.wrong(
            "aclEnable",
            "signed requests are not supported yet: set it to false, and use brokers without access control",
        );
    }
    let name = reader.given("accessKey")?.to_owned();
    let secret = Secret::new(reader.given("secretKey")?);
    Some((name, secret))
}

#[cfg(test)]
mod tests;
