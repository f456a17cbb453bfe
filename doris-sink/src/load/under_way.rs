//! What is known of the batches under way, one a queue.

use connector_api::{BatchId, QueueId};
use std::{collections::HashMap, sync::Arc};

/// Something about the batch under way of each queue; it is forgotten when another batch of the queue comes.
#[derive(Debug)]
pub(super) struct UnderWay<T>(HashMap<Arc<QueueId>, (BatchId, T)>);

impl<T> Default for UnderWay<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Default> UnderWay<T> {
    /// What is known of `batch`.
    pub(super) fn get(&self, batch: &BatchId) -> Option<&T> {
        self.0.get(&batch.queue).filter(|(id, _)| id == batch).map(|(_, known)| known)
    }

    /// The same, to be changed.
    pub(super) fn entry(&mut self, batch: &BatchId) -> &mut T {
        let fresh = || (batch.clone(), T::default());
        let known = self.0.entry(Arc::clone(&batch.queue)).or_insert_with(fresh);
        if known.0 != *batch {
            *known = fresh();
        }
        &mut known.1
    }

    /// `batch` is done with.
    pub(super) fn forget(&mut self, batch: &BatchId) {
        self.0.remove(&batch.queue);
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
