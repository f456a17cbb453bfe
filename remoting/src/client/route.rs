//! Where the queues of a topic are.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::Queue;
use super::error::Malformation;
use super::json::from_java;

/// The id of a broker's master; others are its replicas.
pub(super) const MASTER_ID: i64 = 0;
/// Bits of a topic's permission (RocketMQ, `PermName`).
const READABLE: i32 = 4;
const WRITABLE: i32 = 2;

/// The brokers and queues of one topic, as a name server last told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The topic.
    pub topic: Arc<str>,
    /// The brokers that have it, by name.
    pub brokers: Vec<Broker>,
    shares: Vec<Share>,
}

/// A broker: a master and its replicas under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// The name that queues carry.
    pub name: Arc<str>,
    /// The cluster it belongs to.
    pub cluster: String,
    /// Addresses by id; 0 is the master's.
    pub addresses: BTreeMap<i64, Arc<str>>,
}

/// The part of a topic that one broker has.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Share {
    broker: Arc<str>,
    read_queues: i32,
    write_queues: i32,
    permission: i32,
}

impl Route {
    /// Reads the body of a route answer (RocketMQ, `TopicRouteData`).
    pub(super) fn parse(topic: &str, body: &[u8]) -> Result<Self, Malformation> {
        let wire: WireRoute = from_java(body)?;
        let mut brokers: Vec<_> =
            wire.broker_datas.unwrap_or_default().into_iter().map(Broker::from).collect();
        brokers.sort_by(|one, other| one.name.cmp(&other.name));
        let mut shares: Vec<_> = wire.queue_datas.unwrap_or_default().into_iter().map(Share::from).collect();
        shares.sort_by(|one, other| one.broker.cmp(&other.broker));
        Ok(Self { topic: topic.into(), brokers, shares })
    }

    /// The queues that messages can be read from, sorted.
    pub fn read_queues(&self) -> Vec<Queue> {
        self.queues(READABLE, |share| share.read_queues, |broker| broker.read_address().is_some())
    }

    /// The queues that messages can be sent to, sorted.
    pub fn write_queues(&self) -> Vec<Queue> {
        self.queues(WRITABLE, |share| share.write_queues, |broker| broker.master().is_some())
    }

    /// The broker of that name.
    pub fn broker(&self, name: &str) -> Option<&Broker> {
        self.brokers.iter().find(|broker| &*broker.name == name)
    }

    /// Whether the broker of that name has a part of the topic.
    pub(super) fn is_on(&self, broker: &str) -> bool {
        self.shares.iter().any(|share| &*share.broker == broker)
    }

    /// Whether the topic has this queue at all.
    pub(super) fn has(&self, queue: &Queue) -> bool {
        self.shares.iter().any(|share| {
            share.broker == queue.broker && (0..share.read_queues.max(share.write_queues)).contains(&queue.id)
        })
    }

    fn queues(
        &self,
        permission: i32,
        count: impl Fn(&Share) -> i32,
        serves: impl Fn(&Broker) -> bool,
    ) -> Vec<Queue> {
        let shares = self.shares.iter().filter(|share| {
            share.permission & permission != 0 && self.broker(&share.broker).is_some_and(&serves)
        });
        let queues = shares.flat_map(|share| {
            (0..count(share)).map(|id| Queue::new(Arc::clone(&self.topic), Arc::clone(&share.broker), id))
        });
        queues.collect()
    }
}

impl Broker {
    /// The master's address, if a master is there.
    pub fn master(&self) -> Option<&Arc<str>> {
        self.addresses.get(&MASTER_ID)
    }

    /// Where to read: the master, or else the replica with the lowest id.
    pub(super) fn read_address(&self) -> Option<&Arc<str>> {
        self.master().or_else(|| self.addresses.values().next())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRoute {
    broker_datas: Option<Vec<WireBroker>>,
    queue_datas: Option<Vec<WireShare>>,
}

/// RocketMQ, `BrokerData`; also what cluster info has for each broker.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireBroker {
    broker_name: String,
    #[serde(default)]
    cluster: Option<String>,
    #[serde(default)]
    broker_addrs: Option<BTreeMap<String, String>>,
}

/// RocketMQ, `QueueData`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireShare {
    broker_name: String,
    #[serde(default)]
    read_queue_nums: i32,
    #[serde(default)]
    write_queue_nums: i32,
    #[serde(default)]
    perm: i32,
}

impl From<WireBroker> for Broker {
    fn from(wire: WireBroker) -> Self {
        let addresses = wire.broker_addrs.unwrap_or_default().into_iter();
        Self {
            name: wire.broker_name.into(),
            cluster: wire.cluster.unwrap_or_default(),
            addresses: addresses
                .filter_map(|(id, address)| Some((id.parse().ok()?, address.into())))
                .collect(),
        }
    }
}

impl From<WireShare> for Share {
    fn from(wire: WireShare) -> Self {
        Self {
            broker: wire.broker_name.into(),
            read_queues: wire.read_queue_nums,
            write_queues: wire.write_queue_nums,
            permission: wire.perm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(body: &str) -> Route {
        Route::parse("orders", body.as_bytes()).unwrap()
    }

    fn shown(queues: &[Queue]) -> Vec<String> {
        queues.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn queues_are_those_that_permission_and_brokers_allow() {
        let route = route(
            r#"{"brokerDatas":[
                {"brokerName":"b","cluster":"c","brokerAddrs":{0:"h:2",1:"h:3"},"enableActingMaster":false},
                {"brokerName":"a","brokerAddrs":{1:"h:1"}}],
              "filterServerTable":{},"queueDatas":[
                {"brokerName":"b","perm":6,"readQueueNums":2,"writeQueueNums":1},
                {"brokerName":"a","perm":6,"readQueueNums":1,"writeQueueNums":1},
                {"brokerName":"gone","perm":6,"readQueueNums":1,"writeQueueNums":1}]}"#,
        );
        assert_eq!(shown(&route.read_queues()), ["orders/a/0", "orders/b/0", "orders/b/1"]);
        assert_eq!(shown(&route.write_queues()), ["orders/b/0"]);
        assert_eq!(route.broker("a").unwrap().read_address().map(|address| &**address), Some("h:1"));
        assert!(route.has(&Queue::new("orders", "b", 1)));
        assert!(!route.has(&Queue::new("orders", "b", 2)));
        assert!(!route.has(&Queue::new("orders", "b", -1)));
    }

    #[test]
    fn permission_bits_are_heeded() {
        let with = |permission: i32| {
            route(&format!(
                r#"{{"brokerDatas":[{{"brokerName":"b","brokerAddrs":{{"0":"h:2"}}}}],
                   "queueDatas":[{{"brokerName":"b","perm":{permission},"readQueueNums":1,"writeQueueNums":1}}]}}"#
            ))
        };
        assert_eq!((with(4).read_queues().len(), with(4).write_queues().len()), (1, 0));
        assert_eq!((with(2).read_queues().len(), with(2).write_queues().len()), (0, 1));
    }
}
