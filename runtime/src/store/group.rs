//! The consumer group of a connector, as RocketMQ's own tools see it.

use remoting::{Client, Error as ClientError, TopicSpec};

/// Where brokers keep the messages that a group's consumers give back (RocketMQ, `MixAll.RETRY_GROUP_TOPIC_PREFIX`).
const RETRY_PREFIX: &str = "%RETRY%";

/// Lets tools find the group and its lag: they ask the brokers that have the topic for messages given back, which a broker creates
/// when a consumer first reports to it. Nothing is ever given back here, so nobody else does.
///
/// # Errors
/// Those of [`Client::create_topic`]. The group's offsets are there all the same.
pub async fn show_group(client: &Client, group: &str) -> Result<(), ClientError> {
    let topic = format!("{RETRY_PREFIX}{group}");
    match client.route(&topic).await {
        Err(ClientError::TopicMissing { .. }) => client.create_topic(&TopicSpec::new(topic, 1)).await,
        found => found.map(drop),
    }
}
