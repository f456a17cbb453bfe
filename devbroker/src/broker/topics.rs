//! Creating, changing, listing and deleting topics (RocketMQ remoting codes 17, 21, 215, 216, 304, 305, 351).

use std::collections::BTreeMap;

use remoting::{code::response, command::Command};
use serde_json::json;

use super::{Broker, route::TopicList};
use crate::{
    answer::{Answer, Refusal, done, done_with},
    store::Change,
    topic::{self, TopicConfig},
};

/// Attributes a topic may have (RocketMQ `TopicAttributes`).
const ATTRIBUTES: [&str; 4] = ["queue.type", "cleanup.policy", "message.type", "reserve.time"];

/// `UPDATE_AND_CREATE_TOPIC` = 17.
pub(crate) async fn put_topic(broker: &Broker, request: &Command) -> Answer {
    let fields = &request.fields;
    let name = fields.require("topic")?;
    refuse_name(name)?;
    let known = broker.store.topic(name);
    let attributes = known.map(|topic| topic.config.attributes.clone()).unwrap_or_default();
    let config = TopicConfig {
        topic_name: name.to_owned(),
        read_queue_nums: queues(fields.get_i32("readQueueNums")?, "readQueueNums")?,
        write_queue_nums: queues(fields.get_i32("writeQueueNums")?, "writeQueueNums")?,
        perm: u32::try_from(fields.get_i32("perm")?).unwrap_or(0),
        topic_filter_type: fields.get("topicFilterType").unwrap_or("SINGLE_TAG").to_owned(),
        topic_sys_flag: fields.find_i32("topicSysFlag")?.unwrap_or(0),
        order: fields.get_bool("order"),
        attributes: with_attributes(attributes, fields.get("attributes").unwrap_or_default())?,
    };
    tracing::info!(topic = name, queues = config.write_queue_nums, "topic created or changed");
    broker.store.change(Change::PutTopic(config)).await?;
    Ok(done(request))
}

fn refuse_name(name: &str) -> Result<(), Refusal> {
    if let Some(fault) = topic::topic_name_fault(name) {
        return Err(Refusal::new(response::INVALID_PARAMETER, fault));
    }
    if topic::is_system_topic(name) {
        let conflict = format!("The topic[{name}] is conflict with system topic.");
        return Err(Refusal::new(response::INVALID_PARAMETER, conflict));
    }
    Ok(())
}

fn queues(asked: i32, name: &str) -> Result<u32, Refusal> {
    u32::try_from(asked).map_err(|_| {
        Refusal::new(response::INVALID_PARAMETER, format!("{name} is {asked}, it cannot be negative"))
    })
}

/// Applies `+name=value,-name` to what a topic has.
fn with_attributes(
    mut attributes: BTreeMap<String, String>,
    changes: &str,
) -> Result<BTreeMap<String, String>, Refusal> {
    let refused = |change: &str, why: &str| {
        Refusal::new(response::SYSTEM_ERROR, format!("the attribute change {change:?} {why}"))
    };
    for change in changes.split(',').map(str::trim).filter(|change| !change.is_empty()) {
        let name = change.get(1..).unwrap_or_default();
        if let Some(given) = change.strip_prefix('+') {
            let (name, value) = given.split_once('=').ok_or_else(|| refused(change, "has no value"))?;
            if !ATTRIBUTES.contains(&name) {
                return Err(refused(change, "names an attribute that topics do not have"));
            }
            attributes.insert(name.to_owned(), value.to_owned());
        } else if change.starts_with('-') {
            attributes.remove(name);
        } else {
            return Err(refused(change, "starts with neither + nor -"));
        }
    }
    Ok(attributes)
}

/// `DELETE_TOPIC_IN_BROKER` = 215. A topic that is not there counts as deleted.
pub(crate) async fn delete_topic(broker: &Broker, request: &Command) -> Answer {
    let name = request.fields.require("topic")?;
    refuse_name(name)?;
    tracing::info!(topic = name, "topic deleted");
    broker.store.change(Change::DeleteTopic(name.to_owned())).await?;
    Ok(done(request))
}

/// `DELETE_TOPIC_IN_NAMESRV` = 216: routes are those of the broker, so there is nothing left to delete.
pub(crate) fn delete_topic_route(request: &Command) -> Answer {
    request.fields.require("topic")?;
    Ok(done(request))
}

/// `GET_TOPIC_CONFIG` = 351.
pub(crate) fn topic_config(broker: &Broker, request: &Command) -> Answer {
    let name = request.fields.require("topic")?;
    let Some(topic) = broker.store.topic(name) else {
        return Err(Refusal::new(
            response::TOPIC_NOT_EXIST,
            format!("No topic in this broker. topic: {name}"),
        ));
    };
    done_with(request, &topic.config)
}

/// `GET_ALL_TOPIC_CONFIG` = 21.
pub(crate) fn all_topic_configs(broker: &Broker, request: &Command) -> Answer {
    let catalog = broker.store.catalog();
    let table: serde_json::Map<_, _> =
        catalog.topics.iter().map(|(name, topic)| (name.clone(), json!(topic.config))).collect();
    done_with(request, &json!({ "dataVersion": data_version(), "topicConfigTable": table }))
}

/// `GET_SYSTEM_TOPIC_LIST_FROM_NS` = 304 and `GET_SYSTEM_TOPIC_LIST_FROM_BROKER` = 305.
pub(crate) fn system_topics(broker: &Broker, request: &Command) -> Answer {
    let catalog = broker.store.catalog();
    let mut topic_list: Vec<_> =
        catalog.topics.keys().filter(|name| topic::is_system_topic(name)).cloned().collect();
    topic_list.extend([broker.options.cluster_name.clone(), broker.options.broker_name.clone()]);
    done_with(request, &TopicList { broker_addr: Some(broker.address.to_string()), topic_list })
}

/// Replicas compare these; this broker has none.
pub(super) fn data_version() -> serde_json::Value {
    json!({ "counter": 0, "stateVersion": 0, "timestamp": 0 })
}
