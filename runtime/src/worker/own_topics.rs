//! The worker's own topics, which no connector reads, and a connector's dead letters, which it does not read either: it would feed itself.

use super::WorkerOptions;
use crate::task::settings::{DEAD_LETTERS, TOPICS, dead_letter_topic_of, topics_of};
use connector_api::{ConfigError, ConnectorConfig};

/// The worker's internal topics, each with the key that names it.
#[derive(Debug)]
pub(super) struct OwnTopics([(&'static str, String); 3]);

impl OwnTopics {
    pub(super) fn of(options: &WorkerOptions) -> Self {
        Self([
            ("configStoreTopic", options.config_topic.clone()),
            ("offsetStoreTopic", options.offset_topic.clone()),
            ("connectStatusTopic", options.status_topic.clone()),
        ])
    }

    /// What a configuration has to do with them, and with its own dead letters, that it may not.
    pub(super) fn wrong(&self, config: &ConnectorConfig) -> Vec<ConfigError> {
        let (topics, dead_letters) = (topics_of(config), dead_letter_topic_of(config));
        let mut wrong = Vec::new();
        for (key, own) in &self.0 {
            if topics.iter().any(|topic| **topic == **own) {
                let problem = format!(
                    "{own} is a topic of this worker itself ({key}): it writes there about each connector that reads, and would never \
                     come to an end; take it out"
                );
                wrong.push(ConfigError::new(TOPICS, problem));
            }
            if dead_letters == Some(own) {
                let problem = format!(
                    "{own} is a topic of this worker itself ({key}), and nothing else may be there; name another"
                );
                wrong.push(ConfigError::new(DEAD_LETTERS, problem));
            }
        }
        if let Some(topic) = dead_letters.filter(|letters| topics.iter().any(|topic| **topic == **letters)) {
            let problem = format!(
                "the connector reads {topic} ({TOPICS}), so each dead letter would come to it again; name another topic"
            );
            wrong.push(ConfigError::new(DEAD_LETTERS, problem));
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(topics: &str, dead_letters: Option<&str>, expected: &[&str]) {
        let own = OwnTopics([
            ("configStoreTopic", "configs".to_owned()),
            ("offsetStoreTopic", "offsets".to_owned()),
            ("connectStatusTopic", "statuses".to_owned()),
        ]);
        let pairs = dead_letters.map(|topic| (DEAD_LETTERS, topic));
        let config = pairs.into_iter().chain([(TOPICS, topics)]).collect();
        let wrong: Vec<_> = own.wrong(&config).iter().map(ToString::to_string).collect();
        assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
        for (wrong, start) in wrong.iter().zip(expected) {
            assert!(wrong.starts_with(start), "{wrong}");
        }
    }

    #[test]
    fn a_connector_does_not_feed_itself() {
        check("orders", None, &[]);
        check("orders;configs-of-others", Some("letters"), &[]);
        check(
            "configs",
            None,
            &["connect.topicnames: configs is a topic of this worker itself (configStoreTopic)"],
        );
        check(
            "a, offsets",
            None,
            &["connect.topicnames: offsets is a topic of this worker itself (offsetStoreTopic)"],
        );
        check(
            "statuses",
            None,
            &["connect.topicnames: statuses is a topic of this worker itself (connectStatusTopic)"],
        );
        check(
            "orders",
            Some("offsets"),
            &[
                "errors.deadletterqueue.topic.name: offsets is a topic of this worker itself (offsetStoreTopic)",
            ],
        );
        check(
            "a;letters",
            Some(" letters "),
            &["errors.deadletterqueue.topic.name: the connector reads letters (connect.topicnames)"],
        );
    }
}
