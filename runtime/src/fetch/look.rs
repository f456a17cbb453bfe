//! What a queue has at the moment, and whether it still is the one that was read before.

use super::client_queue;
use crate::store::Mark;
use connector_api::{QueueId, QueueOffset};
use remoting::{Client, Error as ClientError, PullOptions, PullStatus, message::Message};

/// A queue as its broker has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// The first offset that is there.
    pub(super) first: QueueOffset,
    /// Where the queue ends.
    pub(super) last: QueueOffset,
    /// The message at the offset that was looked at; `None` when there is none.
    pub(super) message: Option<Mark>,
    /// Where the first message is from that offset on, as far as the broker tells.
    pub(super) from_there: Option<QueueOffset>,
}

/// Looks at a queue and at the message at `offset` of it.
///
/// It pulls, since a broker asked for the ends of a queue answers 0 also when its topic was deleted.
pub(super) async fn look(
    client: &Client,
    queue: &QueueId,
    group: &str,
    offset: QueueOffset,
) -> Result<Look, ClientError> {
    let options = PullOptions { max_messages: 1, group: Some(group.into()), ..PullOptions::at(offset.get()) };
    let pulled = client.pull(&client_queue(queue), &options).await?;
    let bound = |value| QueueOffset::new(value).unwrap_or_default();
    let (first, last) = (bound(pulled.min), bound(pulled.max));
    let message = pulled.messages.iter().find(|message| message.offset >= offset.get()).and_then(mark_of);
    let from_there = match pulled.status {
        PullStatus::Found => message.map(|message| message.offset),
        // What is there was just deleted, and the broker knows that it goes on behind.
        PullStatus::NoMatched => Some(bound(pulled.next)).filter(|next| (offset.next()..last).contains(next)),
        PullStatus::NoNew | PullStatus::Illegal => None,
    };
    Ok(Look { first, last, message: message.filter(|message| message.offset == offset), from_there })
}

/// Whether the message by which a queue is recognised is still the one that was read, or was dropped because of its age.
pub(super) async fn is_same(
    client: &Client,
    queue: &QueueId,
    group: &str,
    mark: Mark,
) -> Result<bool, ClientError> {
    Ok(look(client, queue, group, mark.offset).await?.has(mark))
}

/// Whether the queue can be read.
pub async fn is_there(client: &Client, queue: &QueueId, group: &str) -> bool {
    look(client, queue, group, QueueOffset::default()).await.is_ok()
}

impl Look {
    /// Whether the queue that was looked at, at the mark's offset, is the one in which the mark was read.
    pub(super) fn has(&self, mark: Mark) -> bool {
        self.last > mark.offset && self.message.is_none_or(|message| message.stored == mark.stored)
    }
}

/// By what this message is recognised.
pub(crate) fn mark_of(message: &Message) -> Option<Mark> {
    let offset = QueueOffset::new(message.offset)?;
    Some(Mark { offset, stored: message.store_timestamp })
}
