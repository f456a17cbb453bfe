//! Consumer groups: configuration, and the requests by which clients are members
//! (RocketMQ remoting codes 34, 35, 38, 46, 200, 201, 203, 204, 207, 352).

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use remoting::{code::response, command::Command};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Broker,
    membership::{Consumption, Member},
};
use crate::{
    answer::{Answer, Refusal, body, done, done_with},
    connection::Connection,
    store::Change,
    topic::{self, GroupConfig, RETRY_PREFIX, TopicConfig},
};

const MAX_GROUP_LENGTH: usize = 255;

/// The group's configuration; an unknown group is created if that is allowed.
///
/// # Errors
/// 26, `SUBSCRIPTION_GROUP_NOT_EXIST`.
pub(super) async fn find_or_create(broker: &Broker, name: &str) -> Result<Arc<GroupConfig>, Refusal> {
    if let Some(group) = find(broker, name) {
        return Ok(group);
    }
    if broker.settings.auto_create_groups() && group_name_fault(name).is_none() {
        tracing::info!(group = name, "consumer group created by being used");
        broker.store.change(Change::PutGroup(GroupConfig::new(name))).await?;
    }
    find(broker, name).ok_or_else(|| unknown(name))
}

fn find(broker: &Broker, name: &str) -> Option<Arc<GroupConfig>> {
    broker.store.catalog().groups.get(name).cloned()
}

fn unknown(name: &str) -> Refusal {
    Refusal::new(
        response::SUBSCRIPTION_GROUP_NOT_EXIST,
        format!("subscription group [{name}] does not exist"),
    )
}

fn group_name_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("the specified group is blank");
    }
    if name.len() > MAX_GROUP_LENGTH {
        return Some("the specified group is longer than group max length: 255");
    }
    topic::topic_name_fault(name)
        .is_some_and(|_| !name.bytes().all(topic::allowed))
        .then_some("the specified group contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Heartbeat {
    #[serde(rename = "clientID")]
    client_id: String,
    #[serde(default)]
    consumer_data_set: Vec<ConsumerData>,
    #[serde(default)]
    producer_data_set: Vec<ProducerData>,
    #[serde(default)]
    heartbeat_fingerprint: i32,
    #[serde(default, alias = "isWithoutSub")]
    without_sub: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConsumerData {
    group_name: String,
    #[serde(default)]
    consume_type: Value,
    #[serde(default)]
    message_model: Value,
    #[serde(default)]
    consume_from_where: Value,
    #[serde(default)]
    subscription_data_set: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProducerData {
    group_name: String,
}

/// `HEART_BEAT` = 34.
pub(crate) async fn heartbeat(broker: &Broker, connection: &Connection, request: &Command) -> Answer {
    let heartbeat: Heartbeat = body(request)?;
    let member = Member {
        connection: connection.clone(),
        client_id: heartbeat.client_id,
        language: request.language,
        version: request.version,
        heard: Instant::now(),
    };
    let abbreviated = heartbeat.heartbeat_fingerprint != 0 && heartbeat.without_sub;
    for consumer in heartbeat.consumer_data_set {
        // A group that may not be created has no members; the heartbeat still counts for the others.
        let Ok(group) = find_or_create(broker, &consumer.group_name).await else { continue };
        create_retry_topic(broker, &group).await?;
        let subscriptions = (!abbreviated).then(|| by_topic(consumer.subscription_data_set));
        broker.members.consumer(
            &consumer.group_name,
            member.clone(),
            Consumption {
                consume_type: consumer.consume_type,
                message_model: consumer.message_model,
                consume_from_where: consumer.consume_from_where,
                subscriptions,
                notify: group.notify_consumer_ids_changed_enable,
            },
        );
    }
    for producer in heartbeat.producer_data_set {
        broker.members.producer(&producer.group_name, member.clone());
    }
    Ok(done(request).field("IS_SUPPORT_HEART_BEAT_V2", "true").field("IS_SUB_CHANGE", "true"))
}

/// Push consumers give messages back to it; tools look groups up by it.
async fn create_retry_topic(broker: &Broker, group: &GroupConfig) -> Result<(), Refusal> {
    let name = format!("{RETRY_PREFIX}{}", group.group_name);
    if broker.store.topic(&name).is_none() && topic::topic_name_fault(&name).is_none() {
        broker.store.change(Change::PutTopic(TopicConfig::new(name, group.retry_queue_nums))).await?;
    }
    Ok(())
}

fn by_topic(subscriptions: Vec<Value>) -> BTreeMap<String, Value> {
    let topic = |subscription: &Value| subscription.get("topic").and_then(Value::as_str).map(str::to_owned);
    subscriptions.into_iter().filter_map(|subscription| Some((topic(&subscription)?, subscription))).collect()
}

/// `UNREGISTER_CLIENT` = 35.
pub(crate) fn unregister(broker: &Broker, connection: &Connection, request: &Command) -> Answer {
    request.fields.require("clientID")?;
    if let Some(group) = request.fields.get("producerGroup") {
        broker.members.producer_left(group, connection.id());
    }
    if let Some(group) = request.fields.get("consumerGroup") {
        broker.members.consumer_left(group, connection.id());
    }
    Ok(done(request))
}

/// `CHECK_CLIENT_CONFIG` = 46: whether the broker can filter as a client wants.
pub(crate) fn check_client_config(request: &Command) -> Answer {
    let asked: Value = body(request)?;
    let subscription = &asked["subscriptionData"];
    super::pull::filter(subscription["subString"].as_str(), subscription["expressionType"].as_str())?;
    Ok(done(request))
}

/// `GET_CONSUMER_LIST_BY_GROUP` = 38.
pub(crate) fn consumer_list(broker: &Broker, request: &Command) -> Answer {
    let group = request.fields.require("consumerGroup")?;
    let ids = broker.members.client_ids(group);
    if ids.is_empty() {
        return Err(Refusal::new(response::SYSTEM_ERROR, format!("no consumer for this group, {group}")));
    }
    done_with(request, &json!({ "consumerIdList": ids }))
}

/// `GET_CONSUMER_CONNECTION_LIST` = 203.
pub(crate) fn consumer_connections(broker: &Broker, request: &Command) -> Answer {
    let group = request.fields.require("consumerGroup")?;
    match broker.members.describe_consumers(group) {
        Some(description) => done_with(request, &description),
        None => Err(Refusal::new(
            response::CONSUMER_NOT_ONLINE,
            format!("the consumer group[{group}] not online"),
        )),
    }
}

/// `GET_PRODUCER_CONNECTION_LIST` = 204.
pub(crate) fn producer_connections(broker: &Broker, request: &Command) -> Answer {
    let group = request.fields.require("producerGroup")?;
    match broker.members.describe_producers(group) {
        Some(description) => done_with(request, &description),
        None => Err(Refusal::new(response::SYSTEM_ERROR, format!("the producer group[{group}] not exist"))),
    }
}

/// `UPDATE_AND_CREATE_SUBSCRIPTIONGROUP` = 200.
pub(crate) async fn put_group(broker: &Broker, request: &Command) -> Answer {
    let group: GroupConfig = body(request)?;
    if let Some(fault) = group_name_fault(&group.group_name) {
        return Err(Refusal::new(response::INVALID_PARAMETER, fault));
    }
    broker.store.change(Change::PutGroup(group)).await?;
    Ok(done(request))
}

/// `DELETE_SUBSCRIPTIONGROUP` = 207.
pub(crate) async fn delete_group(broker: &Broker, request: &Command) -> Answer {
    let group = request.fields.require("groupName")?.to_owned();
    let forget_offsets = request.fields.get_bool("cleanOffset");
    broker.store.change(Change::DeleteGroup { group, forget_offsets }).await?;
    Ok(done(request))
}

/// `GET_ALL_SUBSCRIPTIONGROUP_CONFIG` = 201.
pub(crate) fn groups(broker: &Broker, request: &Command) -> Answer {
    let catalog = broker.store.catalog();
    let table: serde_json::Map<_, _> =
        catalog.groups.iter().map(|(name, group)| (name.clone(), json!(**group))).collect();
    done_with(
        request,
        &json!({
            "dataVersion": super::topics::data_version(), "forbiddenTable": {}, "subscriptionGroupTable": table,
        }),
    )
}

/// `GET_SUBSCRIPTIONGROUP_CONFIG` = 352.
pub(crate) fn group_config(broker: &Broker, request: &Command) -> Answer {
    let name = request.fields.require("group")?;
    let group = find(broker, name).ok_or_else(|| unknown(name))?;
    done_with(request, &*group)
}
