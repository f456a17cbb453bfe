//! The offsets of a connector's consumer group: for consoles and for a Java worker. What counts here is the offset topic.

use crate::{causes, fetch::client_queue, store::Lease};
use connector_api::QueueOffset;
use remoting::{Client, Error as ClientError, TopicSpec};
use std::{collections::BTreeSet, sync::Arc};

/// Where brokers keep the messages that a group's consumers give back (RocketMQ, `MixAll.RETRY_GROUP_TOPIC_PREFIX`).
const RETRY_PREFIX: &str = "%RETRY%";

/// What the group was told.
pub(super) struct GroupOffsets {
    client: Client,
    group: Arc<str>,
    told: Vec<Option<QueueOffset>>,
    /// Whether consoles find the group.
    is_shown: bool,
}

impl GroupOffsets {
    /// Nothing was told yet of so many queues.
    pub(super) fn new(client: Client, group: Arc<str>, queues: usize) -> Self {
        Self { client, group, told: vec![None; queues], is_shown: false }
    }

    /// Whether there is something to tell when so much is committed.
    pub(super) fn is_behind(&self, committed: &[Option<QueueOffset>]) -> bool {
        self.told != committed
    }

    /// Tells what is committed, as far as brokers answer; of one that does not answer it is not waited for a second time.
    pub(super) async fn commit(&mut self, leases: &[Lease], committed: &[Option<QueueOffset>]) {
        let group = &*self.group;
        if !self.is_shown {
            match show_group(&self.client, group).await {
                Ok(()) => self.is_shown = true,
                Err(error) => {
                    tracing::debug!(group, error = causes(&error), "consoles do not find the group");
                }
            }
        }
        let mut silent = BTreeSet::new();
        let queues = leases.iter().zip(committed).zip(&mut self.told);
        for ((lease, committed), told) in queues.filter(|((_, committed), told)| *committed != *told) {
            let Some(offset) = *committed else { continue };
            let queue = lease.queue();
            if silent.contains(&queue.broker) {
                continue;
            }
            match self.client.update_offset(group, &client_queue(queue), offset.get()).await {
                Ok(()) => *told = Some(offset),
                Err(error) => {
                    tracing::debug!(group, %queue, %offset, error = causes(&error), "the group's offset is behind");
                    silent.insert(Arc::clone(&queue.broker));
                }
            }
        }
    }
}

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
