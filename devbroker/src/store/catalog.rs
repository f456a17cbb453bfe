//! What exists, in memory: topics, consumer groups, committed offsets, settings.
//!
//! A mirror of the small records of the store. The writer changes it after the journal has the change; everyone else reads.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    Place,
    queue::{Bounds, Queue},
};
use crate::topic::{GroupConfig, TopicConfig};

/// A topic as it is now. A changed configuration makes a new value that shares the queues.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub(crate) id: u32,
    pub(crate) config: TopicConfig,
    queues: Arc<Queues>,
}

#[derive(Debug, Default)]
struct Queues {
    deleted: AtomicBool,
    by_id: Mutex<BTreeMap<u32, Arc<Queue>>>,
}

impl Topic {
    pub(super) fn new(id: u32, config: TopicConfig) -> Self {
        Self { id, config, queues: Arc::default() }
    }

    pub(super) fn reconfigured(&self, config: TopicConfig) -> Self {
        Self { id: self.id, config, queues: Arc::clone(&self.queues) }
    }

    /// The queue, made on first use: a topic may have a hundred thousand of which few are used.
    pub(crate) fn queue(&self, queue: u32) -> Arc<Queue> {
        let place = Place { topic: self.id, queue };
        let mut queues = self.queues.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry(queue).or_insert_with(|| Arc::new(Queue::new(place, Bounds::default()))))
    }

    /// The queue's bounds; an unused queue is empty at 0.
    pub(crate) fn bounds(&self, queue: u32) -> Bounds {
        let queues = self.queues.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        queues.get(&queue).map_or_else(Bounds::default, |queue| queue.bounds())
    }

    /// The queues used so far.
    pub(crate) fn used_queues(&self) -> Vec<Arc<Queue>> {
        self.queues.by_id.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn recover(&self, queue: u32, bounds: Bounds) {
        let place = Place { topic: self.id, queue };
        let mut queues = self.queues.by_id.lock().unwrap_or_else(PoisonError::into_inner);
        queues.insert(queue, Arc::new(Queue::new(place, bounds)));
    }

    pub(super) fn mark_deleted(&self) {
        self.queues.deleted.store(true, Ordering::Release);
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.queues.deleted.load(Ordering::Acquire)
    }
}

/// Committed offsets of one group in one topic, by queue. Negative ones are kept and read as "none".
type QueueOffsets = BTreeMap<u32, i64>;

/// Everything that exists but the messages.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) topics: BTreeMap<String, Arc<Topic>>,
    pub(crate) groups: BTreeMap<String, Arc<GroupConfig>>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) kv: BTreeMap<(String, String), String>,
    offsets: HashMap<String, BTreeMap<String, QueueOffsets>>,
}

impl Catalog {
    /// The offset a group committed for a queue.
    pub(crate) fn offset(&self, group: &str, topic: &str, queue: u32) -> Option<u64> {
        let offset = self.offsets.get(group)?.get(topic)?.get(&queue)?;
        u64::try_from(*offset).ok()
    }

    /// The topics a group has offsets in.
    pub(crate) fn topics_of_group(&self, group: &str) -> Vec<String> {
        self.offsets.get(group).map(|topics| topics.keys().cloned().collect()).unwrap_or_default()
    }

    /// The groups that have offsets in a topic.
    pub(crate) fn groups_of_topic(&self, topic: &str) -> Vec<String> {
        self.offsets
            .iter()
            .filter(|(_, topics)| topics.contains_key(topic))
            .map(|(group, _)| group.clone())
            .collect()
    }

    /// A group's offsets in a topic, by queue.
    pub(crate) fn offsets(&self, group: &str, topic: &str) -> BTreeMap<u32, i64> {
        self.offsets.get(group).and_then(|topics| topics.get(topic)).cloned().unwrap_or_default()
    }

    pub(super) fn set_offset(&mut self, group: &str, topic: &str, queue: u32, offset: i64) {
        if !self.offsets.contains_key(group) {
            self.offsets.insert(group.to_owned(), BTreeMap::new());
        }
        let Some(topics) = self.offsets.get_mut(group) else { return };
        if !topics.contains_key(topic) {
            topics.insert(topic.to_owned(), BTreeMap::new());
        }
        if let Some(queues) = topics.get_mut(topic) {
            queues.insert(queue, offset);
        }
    }

    /// Forgets the offsets in a topic; the names and queues they were kept under.
    pub(super) fn forget_topic_offsets(&mut self, topic: &str) -> Vec<(String, u32)> {
        let mut forgotten = Vec::new();
        for (group, topics) in &mut self.offsets {
            if let Some(queues) = topics.remove(topic) {
                forgotten.extend(queues.into_keys().map(|queue| (group.clone(), queue)));
            }
        }
        forgotten
    }

    /// Forgets a group's offsets; the topics and queues they were kept under.
    pub(super) fn forget_group_offsets(&mut self, group: &str) -> Vec<(String, u32)> {
        let topics = self.offsets.remove(group).unwrap_or_default();
        topics
            .into_iter()
            .flat_map(|(topic, queues)| queues.into_keys().map(move |queue| (topic.clone(), queue)))
            .collect()
    }
}
