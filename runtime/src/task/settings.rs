//! What a connector's configuration tells the host: the keys of RocketMQ Connect, read once.

mod restart;

pub use restart::RestartPolicy;

use crate::convert::{self, Converter, converter};
use connector_api::{ConfigError, ConfigErrors, ConnectorConfig, ConnectorName};
use std::{str::FromStr, sync::Arc, time::Duration};

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

/// A delay that heals within seconds; an operator may allow for longer ones.
const MAX_DELAY_MILLIS: u64 = 5_000;

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
    let list = given(config, "connect.topicnames").unwrap_or_default();
    let mut topics: Vec<Arc<str>> =
        list.split([';', ',']).map(str::trim).filter(|topic| !topic.is_empty()).map(Arc::from).collect();
    topics.sort();
    topics.dedup();
    topics
}

fn given<'a>(config: &'a ConnectorConfig, key: &str) -> Option<&'a str> {
    config.get(key).map(str::trim).filter(|value| !value.is_empty())
}

struct Reader<'a> {
    config: &'a ConnectorConfig,
    wrong: Vec<ConfigError>,
}

impl Reader<'_> {
    fn given(&self, key: &str) -> Option<&str> {
        given(self.config, key)
    }

    fn wrong(&mut self, key: &str, problem: String) {
        self.wrong.push(ConfigError::new(key, problem));
    }

    fn topics(&mut self) -> Vec<Arc<str>> {
        let key = "connect.topicnames";
        let topics = topics_of(self.config);
        if topics.is_empty() {
            self.wrong(key, "names no topic; several are separated by ;".to_owned());
        }
        for topic in topics.iter().filter(|topic| !is_rocketmq_name(topic, 127)) {
            self.wrong(key, format!("{topic:?} cannot be a topic: up to 127 of a-z A-Z 0-9 - _ % |"));
        }
        topics
    }

    fn group(&mut self, name: &ConnectorName) -> String {
        let key = "task.group.id";
        let group = group_of(name, self.config);
        if !is_rocketmq_name(&group, 255) {
            let what = "can be a consumer group: up to 255 of a-z A-Z 0-9 - _ % |";
            let problem = match self.given(key) {
                Some(_) => format!("{group:?} is not what {what}"),
                None => format!(
                    "the connector's name makes {group:?}, which is not what {what}; rename it or set this key"
                ),
            };
            self.wrong(key, problem);
        }
        group
    }

    fn begin(&mut self) -> Begin {
        let key = "consume.from.where";
        match self.given(key) {
            None | Some("CONSUME_FROM_LAST_OFFSET") => Begin::Last,
            Some("CONSUME_FROM_FIRST_OFFSET") => Begin::First,
            Some(other) => {
                let problem =
                    format!("{other:?} is neither CONSUME_FROM_LAST_OFFSET nor CONSUME_FROM_FIRST_OFFSET");
                self.wrong(key, problem);
                Begin::Last
            }
        }
    }

    fn out_of_range(&mut self) -> OutOfRange {
        let key = "offset.out.of.range";
        match self.given(key) {
            None | Some("fail") => OutOfRange::Fail,
            Some("earliest") => OutOfRange::Earliest,
            Some("latest") => OutOfRange::Latest,
            Some(other) => {
                let problem = format!("{other:?} is none of fail, earliest, latest");
                self.wrong(key, problem);
                OutOfRange::Fail
            }
        }
    }

    fn converter(&mut self, key: &str, default: &str) -> (String, Arc<dyn Converter>) {
        let class = self.given(key).unwrap_or(default).to_owned();
        let prefix = format!("{key}.");
        let options: Vec<_> = self.config.with_prefix(&prefix).collect();
        match converter(key, &class, &options) {
            Ok(converter) => (class, converter),
            Err(error) => {
                self.wrong.push(error);
                // It converts nothing: a configuration with an error is refused.
                (class, convert::text())
            }
        }
    }

    fn errors(&mut self) -> ErrorSettings {
        let key = "errors.deadletterqueue.topic.name";
        let topic = self.given(key).map(str::to_owned);
        let dead_letters = topic.map(|topic| {
            if !is_rocketmq_name(&topic, 127) {
                self.wrong(key, format!("{topic:?} cannot be a topic: up to 127 of a-z A-Z 0-9 - _ % |"));
            }
            DeadLetterSettings {
                topic,
                read_queues: self.number("errors.deadletterqueue.read.queue.nums", 8, 1, 1024),
                write_queues: self.number("errors.deadletterqueue.write.queue.nums", 8, 1, 1024),
                reason_in_properties: self.boolean("errors.deadletterqueue.context.properties.enable"),
            }
        });
        // As in a Java worker, any other word means none.
        let all = self.given("errors.tolerance").is_some_and(|value| value.eq_ignore_ascii_case("all"));
        ErrorSettings {
            tolerance: if all { Tolerance::All } else { Tolerance::None },
            max_delay: Duration::from_millis(self.number(
                "errors.retry.delay.max.ms",
                MAX_DELAY_MILLIS,
                1,
                86_400_000,
            )),
            log: self.boolean("errors.log.enable"),
            log_positions: self.boolean("errors.log.include.messages"),
            dead_letters,
        }
    }

    /// `batch.linger.ms`, or in seconds as the Java Doris sink's `buffer.flush.time`.
    fn linger(&mut self, default: Duration) -> Duration {
        const JAVA: &str = "buffer.flush.time";
        const HOST: &str = "batch.linger.ms";
        if self.given(HOST).is_none() && self.given(JAVA).is_some() {
            return Duration::from_secs(self.number(JAVA, 0, 0, 3_600));
        }
        let default = u64::try_from(default.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.number(HOST, default, 0, 3_600_000))
    }

    /// The number under the first of `keys` that is given.
    fn first_of(&mut self, keys: [&str; 2], default: usize, min: usize, max: usize) -> usize {
        let key = keys.into_iter().find(|key| self.given(key).is_some()).unwrap_or(keys[0]);
        self.number(key, default, min, max)
    }

    fn boolean(&mut self, key: &str) -> bool {
        match self.given(key) {
            None => false,
            Some(value) if value.eq_ignore_ascii_case("true") => true,
            Some(value) if value.eq_ignore_ascii_case("false") => false,
            Some(value) => {
                let problem = format!("{value:?} is neither true nor false");
                self.wrong(key, problem);
                false
            }
        }
    }

    fn number<T: FromStr + PartialOrd + std::fmt::Display>(
        &mut self,
        key: &str,
        default: T,
        min: T,
        max: T,
    ) -> T {
        let Some(given) = self.given(key).map(str::to_owned) else { return default };
        match given.parse::<T>() {
            Ok(number) if min <= number && number <= max => number,
            _ => {
                let problem = format!("{given:?} is not a whole number from {min} to {max}");
                self.wrong(key, problem);
                default
            }
        }
    }
}

/// Whether RocketMQ takes this as the name of a topic or group (`TopicValidator`, `Validators`).
fn is_rocketmq_name(name: &str, longest: usize) -> bool {
    name.len() <= longest
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'%' | b'|'))
}

#[cfg(test)]
mod tests;
