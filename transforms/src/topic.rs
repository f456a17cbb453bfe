//! What was found out about a topic, kept for the next record, which mostly has the same one.

use std::sync::Arc;

/// The answer for the last topic that was asked about.
#[derive(Debug, Clone)]
pub(crate) struct ByTopic<T>(Option<(Arc<str>, T)>);

impl<T> Default for ByTopic<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> ByTopic<T> {
    /// The answer for `topic`, which is asked for only when it is not the last one.
    pub(crate) fn of(&mut self, topic: &Arc<str>, ask: impl FnOnce(&str) -> T) -> &T {
        let is_known = |(known, _): &(Arc<str>, T)| Arc::ptr_eq(known, topic) || known == topic;
        if !self.0.as_ref().is_some_and(is_known) {
            self.0 = None;
        }
        &self.0.get_or_insert_with(|| (Arc::clone(topic), ask(topic))).1
    }
}
