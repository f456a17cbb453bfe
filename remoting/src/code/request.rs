//! Codes of requests (RocketMQ remoting, `RequestCode`).

/// Send one message, header with long names.
pub const SEND_MESSAGE: i32 = 10;
/// Messages of a queue from an offset on; may wait for one.
pub const PULL_MESSAGE: i32 = 11;
/// The offset a group has committed for a queue.
pub const QUERY_CONSUMER_OFFSET: i32 = 14;
/// Commit an offset of a group for a queue.
pub const UPDATE_CONSUMER_OFFSET: i32 = 15;
/// Create a topic on a broker, or change it.
pub const UPDATE_AND_CREATE_TOPIC: i32 = 17;
/// Every topic of a broker with its configuration.
pub const GET_ALL_TOPIC_CONFIG: i32 = 21;
/// Change a broker's configuration while it runs; the body is Java properties.
pub const UPDATE_BROKER_CONFIG: i32 = 25;
/// A broker's configuration as Java properties.
pub const GET_BROKER_CONFIG: i32 = 26;
/// A broker's counters and versions.
pub const GET_BROKER_RUNTIME_INFO: i32 = 28;
/// The first offset of a queue at or after a time.
pub const SEARCH_OFFSET_BY_TIMESTAMP: i32 = 29;
/// The offset after a queue's last message.
pub const GET_MAX_OFFSET: i32 = 30;
/// The offset of the first message a queue still has.
pub const GET_MIN_OFFSET: i32 = 31;
/// When the first message a queue still has was stored.
pub const GET_EARLIEST_MSG_STORETIME: i32 = 32;
/// One message by its physical offset.
pub const VIEW_MESSAGE_BY_ID: i32 = 33;
/// Keeps a client in its groups.
pub const HEART_BEAT: i32 = 34;
/// A client leaves a group.
pub const UNREGISTER_CLIENT: i32 = 35;
/// A message is to be delivered again later.
pub const CONSUMER_SEND_MSG_BACK: i32 = 36;
/// The client ids in a group.
pub const GET_CONSUMER_LIST_BY_GROUP: i32 = 38;
/// Asked by a broker: what became of a transaction.
pub const CHECK_TRANSACTION_STATE: i32 = 39;
/// Told by a broker: the members of a group have changed.
pub const NOTIFY_CONSUMER_IDS_CHANGED: i32 = 40;
/// Lock queues for one client.
pub const LOCK_BATCH_MQ: i32 = 41;
/// Give locks back.
pub const UNLOCK_BATCH_MQ: i32 = 42;
/// Every committed offset of a broker.
pub const GET_ALL_CONSUMER_OFFSET: i32 = 43;
/// Check a filter expression.
pub const CHECK_CLIENT_CONFIG: i32 = 46;
/// Name server: set a value.
pub const PUT_KV_CONFIG: i32 = 100;
/// Name server: a value.
pub const GET_KV_CONFIG: i32 = 101;
/// Name server: remove a value.
pub const DELETE_KV_CONFIG: i32 = 102;
/// Name server: a broker is there with these topics.
pub const REGISTER_BROKER: i32 = 103;
/// Name server: a broker leaves.
pub const UNREGISTER_BROKER: i32 = 104;
/// Name server: which brokers have a topic.
pub const GET_ROUTEINFO_BY_TOPIC: i32 = 105;
/// Name server: all brokers by cluster; the body has unquoted keys.
pub const GET_BROKER_CLUSTER_INFO: i32 = 106;
/// Create a consumer group on a broker, or change it.
pub const UPDATE_AND_CREATE_SUBSCRIPTIONGROUP: i32 = 200;
/// Every consumer group of a broker.
pub const GET_ALL_SUBSCRIPTIONGROUP_CONFIG: i32 = 201;
/// Offsets of every queue of a topic.
pub const GET_TOPIC_STATS_INFO: i32 = 202;
/// The connections of a group.
pub const GET_CONSUMER_CONNECTION_LIST: i32 = 203;
/// The connections of a producer group.
pub const GET_PRODUCER_CONNECTION_LIST: i32 = 204;
/// Name server: all topics.
pub const GET_ALL_TOPIC_LIST_FROM_NAMESERVER: i32 = 206;
/// Remove a consumer group from a broker.
pub const DELETE_SUBSCRIPTIONGROUP: i32 = 207;
/// A group's offsets beside the queues' ends.
pub const GET_CONSUME_STATS: i32 = 208;
/// Remove a topic from a broker; name servers need `DELETE_TOPIC_IN_NAMESRV`.
pub const DELETE_TOPIC_IN_BROKER: i32 = 215;
/// Remove a topic from a name server.
pub const DELETE_TOPIC_IN_NAMESRV: i32 = 216;
/// Name server: all values of a namespace.
pub const GET_KVLIST_BY_NAMESPACE: i32 = 219;
/// Told by a broker: read from other offsets.
pub const RESET_CONSUMER_CLIENT_OFFSET: i32 = 220;
/// Asked by a broker: the offsets a client is at.
pub const GET_CONSUMER_STATUS_FROM_CLIENT: i32 = 221;
/// Reset a group's offsets.
pub const INVOKE_BROKER_TO_RESET_OFFSET: i32 = 222;
/// Name server: the topics of a cluster.
pub const GET_TOPICS_BY_CLUSTER: i32 = 224;
/// The groups that consume a topic.
pub const QUERY_TOPIC_CONSUME_BY_WHO: i32 = 300;
/// Name server: its internal topics.
pub const GET_SYSTEM_TOPIC_LIST_FROM_NS: i32 = 304;
/// A broker's internal topics.
pub const GET_SYSTEM_TOPIC_LIST_FROM_BROKER: i32 = 305;
/// Asked by a broker: how a client is doing.
pub const GET_CONSUMER_RUNNING_INFO: i32 = 307;
/// Asked by a broker: consume this one message now.
pub const CONSUME_MESSAGE_DIRECTLY: i32 = 309;
/// Send one message, header with one-letter names.
pub const SEND_MESSAGE_V2: i32 = 310;
/// Name server: its configuration as Java properties.
pub const GET_NAMESRV_CONFIG: i32 = 319;
/// Send many messages to one queue, header as `SEND_MESSAGE_V2`.
pub const SEND_BATCH_MESSAGE: i32 = 320;
/// The topics a group has offsets for.
pub const QUERY_TOPICS_BY_CONSUMER: i32 = 343;
/// One topic's configuration.
pub const GET_TOPIC_CONFIG: i32 = 351;
/// One consumer group's configuration.
pub const GET_SUBSCRIPTIONGROUP_CONFIG: i32 = 352;
/// As `PULL_MESSAGE`, counted apart by the broker.
pub const LITE_PULL_MESSAGE: i32 = 361;
