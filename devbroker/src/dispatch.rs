//! Which request is answered by what: name server and broker, on one port.

use std::sync::Arc;

use remoting::{
    code::{request, response},
    command::Command,
};

use crate::{
    answer::{Answer, Refusal},
    broker::{Broker, requests},
    connection::{Connection, Reply},
};

/// Answers `command` through `reply`, now or later.
pub(crate) async fn handle(broker: &Arc<Broker>, connection: &Connection, command: Command, reply: Reply) {
    let answer = match command.code {
        // These answer themselves: once the journal has the message, or when there is something to pull.
        request::SEND_MESSAGE | request::SEND_MESSAGE_V2 => {
            return requests::send(broker, connection, command, reply).await;
        }
        request::SEND_BATCH_MESSAGE => return requests::send_batch(broker, connection, command, reply).await,
        request::PULL_MESSAGE | request::LITE_PULL_MESSAGE => {
            return requests::pull(broker, connection, command, reply).await;
        }
        _ => answer(broker, connection, &command).await,
    };
    reply.send(answer.unwrap_or_else(|refusal| refusal.response_to(&command)));
}

async fn answer(broker: &Arc<Broker>, connection: &Connection, command: &Command) -> Answer {
    match command.code {
        request::GET_ROUTEINFO_BY_TOPIC => requests::route(broker, command),
        request::GET_BROKER_CLUSTER_INFO => requests::cluster(broker, command),
        request::GET_ALL_TOPIC_LIST_FROM_NAMESERVER => requests::topic_list(broker, command),
        request::GET_TOPICS_BY_CLUSTER => requests::topics_of_cluster(broker, command),
        request::GET_NAMESRV_CONFIG => requests::namesrv_config(command),
        request::DELETE_TOPIC_IN_NAMESRV => requests::delete_topic_route(command),
        request::PUT_KV_CONFIG => requests::put_kv(broker, command).await,
        request::GET_KV_CONFIG => requests::get_kv(broker, command),
        request::DELETE_KV_CONFIG => requests::delete_kv(broker, command).await,
        request::GET_KVLIST_BY_NAMESPACE => requests::kv_list(broker, command),

        request::UPDATE_AND_CREATE_TOPIC => requests::put_topic(broker, command).await,
        request::DELETE_TOPIC_IN_BROKER => requests::delete_topic(broker, command).await,
        request::GET_ALL_TOPIC_CONFIG => requests::all_topic_configs(broker, command),
        request::GET_TOPIC_CONFIG => requests::topic_config(broker, command),
        request::GET_SYSTEM_TOPIC_LIST_FROM_NS | request::GET_SYSTEM_TOPIC_LIST_FROM_BROKER => {
            requests::system_topics(broker, command)
        }
        request::GET_TOPIC_STATS_INFO => requests::topic_stats(broker, command),

        request::GET_MAX_OFFSET => requests::max_offset(broker, command),
        request::GET_MIN_OFFSET => requests::min_offset(broker, command),
        request::SEARCH_OFFSET_BY_TIMESTAMP => requests::search_offset(broker, command),
        request::GET_EARLIEST_MSG_STORETIME => requests::earliest_store_time(broker, command),
        request::QUERY_CONSUMER_OFFSET => requests::query_offset(broker, command),
        request::UPDATE_CONSUMER_OFFSET => requests::commit_offset(broker, command).await,
        request::GET_CONSUME_STATS => requests::consume_stats(broker, command),
        request::QUERY_TOPIC_CONSUME_BY_WHO => requests::groups_of_topic(broker, command),
        request::QUERY_TOPICS_BY_CONSUMER => requests::topics_of_group(broker, command),

        request::HEART_BEAT => requests::heartbeat(broker, connection, command).await,
        request::UNREGISTER_CLIENT => requests::unregister(broker, connection, command),
        request::CHECK_CLIENT_CONFIG => requests::check_client_config(command),
        request::GET_CONSUMER_LIST_BY_GROUP => requests::consumer_list(broker, command),
        request::GET_CONSUMER_CONNECTION_LIST => requests::consumer_connections(broker, command),
        request::GET_PRODUCER_CONNECTION_LIST => requests::producer_connections(broker, command),
        request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP => requests::put_group(broker, command).await,
        request::DELETE_SUBSCRIPTIONGROUP => requests::delete_group(broker, command).await,
        request::GET_ALL_SUBSCRIPTIONGROUP_CONFIG => requests::groups(broker, command),
        request::GET_SUBSCRIPTIONGROUP_CONFIG => requests::group_config(broker, command),
        request::LOCK_BATCH_MQ => requests::lock(broker, command),
        request::UNLOCK_BATCH_MQ => requests::unlock(broker, command),

        request::GET_BROKER_CONFIG => requests::get_config(broker, command),
        request::UPDATE_BROKER_CONFIG => requests::update_config(broker, command).await,
        request::GET_BROKER_RUNTIME_INFO => requests::runtime_info(broker, command),

        other => Err(Refusal::new(
            response::REQUEST_CODE_NOT_SUPPORTED,
            format!("request type {other} not supported by the dev-broker"),
        )),
    }
}
