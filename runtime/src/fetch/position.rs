//! Where reading a queue begins.

use crate::{
    fetch::client_queue,
    store::{OffsetStore, Position},
    task::settings::Begin,
};
use connector_api::{ConnectorName, QueueId, QueueOffset};
use remoting::{Client, Error as ClientError};
use std::sync::Arc;

/// Where reading a queue begins, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The first offset to read.
    pub at: QueueOffset,
    /// Whether it was committed, here or to the consumer group; otherwise it is where the configuration says.
    pub committed: bool,
    /// Whether the offset topic has it.
    pub stored: bool,
    /// The offsets that the broker has now: from the first, up to the second.
    pub range: (i64, i64),
}

/// It cannot be said where reading begins.
#[derive(Debug, thiserror::Error)]
pub enum PositionError {
    /// The broker did not answer.
    #[error("it cannot be found out where to begin in {queue}")]
    Ask {
        /// The queue.
        queue: Arc<QueueId>,
        /// Why.
        #[source]
        source: Box<ClientError>,
    },
    /// The next messages are gone.
    #[error(
        "{queue} is done with up to offset {at}, and the broker's first is {min}: the messages between are gone; \
         to go on without them, delete the connector and create it under another name with consume.from.where=CONSUME_FROM_FIRST_OFFSET"
    )]
    Trimmed {
        /// The queue.
        queue: Arc<QueueId>,
        /// Where reading was to go on.
        at: QueueOffset,
        /// The broker's first.
        min: i64,
    },
    /// The queue has never had so many messages, so it is not the queue that was read.
    #[error(
        "{queue} is done with up to offset {at}, and the broker has it only up to {max}: was the topic deleted and created \
         again? To read it from its beginning, delete the connector and create it under another name with consume.from.where=CONSUME_FROM_FIRST_OFFSET"
    )]
    Beyond {
        /// The queue.
        queue: Arc<QueueId>,
        /// Where reading was to go on.
        at: QueueOffset,
        /// The broker's next.
        max: i64,
    },
}

impl PositionError {
    /// Whether the broker may answer later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Ask { source, .. } if source.is_transient())
    }
}

/// Where reading `queue` begins: the newest of the offset topic, else the consumer group's offset, else where the
/// configuration says. A queue that came later than others of its topic begins at its first message.
///
/// # Errors
/// [`PositionError`].
pub async fn start_position(
    client: &Client,
    offsets: &OffsetStore,
    connector: &ConnectorName,
    queue: &Arc<QueueId>,
    group: &str,
    begin: Begin,
) -> Result<Start, PositionError> {
    let ask = |source| PositionError::Ask { queue: Arc::clone(queue), source: Box::new(source) };
    let asked = client_queue(queue);
    let range =
        (client.min_offset(&asked).await.map_err(ask)?, client.max_offset(&asked).await.map_err(ask)?);
    let first = QueueOffset::new(range.0).unwrap_or_default();
    let last = QueueOffset::new(range.1).unwrap_or_default();
    let position = offsets.position(connector, queue);
    if let Position::Committed(at) = position {
        return check(queue, Start { at, committed: true, stored: true, range });
    }
    let of_group = match client.query_offset(group, &asked).await {
        Ok(offset) => offset.and_then(QueueOffset::new),
        Err(ClientError::GroupMissing { .. }) => None,
        Err(source) => return Err(ask(source)),
    };
    if let Some(at) = of_group {
        return check(queue, Start { at, committed: true, stored: false, range });
    }
    let at = match (position, begin) {
        (Position::NewQueue, _) | (_, Begin::First) => first,
        (_, Begin::Last) => last,
    };
    Ok(Start { at, committed: false, stored: false, range })
}

/// Whether a position lies within what the broker has.
fn check(queue: &Arc<QueueId>, start: Start) -> Result<Start, PositionError> {
    let (at, (min, max)) = (start.at, start.range);
    if at.get() < min {
        return Err(PositionError::Trimmed { queue: Arc::clone(queue), at, min });
    }
    if at.get() > max {
        return Err(PositionError::Beyond { queue: Arc::clone(queue), at, max });
    }
    Ok(start)
}
