//! One queue of a topic.

use std::fmt;
use std::sync::Arc;

/// A queue of a topic on one broker. Ordered by topic, broker, id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Queue {
    /// The topic.
    pub topic: Arc<str>,
    /// The broker's name, which outlives its addresses.
    pub broker: Arc<str>,
    /// Which of the broker's queues of the topic, from 0.
    pub id: i32,
}

impl Queue {
    /// The queue `id` of `topic` on `broker`.
    pub fn new(topic: impl Into<Arc<str>>, broker: impl Into<Arc<str>>, id: i32) -> Self {
        Self { topic: topic.into(), broker: broker.into(), id }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.broker, self.id)
    }
}
