//! Where queues end and how far groups are (RocketMQ remoting codes 202, 208, 300, 343).

use std::fmt::Write as _;

use remoting::{code::response, command::Command};
use serde_json::json;

use super::Broker;
use crate::answer::{Answer, Refusal, done, done_with};

/// `GET_TOPIC_STATS_INFO` = 202.
pub(crate) fn topic_stats(broker: &Broker, request: &Command) -> Answer {
    let name = request.fields.require("topic")?;
    let Some(topic) = broker.store.topic(name) else {
        return Err(Refusal::new(response::TOPIC_NOT_EXIST, format!("topic[{name}] not exist")));
    };
    let mut table = QueueTable::default();
    for queue in 0..topic.config.queues() {
        let bounds = topic.bounds(queue);
        let last = stored_before(broker, &topic, queue, bounds.max)?;
        table.add(
            broker,
            name,
            queue,
            &json!({ "lastUpdateTimestamp": last.unwrap_or(0), "maxOffset": bounds.max, "minOffset": bounds.min }),
        );
    }
    Ok(done(request).with_body(format!("{{\"offsetTable\":{},\"topicPutTps\":0.0}}", table.finish())))
}

/// `GET_CONSUME_STATS` = 208, of one topic or of all the group has offsets in.
pub(crate) fn consume_stats(broker: &Broker, request: &Command) -> Answer {
    let group = request.fields.require("consumerGroup")?;
    let topics = match request.fields.get("topic") {
        Some(topic) if !topic.is_empty() => vec![topic.to_owned()],
        _ => topics_of(broker, group),
    };
    let mut table = QueueTable::default();
    for name in topics {
        let Some(topic) = broker.store.topic(&name) else { continue };
        let offsets = broker.store.catalog().offsets(group, &name);
        for queue in 0..topic.config.read_queue_nums {
            let committed = offsets.get(&queue).copied().unwrap_or(0).max(0);
            let last = stored_before(broker, &topic, queue, u64::try_from(committed).unwrap_or(0))?;
            table.add(
                broker,
                &name,
                queue,
                &json!({
                    "brokerOffset": topic.bounds(queue).max,
                    "consumerOffset": committed,
                    "lastTimestamp": last.unwrap_or(0),
                    "pullOffset": committed,
                }),
            );
        }
    }
    Ok(done(request).with_body(format!("{{\"consumeTps\":0.0,\"offsetTable\":{}}}", table.finish())))
}

/// When the message before `offset` was stored.
fn stored_before(
    broker: &Broker,
    topic: &crate::store::Topic,
    queue: u32,
    offset: u64,
) -> Result<Option<u64>, Refusal> {
    match offset.checked_sub(1) {
        Some(last) => Ok(broker.store.stored_ms(&topic.queue(queue), last)?),
        None => Ok(None),
    }
}

/// `QUERY_TOPIC_CONSUME_BY_WHO` = 300.
pub(crate) fn groups_of_topic(broker: &Broker, request: &Command) -> Answer {
    let topic = request.fields.require("topic")?;
    let mut groups = broker.store.catalog().groups_of_topic(topic);
    groups.extend(broker.members.groups_subscribed_to(topic));
    groups.sort();
    groups.dedup();
    done_with(request, &json!({ "groupList": groups }))
}

/// `QUERY_TOPICS_BY_CONSUMER` = 343.
pub(crate) fn topics_of_group(broker: &Broker, request: &Command) -> Answer {
    let group = request.fields.require("group")?;
    done_with(
        request,
        &json!({ "brokerAddr": broker.address.to_string(), "topicList": topics_of(broker, group) }),
    )
}

fn topics_of(broker: &Broker, group: &str) -> Vec<String> {
    let mut topics = broker.store.catalog().topics_of_group(group);
    topics.extend(broker.members.subscribed_topics(group));
    topics.sort();
    topics.dedup();
    topics
}

/// A JSON-like object whose keys are objects: how RocketMQ writes maps keyed by queue, and the only form its tools read.
#[derive(Default)]
struct QueueTable {
    entries: String,
}

impl QueueTable {
    fn add(&mut self, broker: &Broker, topic: &str, queue: u32, value: &serde_json::Value) {
        let key = json!({ "brokerName": broker.options.broker_name, "queueId": queue, "topic": topic });
        let separator = if self.entries.is_empty() { "" } else { "," };
        // Writing to a string cannot fail.
        let _infallible = write!(self.entries, "{separator}{key}:{value}");
    }

    fn finish(self) -> String {
        format!("{{{}}}", self.entries)
    }
}
