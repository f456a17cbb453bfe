//! Topics and consumer groups as clients and tools see them: their configuration, in the field names of the protocol.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Permission bits of a topic: readable (4) and writable (2), RocketMQ `PermName`.
pub(crate) const PERM_READ: u32 = 4;
/// See [`PERM_READ`].
pub(crate) const PERM_WRITE: u32 = 2;
/// Topics created from this one inherit its permissions; it is how producers ask for automatic creation.
pub(crate) const AUTO_CREATE_TOPIC: &str = "TBW102";
/// Prefix of the topic that every consumer group owns for redelivery.
pub(crate) const RETRY_PREFIX: &str = "%RETRY%";
/// Prefix of the topic a group's undeliverable messages go to.
pub(crate) const DEAD_LETTER_PREFIX: &str = "%DLQ%";

const MAX_TOPIC_LENGTH: usize = 127;

/// Names that the broker keeps for itself (RocketMQ `TopicValidator`).
const SYSTEM_TOPICS: [&str; 9] = [
    AUTO_CREATE_TOPIC,
    "SCHEDULE_TOPIC_XXXX",
    "BenchmarkTest",
    "RMQ_SYS_TRANS_HALF_TOPIC",
    "RMQ_SYS_TRACE_TOPIC",
    "RMQ_SYS_TRANS_OP_HALF_TOPIC",
    "TRANS_CHECK_MAX_TIME_TOPIC",
    "SELF_TEST_TOPIC",
    "OFFSET_MOVED_EVENT",
];

/// One topic's configuration (RocketMQ `TopicConfig`, codes 17, 351 and 21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TopicConfig {
    pub(crate) topic_name: String,
    pub(crate) read_queue_nums: u32,
    pub(crate) write_queue_nums: u32,
    pub(crate) perm: u32,
    #[serde(default = "single_tag")]
    pub(crate) topic_filter_type: String,
    #[serde(default)]
    pub(crate) topic_sys_flag: i32,
    #[serde(default)]
    pub(crate) order: bool,
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
}

impl TopicConfig {
    /// A readable and writable topic of `queues` queues.
    pub(crate) fn new(name: impl Into<String>, queues: u32) -> Self {
        Self {
            topic_name: name.into(),
            read_queue_nums: queues,
            write_queue_nums: queues,
            perm: PERM_READ | PERM_WRITE,
            topic_filter_type: single_tag(),
            topic_sys_flag: 0,
            order: false,
            attributes: BTreeMap::new(),
        }
    }

    pub(crate) fn readable(&self) -> bool {
        self.perm & PERM_READ != 0
    }

    pub(crate) fn writable(&self) -> bool {
        self.perm & PERM_WRITE != 0
    }

    /// Queues that exist for one side or the other.
    pub(crate) fn queues(&self) -> u32 {
        self.read_queue_nums.max(self.write_queue_nums)
    }
}

fn single_tag() -> String {
    "SINGLE_TAG".to_owned()
}

/// One consumer group's configuration (RocketMQ `SubscriptionGroupConfig`, codes 200 and 201).
///
/// The fields the broker acts on; the others are kept and given back as they came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GroupConfig {
    pub(crate) group_name: String,
    #[serde(default = "yes")]
    pub(crate) consume_enable: bool,
    #[serde(default = "yes")]
    pub(crate) notify_consumer_ids_changed_enable: bool,
    #[serde(default = "one")]
    pub(crate) retry_queue_nums: u32,
    #[serde(flatten)]
    pub(crate) other: serde_json::Map<String, serde_json::Value>,
}

impl GroupConfig {
    /// What a group gets that is created by being used.
    pub(crate) fn new(name: &str) -> Self {
        let other = serde_json::json!({
            "consumeFromMinEnable": true, "consumeBroadcastEnable": true, "consumeMessageOrderly": false,
            "retryMaxTimes": 16, "brokerId": 0, "whichBrokerWhenConsumeSlowly": 1, "groupSysFlag": 0,
            "consumeTimeoutMinute": 15, "attributes": {},
        });
        let other = if let serde_json::Value::Object(other) = other { other } else { serde_json::Map::new() };
        Self {
            group_name: name.to_owned(),
            consume_enable: true,
            notify_consumer_ids_changed_enable: true,
            retry_queue_nums: 1,
            other,
        }
    }

    pub(crate) fn sys_flag(&self) -> i64 {
        self.other.get("groupSysFlag").and_then(serde_json::Value::as_i64).unwrap_or(0)
    }
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

/// Why a name cannot be a topic's; the texts are the Java broker's, which tools match on.
pub(crate) fn topic_name_fault(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some("The specified topic is blank.".to_owned());
    }
    if !name.bytes().all(allowed) {
        return Some(
            "The specified topic contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$".to_owned(),
        );
    }
    if name.len() > MAX_TOPIC_LENGTH {
        return Some("The specified topic is longer than topic max length.".to_owned());
    }
    None
}

/// Whether the name is one of the broker's own.
pub(crate) fn is_system_topic(name: &str) -> bool {
    SYSTEM_TOPICS.contains(&name) || name.starts_with("rmq_sys_")
}

/// Topics that exist from the first start, with their queue numbers.
pub(crate) fn initial_topics(default_queues: u32) -> [TopicConfig; 1] {
    [TopicConfig { perm: PERM_READ | PERM_WRITE | 1, ..TopicConfig::new(AUTO_CREATE_TOPIC, default_queues) }]
}

pub(crate) fn allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'%' | b'|')
}
