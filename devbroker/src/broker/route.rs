//! What a name server answers: where topics are. All of it is this one broker.

use std::collections::BTreeMap;

use remoting::command::Command;
use serde::Serialize;

use super::Broker;
use crate::answer::{Answer, Refusal, done, done_with};
use remoting::code::response;

/// The only replica of this broker is its master.
const MASTER: &str = "0";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    broker_datas: Vec<BrokerData>,
    filter_server_table: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_topic_conf: Option<String>,
    queue_datas: Vec<QueueData>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BrokerData {
    broker_addrs: BTreeMap<&'static str, String>,
    broker_name: String,
    cluster: String,
    enable_acting_master: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueueData {
    broker_name: String,
    perm: u32,
    read_queue_nums: u32,
    topic_sys_flag: i32,
    write_queue_nums: u32,
}

fn broker_data(broker: &Broker) -> BrokerData {
    BrokerData {
        broker_addrs: BTreeMap::from([(MASTER, broker.address.to_string())]),
        broker_name: broker.options.broker_name.clone(),
        cluster: broker.options.cluster_name.clone(),
        enable_acting_master: false,
    }
}

/// `GET_ROUTEINFO_BY_TOPIC` = 105.
pub(crate) fn route(broker: &Broker, request: &Command) -> Answer {
    let name = request.fields.require("topic")?;
    let Some(topic) = broker.store.topic(name) else {
        return Err(Refusal::new(
            response::TOPIC_NOT_EXIST,
            format!("No topic route info in name server for the topic: {name}"),
        ));
    };
    let order_key = ("ORDER_TOPIC_CONFIG".to_owned(), name.to_owned());
    let route = Route {
        broker_datas: vec![broker_data(broker)],
        filter_server_table: BTreeMap::new(),
        order_topic_conf: broker.store.catalog().kv.get(&order_key).cloned(),
        queue_datas: vec![QueueData {
            broker_name: broker.options.broker_name.clone(),
            perm: topic.config.perm,
            read_queue_nums: topic.config.read_queue_nums,
            topic_sys_flag: topic.config.topic_sys_flag,
            write_queue_nums: topic.config.write_queue_nums,
        }],
    };
    done_with(request, &route)
}

/// `GET_BROKER_CLUSTER_INFO` = 106.
pub(crate) fn cluster(broker: &Broker, request: &Command) -> Answer {
    let name = &broker.options.broker_name;
    done_with(
        request,
        &serde_json::json!({
            "brokerAddrTable": { name: broker_data(broker) },
            "clusterAddrTable": { &broker.options.cluster_name: [name] },
        }),
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TopicList {
    pub(super) broker_addr: Option<String>,
    pub(super) topic_list: Vec<String>,
}

/// `GET_ALL_TOPIC_LIST_FROM_NAMESERVER` = 206.
pub(crate) fn topic_list(broker: &Broker, request: &Command) -> Answer {
    let topic_list = broker.store.catalog().topics.keys().cloned().collect();
    done_with(request, &TopicList { broker_addr: None, topic_list })
}

/// `GET_TOPICS_BY_CLUSTER` = 224.
pub(crate) fn topics_of_cluster(broker: &Broker, request: &Command) -> Answer {
    let cluster = request.fields.require("cluster")?;
    if cluster == broker.options.cluster_name {
        return topic_list(broker, request);
    }
    done_with(request, &TopicList { broker_addr: None, topic_list: Vec::new() })
}

/// `GET_NAMESRV_CONFIG` = 319: there is nothing to configure.
pub(crate) fn namesrv_config(request: &Command) -> Answer {
    Ok(done(request).with_body("orderMessageEnable=true\n"))
}
