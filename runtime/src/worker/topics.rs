//! The queues of a connector's topics, as name servers tell.

use super::WorkerOptions;
use connector_api::QueueId;
use remoting::Error as ClientError;
use std::{collections::BTreeSet, sync::Arc};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// The queues of a connector's topics cannot be found out.
#[derive(Debug, thiserror::Error)]
pub(super) enum TopicError {
    #[error(
        "topic {topic} does not exist on name server {name_servers}; create it or correct connect.topicnames"
    )]
    Missing { topic: Arc<str>, name_servers: String },
    #[error(
        "topic {topic} has no queue that can be read; its brokers may be away, or it may not be readable"
    )]
    NoQueues { topic: Arc<str> },
    #[error("the queues of topic {topic} are not known")]
    Unknown {
        topic: Arc<str>,
        #[source]
        source: ClientError,
    },
}

/// The queues of all `topics`.
///
/// # Errors
/// [`TopicError`] for the first topic that has none.
pub(super) async fn queues(
    options: &WorkerOptions,
    topics: &[Arc<str>],
) -> Result<BTreeSet<QueueId>, TopicError> {
    let mut queues = BTreeSet::new();
    for topic in topics {
        let route = options.client.route(topic).await.map_err(|source| match source {
            ClientError::TopicMissing { .. } => {
                TopicError::Missing { topic: Arc::clone(topic), name_servers: options.name_servers.join(";") }
            }
            source => TopicError::Unknown { topic: Arc::clone(topic), source },
        })?;
        let readable = route.read_queues();
        if readable.is_empty() {
            return Err(TopicError::NoQueues { topic: Arc::clone(topic) });
        }
        queues.extend(readable.into_iter().filter_map(|queue| {
            let number = u32::try_from(queue.id).ok()?;
            Some(QueueId { topic: queue.topic, broker: queue.broker, queue: number })
        }));
    }
    Ok(queues)
}

/// All queues, as soon as there are others than those of `known`.
pub(super) async fn more_queues(
    options: &WorkerOptions,
    topics: &[Arc<str>],
    known: &BTreeSet<QueueId>,
) -> BTreeSet<QueueId> {
    let mut look = interval_at(Instant::now() + options.route_interval, options.route_interval);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        // What is away at the moment stays assigned: it comes back, or the tasks say what is wrong with it.
        match queues(options, topics).await {
            Ok(now) if !now.is_subset(known) => return now.union(known).cloned().collect(),
            _ => {}
        }
    }
}
