//! Settings that can be changed while the broker runs, and what it says about itself (RocketMQ remoting codes 25, 26, 28).
//!
//! The names are the Java broker's. As there, an update with names that do not exist is answered with success; they are
//! logged and have no effect.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
};

use remoting::{code::response, command::Command};
use serde_json::json;

use super::Broker;
use crate::{
    Options,
    answer::{Answer, Refusal, done, done_with},
    store::{Change, ReadLimits},
};

const MAX_MESSAGES: &str = "maxTransferCountOnMessageInMemory";
const MAX_BYTES: &str = "maxTransferBytesOnMessageInMemory";
const AUTO_CREATE_TOPICS: &str = "autoCreateTopicEnable";
const AUTO_CREATE_GROUPS: &str = "autoCreateSubscriptionGroup";

/// The settings as they are now.
#[derive(Debug)]
pub(crate) struct Settings {
    max_messages: AtomicU32,
    max_bytes: AtomicU32,
    auto_create_topics: AtomicBool,
    auto_create_groups: AtomicBool,
}

impl Settings {
    /// The options, and over them what was changed while the broker ran before.
    pub(crate) fn new(options: &Options, changed: &BTreeMap<String, String>) -> Self {
        let settings = Self {
            max_messages: AtomicU32::new(options.max_pull_messages),
            max_bytes: AtomicU32::new(options.max_pull_bytes),
            auto_create_topics: AtomicBool::new(options.auto_create_topics),
            auto_create_groups: AtomicBool::new(options.auto_create_groups),
        };
        for (name, value) in changed {
            if let Err(refusal) = settings.set(name, value) {
                tracing::warn!(setting = %name, %value, reason = %refusal.remark, "a stored setting has no effect");
            }
        }
        settings
    }

    pub(crate) fn auto_create_topics(&self) -> bool {
        self.auto_create_topics.load(Ordering::Relaxed)
    }

    pub(crate) fn auto_create_groups(&self) -> bool {
        self.auto_create_groups.load(Ordering::Relaxed)
    }

    /// What a pull that asks for `messages` gets at most; at least one.
    pub(crate) fn pull_limits(&self, messages: i32, bytes: Option<i32>) -> ReadLimits {
        let at_most = |asked: i32, cap: &AtomicU32| {
            let asked = usize::try_from(asked).unwrap_or(0).max(1);
            asked.min(usize::try_from(cap.load(Ordering::Relaxed)).unwrap_or(usize::MAX))
        };
        ReadLimits {
            messages: at_most(messages, &self.max_messages),
            bytes: at_most(bytes.unwrap_or(i32::MAX), &self.max_bytes),
        }
    }

    /// Whether there is such a setting.
    fn set(&self, name: &str, value: &str) -> Result<bool, Refusal> {
        let bad = |expected| {
            Refusal::new(
                response::SYSTEM_ERROR,
                format!("the setting {name} should be {expected} but is {value:?}"),
            )
        };
        let number =
            || value.parse::<u32>().ok().filter(|number| *number > 0).ok_or_else(|| bad("a number above 0"));
        let switch = || value.parse::<bool>().map_err(|_| bad("true or false"));
        match name {
            MAX_MESSAGES => self.max_messages.store(number()?, Ordering::Relaxed),
            MAX_BYTES => self.max_bytes.store(number()?, Ordering::Relaxed),
            AUTO_CREATE_TOPICS => self.auto_create_topics.store(switch()?, Ordering::Relaxed),
            AUTO_CREATE_GROUPS => self.auto_create_groups.store(switch()?, Ordering::Relaxed),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// `UPDATE_BROKER_CONFIG` = 25: the body is Java properties.
pub(crate) async fn update_config(broker: &Broker, request: &Command) -> Answer {
    let Ok(text) = std::str::from_utf8(&request.body) else {
        return Err(Refusal::new(response::SYSTEM_ERROR, "string2Properties error: the body is not UTF-8"));
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let (name, value) = (name.trim(), value.trim());
        if broker.settings.set(name, value)? {
            broker.store.change(Change::Setting { name: name.to_owned(), value: value.to_owned() }).await?;
            tracing::info!(setting = name, value, "setting changed");
        } else {
            tracing::warn!(setting = name, value, "the dev-broker has no such setting");
        }
    }
    Ok(done(request))
}

/// `GET_BROKER_CONFIG` = 26.
pub(crate) fn get_config(broker: &Broker, request: &Command) -> Answer {
    let (settings, options) = (&broker.settings, &broker.options);
    let body = [
        ("brokerClusterName", options.cluster_name.clone()),
        ("brokerName", options.broker_name.clone()),
        ("brokerId", "0".to_owned()),
        ("brokerIP1", broker.address.ip().to_string()),
        ("listenPort", broker.address.port().to_string()),
        ("brokerPermission", "6".to_owned()),
        ("brokerRole", "ASYNC_MASTER".to_owned()),
        ("defaultTopicQueueNums", options.default_topic_queues.to_string()),
        ("maxMessageSize", remoting::message::MAX_BODY_BYTES.to_string()),
        (MAX_MESSAGES, settings.max_messages.load(Ordering::Relaxed).to_string()),
        (MAX_BYTES, settings.max_bytes.load(Ordering::Relaxed).to_string()),
        (AUTO_CREATE_TOPICS, settings.auto_create_topics().to_string()),
        (AUTO_CREATE_GROUPS, settings.auto_create_groups().to_string()),
    ];
    let body: String = body.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    Ok(done(request).with_body(body))
}

/// `GET_BROKER_RUNTIME_INFO` = 28: what cluster lists show. Counters that nobody here keeps are zero.
pub(crate) fn runtime_info(broker: &Broker, request: &Command) -> Answer {
    let zeros = "0.0 0.0 0.0";
    done_with(
        request,
        &json!({ "table": {
            "brokerActive": "true",
            "brokerVersion": remoting::command::PROTOCOL_VERSION.to_string(),
            "brokerVersionDesc": concat!("DEV_BROKER_", env!("CARGO_PKG_VERSION")),
            "bootTimestamp": broker.started_ms.to_string(),
            "putTps": zeros, "getTotalTps": zeros, "getTransferedTps": zeros, "getFoundTps": zeros, "getMissTps": zeros,
            "pullThreadPoolQueueSize": "0", "sendThreadPoolQueueSize": "0", "ackThreadPoolQueueSize": "0",
            "pullThreadPoolQueueHeadWaitTimeMills": "0", "sendThreadPoolQueueHeadWaitTimeMills": "0",
            "ackThreadPoolQueueHeadWaitTimeMills": "0", "queryThreadPoolQueueHeadWaitTimeMills": "0",
            "queryThreadPoolQueueSize": "0", "pageCacheLockTimeMills": "0", "earliestMessageTimeStamp": "0",
            "commitLogDiskRatio": "0.0", "commitLogDirCapacity": "Total : 0B, Free : 0B.",
            "timerReadBehind": "0", "timerOffsetBehind": "0", "timerCongestNum": "0",
            "timerEnqueueTps": "0.0", "timerDequeueTps": "0.0",
            "msgPutTotalTodayMorning": "0", "msgPutTotalYesterdayMorning": "0", "msgPutTotalTodayNow": "0",
            "msgGetTotalTodayMorning": "0", "msgGetTotalYesterdayMorning": "0", "msgGetTotalTodayNow": "0",
        } }),
    )
}
