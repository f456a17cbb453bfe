//! The keys of a connector's configuration, one by one.

use super::{
    Begin, DEAD_LETTERS, DeadLetterSettings, ErrorSettings, OutOfRange, TOPICS, Tolerance, ToleranceLimit,
    given, group_of, topics_of,
};
use crate::convert::{self, Converter, converter};
use connector_api::{ConfigError, ConfigErrors, ConnectorConfig, ConnectorName};
use std::{str::FromStr, sync::Arc, time::Duration};
use transforms::Chain;

/// A delay that heals within seconds; an operator may allow for longer ones.
const MAX_DELAY_MILLIS: u64 = 5_000;

/// Reads keys, and remembers what is wrong with them.
pub(super) struct Reader<'a> {
    pub(super) config: &'a ConnectorConfig,
    pub(super) wrong: Vec<ConfigError>,
}

impl Reader<'_> {
    pub(super) fn given(&self, key: &str) -> Option<&str> {
        given(self.config, key)
    }

    pub(super) fn wrong(&mut self, key: &str, problem: String) {
        self.wrong.push(ConfigError::new(key, problem));
    }

    pub(super) fn topics(&mut self) -> Vec<Arc<str>> {
        let key = TOPICS;
        let topics = topics_of(self.config);
        if topics.is_empty() {
            self.wrong(key, "names no topic; several are separated by ;".to_owned());
        }
        for topic in topics.iter().filter(|topic| !is_rocketmq_name(topic, 127)) {
            self.wrong(key, format!("{topic:?} cannot be a topic: up to 127 of a-z A-Z 0-9 - _ % |"));
        }
        topics
    }

    pub(super) fn group(&mut self, name: &ConnectorName) -> String {
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

    pub(super) fn begin(&mut self) -> Begin {
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

    pub(super) fn out_of_range(&mut self) -> OutOfRange {
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

    pub(super) fn converter(&mut self, key: &str, default: &str) -> (String, Arc<dyn Converter>) {
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

    pub(super) fn transforms(&mut self) -> ConnectorConfig {
        if let Err(ConfigErrors(wrong)) = Chain::from_config(self.config) {
            self.wrong.extend(wrong);
        }
        let is_of_chain =
            |(key, _): &(&str, &str)| key.starts_with("transforms") || key.starts_with("predicates");
        self.config.iter().filter(is_of_chain).collect()
    }

    pub(super) fn errors(&mut self) -> ErrorSettings {
        let key = DEAD_LETTERS;
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
            limit: self.tolerance_limit(),
            retry_timeout: u64::try_from(self.number("errors.retry.timeout", -1, -1, i64::MAX))
                .ok()
                .map(Duration::from_millis),
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

    fn tolerance_limit(&mut self) -> Option<ToleranceLimit> {
        const LIMIT: &str = "errors.tolerance.limit";
        let most = self.number(LIMIT, -1, -1, i64::MAX);
        let window = self.number("errors.tolerance.limit.window", 10_000, 1, 100_000_000);
        let limit = ToleranceLimit { most: u64::try_from(most).ok()?, window };
        if limit.most >= limit.window {
            self.wrong(LIMIT, format!("{most} is not less than errors.tolerance.limit.window, {window}: the limit is never reached"));
        }
        Some(limit)
    }

    /// `batch.linger.ms`, or in seconds as the Java Doris sink's `buffer.flush.time`.
    pub(super) fn linger(&mut self, default: Duration) -> Duration {
        const JAVA: &str = "buffer.flush.time";
        const HOST: &str = "batch.linger.ms";
        if self.given(HOST).is_none() && self.given(JAVA).is_some() {
            return Duration::from_secs(self.number(JAVA, 0, 0, 3_600));
        }
        let default = u64::try_from(default.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.number(HOST, default, 0, 3_600_000))
    }

    /// The number under the first of `keys` that is given.
    pub(super) fn first_of(&mut self, keys: [&str; 2], default: usize, min: usize, max: usize) -> usize {
        let key = keys.into_iter().find(|key| self.given(key).is_some()).unwrap_or(keys[0]);
        self.number(key, default, min, max)
    }

    pub(super) fn boolean(&mut self, key: &str) -> bool {
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

    pub(super) fn number<T: FromStr + PartialOrd + std::fmt::Display>(
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
