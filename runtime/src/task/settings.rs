//! What a connector's configuration tells the host: the keys of RocketMQ Connect, read once.

mod reader;
mod restart;

pub use restart::RestartPolicy;

use crate::convert::Converter;
use connector_api::{ConfigErrors, ConnectorConfig, ConnectorName};
use reader::Reader;
use std::{sync::Arc, time::Duration};

/// Where a connector's configuration says nothing.
#[derive(Debug, Clone)]
pub struct Defaults {
    /// Class of the converter of keys (`keyConverter`).
    pub key_converter: String,
    /// Class of the converter of bodies (`valueConverter`).
    pub value_converter: String,
    /// Most records in one batch (`batch.max.records`).
    pub max_records: usize,
    /// Most bytes of keys, bodies and properties in one batch (`batch.max.bytes`).
    pub max_bytes: usize,
    /// How long a batch waits for more once the sink is free (`batch.linger.ms`).
    pub linger: Duration,
    /// When failed tasks start again (`errors.restart.*`).
    pub restart: RestartPolicy,
}

/// The host's part of a connector's configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The topics to read (`connect.topicnames`).
    pub topics: Vec<Arc<str>>,
    /// Most tasks (`max.tasks`).
    pub max_tasks: u32,
    /// The consumer group that the broker keeps offsets for (`task.group.id`).
    pub group: String,
    /// Where a queue begins that nothing is known of (`consume.from.where`).
    pub begin: Begin,
    /// What becomes of a queue that no longer has what comes next (`offset.out.of.range`).
    pub out_of_range: OutOfRange,
    /// The class of the converter of keys, as given.
    pub key_class: String,
    /// The class of the converter of bodies, as given.
    pub value_class: String,
    /// Reads keys.
    pub key_converter: Arc<dyn Converter>,
    /// Reads bodies.
    pub value_converter: Arc<dyn Converter>,
    /// The keys of transforms and their predicates, which make a chain.
    pub transforms: ConnectorConfig,
    /// Bounds of batches.
    pub batch: BatchBounds,
    /// What becomes of records that cannot be delivered.
    pub errors: ErrorSettings,
    /// When failed tasks start again.
    pub restart: RestartPolicy,
}

/// What becomes of a queue that no longer has what comes next (`offset.out.of.range`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutOfRange {
    /// The task fails, and an operator decides.
    Fail,
    /// It goes on at the first message that is there.
    Earliest,
    /// It goes on behind the last message.
    Latest,
}

/// Where a queue begins that nothing is known of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// At the first message that the broker has.
    First,
    /// After the last one.
    Last,
}

/// Bounds of batches; whichever is reached first closes a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchBounds {
    /// Most records.
    pub max_records: usize,
    /// Most bytes of keys, bodies and properties; one record alone may have more.
    pub max_bytes: usize,
    /// How long it waits for more.
    pub linger: Duration,
}

/// What becomes of records that cannot be delivered.
#[derive(Debug, Clone)]
pub struct ErrorSettings {
    /// `errors.tolerance`.
    pub tolerance: Tolerance,
    /// How many records may be given up (`errors.tolerance.limit`); nothing when all may be.
    pub limit: Option<ToleranceLimit>,
    /// For how long a batch is put again (`errors.retry.timeout`); nothing when there is no end to it.
    pub retry_timeout: Option<Duration>,
    /// Longest delay before a batch is put again (`errors.retry.delay.max.ms`).
    pub max_delay: Duration,
    /// Whether skipped records are logged (`errors.log.enable`).
    pub log: bool,
    /// Whether such a log line says where the record stands (`errors.log.include.messages`).
    pub log_positions: bool,
    /// Where they go (`errors.deadletterqueue.topic.name`).
    pub dead_letters: Option<DeadLetterSettings>,
}

/// Whether a record may be given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// It fails the task.
    None,
    /// It is skipped.
    All,
}

/// How many records may be given up before the task fails and waits for an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToleranceLimit {
    /// So many (`errors.tolerance.limit`)
    pub most: u64,
    /// of the last so many (`errors.tolerance.limit.window`).
    pub window: u64,
}

/// Where records go that cannot be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterSettings {
    /// The topic.
    pub topic: String,
    /// Queues on each broker, for when it has to be created.
    pub read_queues: i32,
    /// Queues on each broker, for when it has to be created.
    pub write_queues: i32,
    /// Whether the reason stands in the message's properties.
    pub reason_in_properties: bool,
}

/// The key of the topics to read.
pub(crate) const TOPICS: &str = "connect.topicnames";
/// The key of the topic for records that cannot be delivered.
pub(crate) const DEAD_LETTERS: &str = "errors.deadletterqueue.topic.name";

/// The host's key, and what the Java Doris sink calls it.
const MAX_RECORDS: [&str; 2] = ["batch.max.records", "buffer.count.records"];
const MAX_BYTES: [&str; 2] = ["batch.max.bytes", "buffer.size.bytes"];

impl Settings {
    /// The host's part of `config`.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn read(
        name: &ConnectorName,
        config: &ConnectorConfig,
        defaults: &Defaults,
    ) -> Result<Self, ConfigErrors> {
        let mut reader = Reader { config, wrong: Vec::new() };
        let (key_class, key_converter) = reader.converter("key.converter", &defaults.key_converter);
        let (value_class, value_converter) = reader.converter("value.converter", &defaults.value_converter);
        let settings = Self {
            topics: reader.topics(),
            max_tasks: reader.number("max.tasks", 1, 1, 1024),
            group: reader.group(name),
            begin: reader.begin(),
            out_of_range: reader.out_of_range(),
            key_class,
            value_class,
            transforms: reader.transforms(),
            batch: BatchBounds {
                max_records: reader.first_of(MAX_RECORDS, defaults.max_records, 1, 10_000_000),
                max_bytes: reader.first_of(MAX_BYTES, defaults.max_bytes, 1, 1 << 30),
                linger: reader.linger(defaults.linger),
            },
            errors: reader.errors(),
            restart: reader.restart(defaults.restart),
            key_converter,
            value_converter,
        };
        ConfigErrors(reader.wrong).into_result().map(|()| settings)
    }
}

/// The consumer group of the connector `name` (`task.group.id`), right or wrong.
pub(crate) fn group_of(name: &ConnectorName, config: &ConnectorConfig) -> String {
    given(config, "task.group.id").map_or_else(|| format!("connect-{name}"), str::to_owned)
}

/// The topics that a connector reads (`connect.topicnames`), right or wrong, in order.
pub(crate) fn topics_of(config: &ConnectorConfig) -> Vec<Arc<str>> {
    // The Java worker separates by `;`, its documentation by `,`; neither can be part of a topic's name.
    let list = given(config, TOPICS).unwrap_or_default();
    let mut topics: Vec<Arc<str>> =
        list.split([';', ',']).map(str::trim).filter(|topic| !topic.is_empty()).map(Arc::from).collect();
    topics.sort();
    topics.dedup();
    topics
}

/// The topic for records that cannot be delivered (`errors.deadletterqueue.topic.name`), right or wrong.
pub(crate) fn dead_letter_topic_of(config: &ConnectorConfig) -> Option<&str> {
    given(config, DEAD_LETTERS)
}

fn given<'a>(config: &'a ConnectorConfig, key: &str) -> Option<&'a str> {
    config.get(key).map(str::trim).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
