//! Committed offsets, and the ends of queues (RocketMQ remoting codes 14, 15, 29, 30, 31, 32).

use std::sync::Arc;

use remoting::{code::response, command::Command};

use super::Broker;
use crate::{
    answer::{Answer, Refusal, done},
    store::{Bounds, Change, TimeBoundary, Topic},
};

/// `GET_MAX_OFFSET` = 30. A topic or queue that is not there is empty, as a Java broker sees it.
pub(crate) fn max_offset(broker: &Broker, request: &Command) -> Answer {
    let (bounds, ..) = queue(broker, request)?;
    Ok(done(request).field("offset", bounds.max))
}

/// `GET_MIN_OFFSET` = 31.
pub(crate) fn min_offset(broker: &Broker, request: &Command) -> Answer {
    let (bounds, ..) = queue(broker, request)?;
    Ok(done(request).field("offset", bounds.min))
}

/// `SEARCH_OFFSET_BY_TIMESTAMP` = 29.
pub(crate) fn search_offset(broker: &Broker, request: &Command) -> Answer {
    let timestamp = request.fields.get_i64("timestamp")?;
    let boundary = match request.fields.get("boundaryType") {
        Some(kind) if kind.eq_ignore_ascii_case("upper") => TimeBoundary::Upper,
        _ => TimeBoundary::Lower,
    };
    let offset = match queue(broker, request)? {
        (_, Some(topic), queue) => {
            let timestamp = u64::try_from(timestamp).unwrap_or(0);
            broker.store.offset_at(&topic.queue(queue), timestamp, boundary)?
        }
        (bounds, None, _) => bounds.min,
    };
    Ok(done(request).field("offset", offset))
}

/// `GET_EARLIEST_MSG_STORETIME` = 32: -1 when the queue is empty.
pub(crate) fn earliest_store_time(broker: &Broker, request: &Command) -> Answer {
    let stored = match queue(broker, request)? {
        (bounds, Some(topic), queue) => broker.store.stored_ms(&topic.queue(queue), bounds.min)?,
        (_, None, _) => None,
    };
    let stored = stored.and_then(|ms| i64::try_from(ms).ok()).unwrap_or(-1);
    Ok(done(request).field("timestamp", stored))
}

/// The queue a request names, with its topic if that has such a queue.
fn queue(broker: &Broker, request: &Command) -> Result<(Bounds, Option<Arc<Topic>>, u32), Refusal> {
    let topic = request.fields.require("topic")?;
    let queue = u32::try_from(request.fields.get_i32("queueId")?).unwrap_or(u32::MAX);
    let topic = broker.store.topic(topic).filter(|topic| queue < topic.config.queues());
    Ok((topic.as_ref().map_or_else(Bounds::default, |topic| topic.bounds(queue)), topic, queue))
}

/// `QUERY_CONSUMER_OFFSET` = 14.
///
/// A group that has committed nothing is told 22; or 0 if the queue still has its first message, unless the client said
/// `setZeroIfNotFound=false`.
pub(crate) fn query_offset(broker: &Broker, request: &Command) -> Answer {
    let group = request.fields.require("consumerGroup")?;
    let (bounds, _, queue) = queue(broker, request)?;
    let topic = request.fields.require("topic")?;
    if let Some(offset) = broker.store.catalog().offset(group, topic, queue) {
        return Ok(done(request).field("offset", offset));
    }
    let zero_refused =
        request.fields.get("setZeroIfNotFound").is_some_and(|zero| zero.eq_ignore_ascii_case("false"));
    if !zero_refused && bounds.min == 0 && bounds.max > 0 {
        return Ok(done(request).field("offset", 0));
    }
    Err(Refusal::new(response::QUERY_NOT_FOUND, "Not found, maybe this group consumer boot first"))
}

/// `UPDATE_CONSUMER_OFFSET` = 15. Any number is taken, as a Java broker does; a negative one reads back as never committed.
pub(crate) async fn commit_offset(broker: &Broker, request: &Command) -> Answer {
    let group = request.fields.require("consumerGroup")?.to_owned();
    let topic = request.fields.require("topic")?.to_owned();
    let queue = request.fields.get_i32("queueId")?;
    let offset = request.fields.get_i64("commitOffset")?;
    if !broker.store.catalog().groups.contains_key(&group) {
        return Err(Refusal::new(
            response::SUBSCRIPTION_GROUP_NOT_EXIST,
            format!("Group {group} not exist!"),
        ));
    }
    if broker.store.topic(&topic).is_none() {
        return Err(Refusal::new(response::TOPIC_NOT_EXIST, format!("Topic {topic} not exist!")));
    }
    if let Ok(queue) = u32::try_from(queue) {
        broker.store.change(Change::Offset { group, topic, queue, offset }).await?;
    }
    Ok(done(request))
}
