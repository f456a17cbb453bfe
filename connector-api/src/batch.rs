//! Batches, and the identity that makes a replay recognisable.

use crate::{ConnectRecord, ConnectorName};
use std::{fmt, sync::Arc, time::SystemTime};

/// Position of a message in a RocketMQ queue; the first message of a queue has offset 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct QueueOffset(i64);

impl QueueOffset {
    /// The offset `value`, or `None` when it is negative.
    pub const fn new(value: i64) -> Option<Self> {
        if value < 0 { None } else { Some(Self(value)) }
    }

    /// The offset as the number that RocketMQ uses on the wire, never negative.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The offset that follows this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for QueueOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One queue of a topic on one broker: the unit of order, of assignment to tasks and of offsets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueId {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The broker's name, as the name server knows it.
    pub broker: Arc<str>,
    /// The queue's number on that broker, from 0.
    pub queue: u32,
}

impl fmt::Display for QueueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.broker, self.queue)
    }
}

/// What a batch is called, whatever happens around it: the same records come again under the same identity.
///
/// A sink that can refuse what it already has (an idempotency key, a load label) derives that key from this value and
/// nothing else, unless it leaves records of the batch out: then the key says which are missing too. The operator may correct what
/// stood against them, and a key that is known already would pass them off as written. What is missing below
/// [`Batch::gone_below`] was not left out, and stays out of the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BatchId {
    /// The connector that the batch belongs to.
    pub connector: ConnectorName,
    /// The queue that all its records come from.
    pub queue: Arc<QueueId>,
    /// When the connector began to read the queue, in milliseconds since 1970. It changes when reading begins anew, as after the topic
    /// was deleted and created again: the same offsets are other records then.
    pub generation: i64,
    /// Where the batch begins: no message of an earlier batch is at this offset or behind it.
    pub first: QueueOffset,
    /// Offset after the last message: where reading goes on once this batch is acknowledged.
    pub next: QueueOffset,
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} [{}, {})", self.connector, self.queue, self.first, self.next)
    }
}

/// Records of one queue, in offset order, to be made durable together.
#[derive(Debug)]
pub struct Batch {
    id: BatchId,
    since: SystemTime,
    gone_below: QueueOffset,
    records: Vec<ConnectRecord>,
}

impl Batch {
    /// A batch of `records`, which are in offset order and lie within the identity's bounds.
    ///
    /// Fewer records than the bounds span are normal: filters and skipped records leave gaps.
    pub fn new(id: BatchId, records: Vec<ConnectRecord>) -> Self {
        debug_assert!(records.iter().all(|r| id.first <= r.offset() && r.offset() < id.next));
        Self { since: SystemTime::now(), gone_below: id.first, id, records }
    }

    /// The same batch without the messages below `offset`, which the broker has dropped since the batch got its identity.
    #[must_use]
    pub fn with_gone_below(self, offset: QueueOffset) -> Self {
        Self { gone_below: offset.max(self.id.first), ..self }
    }

    /// The same batch, bounded at another time than now.
    #[must_use]
    pub fn bounded_at(self, since: SystemTime) -> Self {
        Self { since, ..self }
    }

    /// The batch's identity.
    pub fn id(&self) -> &BatchId {
        &self.id
    }

    /// Since when the batch has its identity. It may have been put any number of times between then and now, also by
    /// another worker.
    ///
    /// A sink whose target forgets identities after some time looks here whether it may rely on being recognised.
    pub fn bounded_since(&self) -> SystemTime {
        self.since
    }

    /// What is missing below this offset, the broker has dropped since the batch got its identity; the batch's first offset when
    /// nothing was dropped.
    ///
    /// The sink may have it from an earlier put under the same identity: it is no reason for another key.
    pub fn gone_below(&self) -> QueueOffset {
        self.gone_below
    }

    /// The records, in offset order.
    pub fn records(&self) -> &[ConnectRecord] {
        &self.records
    }

    /// The records, given away.
    pub fn into_records(self) -> Vec<ConnectRecord> {
        self.records
    }
}
