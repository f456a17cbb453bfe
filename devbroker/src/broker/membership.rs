//! Who is connected on behalf of which group.
//!
//! A member is a connection that sent a heartbeat for a group. It leaves by saying so, by its connection's end, or by
//! silence; the others are told each time ([`NOTIFY_CONSUMER_IDS_CHANGED`](remoting::code::request::NOTIFY_CONSUMER_IDS_CHANGED)).

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use remoting::{
    code::{request, response},
    command::{Command, Language},
};
use serde_json::{Value, json};

use crate::{answer::Refusal, connection::Connection};

/// All members of all groups.
#[derive(Debug)]
pub(crate) struct Members {
    expiry: Duration,
    groups: Mutex<Groups>,
}

#[derive(Debug, Default)]
struct Groups {
    consumers: BTreeMap<String, ConsumerGroup>,
    producers: BTreeMap<String, BTreeMap<u64, Member>>,
}

/// One client of a group, as a heartbeat described it.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) connection: Connection,
    pub(crate) client_id: String,
    pub(crate) language: Language,
    pub(crate) version: i32,
    pub(crate) heard: Instant,
}

/// What a heartbeat says of a consumer group beside who sent it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Consumption {
    pub(crate) consume_type: Value,
    pub(crate) message_model: Value,
    pub(crate) consume_from_where: Value,
    /// By topic; `None` when the heartbeat left them out because they have not changed.
    pub(crate) subscriptions: Option<BTreeMap<String, Value>>,
    /// Whether the group's configuration wants members told of changes.
    pub(crate) notify: bool,
}

#[derive(Debug, Default)]
struct ConsumerGroup {
    members: BTreeMap<u64, Member>,
    consumption: Consumption,
}

impl Members {
    pub(crate) fn new(expiry: Duration) -> Self {
        Self { expiry, groups: Mutex::default() }
    }

    fn groups(&self) -> MutexGuard<'_, Groups> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A heartbeat for a consumer group.
    pub(crate) fn consumer(&self, name: &str, member: Member, consumption: Consumption) {
        let mut groups = self.groups();
        let group = groups.consumers.entry(name.to_owned()).or_default();
        let joined = group.members.insert(member.connection.id(), member).is_none();
        let changed = group.consumption.update(consumption);
        if joined {
            tracing::debug!(group = name, members = group.members.len(), "a consumer joined");
        }
        if joined || changed {
            group.notify(name);
        }
    }

    /// A heartbeat for a producer group.
    pub(crate) fn producer(&self, name: &str, member: Member) {
        self.groups().producers.entry(name.to_owned()).or_default().insert(member.connection.id(), member);
    }

    /// A consumer leaves a group.
    pub(crate) fn consumer_left(&self, name: &str, connection: u64) {
        self.groups().remove_consumer(name, connection);
    }

    /// A producer leaves a group.
    pub(crate) fn producer_left(&self, name: &str, connection: u64) {
        self.groups().remove_producer(name, connection);
    }

    /// A connection has ended: it leaves all its groups.
    pub(crate) fn disconnected(&self, connection: u64) {
        let mut groups = self.groups();
        let member = |members: &BTreeMap<u64, Member>| members.contains_key(&connection);
        let consumers: Vec<_> = groups
            .consumers
            .iter()
            .filter(|(_, group)| member(&group.members))
            .map(|(name, _)| name.clone())
            .collect();
        let producers: Vec<_> = groups
            .producers
            .iter()
            .filter(|(_, members)| member(members))
            .map(|(name, _)| name.clone())
            .collect();
        for name in consumers {
            groups.remove_consumer(&name, connection);
        }
        for name in producers {
            groups.remove_producer(&name, connection);
        }
    }

    /// Ends the connections of members that have not been heard of for too long.
    pub(crate) fn expire(&self, now: Instant) {
        let silent: Vec<_> = {
            let groups = self.groups();
            let consumers = groups.consumers.values().flat_map(|group| group.members.values());
            let producers = groups.producers.values().flat_map(BTreeMap::values);
            consumers
                .chain(producers)
                .filter(|member| now.saturating_duration_since(member.heard) > self.expiry)
                .map(|member| (member.client_id.clone(), member.connection.clone()))
                .collect()
        };
        for (client, connection) in silent {
            tracing::info!(%client, peer = %connection.peer(), "closing a client that sent no heartbeat for too long");
            self.disconnected(connection.id());
            connection.close();
        }
    }

    /// The client ids in a group, once for each connection.
    pub(crate) fn client_ids(&self, name: &str) -> Vec<String> {
        let groups = self.groups();
        let members = groups.consumers.get(name).into_iter().flat_map(|group| group.members.values());
        members.map(|member| member.client_id.clone()).collect()
    }

    /// The filter a group's members subscribed to a topic with: expression and its kind.
    ///
    /// # Errors
    /// The codes of a Java broker: 24 when nobody subscribed, 25 when the pull knows a newer version.
    pub(crate) fn subscription(
        &self,
        group: &str,
        topic: &str,
        version: i64,
    ) -> Result<(String, String), Refusal> {
        let groups = self.groups();
        let known = groups.consumers.get(group).ok_or_else(|| {
            Refusal::new(response::SUBSCRIPTION_NOT_EXIST, "the consumer's group info not exist")
        })?;
        let subscription =
            known.consumption.subscriptions.as_ref().and_then(|all| all.get(topic)).ok_or_else(|| {
                Refusal::new(response::SUBSCRIPTION_NOT_EXIST, "the consumer's subscription not exist")
            })?;
        if version_of(subscription) < version {
            return Err(Refusal::new(
                response::SUBSCRIPTION_NOT_LATEST,
                "the consumer's subscription not latest",
            ));
        }
        let text = |name: &str| subscription.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((text("subString"), text("expressionType")))
    }

    pub(crate) fn subscribed_topics(&self, group: &str) -> Vec<String> {
        let groups = self.groups();
        let subscriptions =
            groups.consumers.get(group).and_then(|group| group.consumption.subscriptions.as_ref());
        subscriptions.map(|all| all.keys().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn groups_subscribed_to(&self, topic: &str) -> Vec<String> {
        let groups = self.groups();
        let subscribed = |group: &ConsumerGroup| {
            group.consumption.subscriptions.as_ref().is_some_and(|all| all.contains_key(topic))
        };
        groups.consumers.iter().filter(|(_, group)| subscribed(group)).map(|(name, _)| name.clone()).collect()
    }

    /// A group's connections and subscriptions, as tools ask for them.
    pub(crate) fn describe_consumers(&self, name: &str) -> Option<Value> {
        let groups = self.groups();
        let group = groups.consumers.get(name)?;
        Some(json!({
            "connectionSet": group.members.values().map(Member::describe).collect::<Vec<_>>(),
            "consumeFromWhere": group.consumption.consume_from_where,
            "consumeType": group.consumption.consume_type,
            "messageModel": group.consumption.message_model,
            "subscriptionTable": group.consumption.subscriptions,
        }))
    }

    /// A producer group's connections, as tools ask for them.
    pub(crate) fn describe_producers(&self, name: &str) -> Option<Value> {
        let groups = self.groups();
        let members = groups.producers.get(name)?;
        Some(json!({ "connectionSet": members.values().map(Member::describe).collect::<Vec<_>>() }))
    }
}

impl Groups {
    fn remove_consumer(&mut self, name: &str, connection: u64) {
        let Some(group) = self.consumers.get_mut(name) else { return };
        if group.members.remove(&connection).is_none() {
            return;
        }
        tracing::debug!(group = name, members = group.members.len(), "a consumer left");
        if group.members.is_empty() {
            self.consumers.remove(name);
        } else {
            group.notify(name);
        }
    }

    fn remove_producer(&mut self, name: &str, connection: u64) {
        let Some(members) = self.producers.get_mut(name) else { return };
        members.remove(&connection);
        if members.is_empty() {
            self.producers.remove(name);
        }
    }
}

impl ConsumerGroup {
    fn notify(&self, name: &str) {
        if !self.consumption.notify {
            return;
        }
        for member in self.members.values() {
            member
                .connection
                .notify(Command::request(request::NOTIFY_CONSUMER_IDS_CHANGED).field("consumerGroup", name));
        }
    }
}

impl Consumption {
    /// Takes over a heartbeat's description; whether topics came or went.
    fn update(&mut self, new: Self) -> bool {
        let known = self.subscriptions.take();
        let Some(subscriptions) = new.subscriptions else {
            *self = Self { subscriptions: known, ..new };
            return false;
        };
        let mut known = known.unwrap_or_default();
        let changed = !known.keys().eq(subscriptions.keys());
        let kept: BTreeMap<_, _> = subscriptions
            .into_iter()
            .map(|(topic, subscription)| match known.remove(&topic) {
                Some(newer) if version_of(&newer) > version_of(&subscription) => (topic, newer),
                _ => (topic, subscription),
            })
            .collect();
        *self = Self { subscriptions: Some(kept), ..new };
        changed
    }
}

impl Member {
    fn describe(&self) -> Value {
        json!({
            "clientAddr": self.connection.peer().to_string(),
            "clientId": self.client_id,
            "language": self.language.name(),
            "version": self.version,
        })
    }
}

fn version_of(subscription: &Value) -> i64 {
    subscription.get("subVersion").and_then(Value::as_i64).unwrap_or(0)
}
