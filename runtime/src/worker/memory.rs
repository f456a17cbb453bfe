//! The worker's memory for messages, divided among its tasks.

use crate::fetch::Budget;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Below this a task could not work; the worker's bound is exceeded rather, and the log says so.
const LEAST: usize = 256 * 1024;

/// One part in so many of the memory is for messages which wait. The rest is for what readers have under way, for the frames around
/// messages, and for the copy that a sink makes of a batch.
const FOR_MESSAGES: usize = 2;

/// Gives every task the same share, so that one whose sink is stuck takes nothing from the others.
#[derive(Debug)]
pub(super) struct Memory {
    worker: usize,
    task: usize,
    budgets: Mutex<Vec<Weak<Budget>>>,
}

impl Memory {
    /// `worker` bytes for all tasks together, at most `task` for each.
    pub(super) fn new(worker: usize, task: usize) -> Self {
        Self { worker: worker / FOR_MESSAGES, task: task / FOR_MESSAGES, budgets: Mutex::default() }
    }

    /// The budget of one task more. All shares become smaller; they grow again when a task has ended and another begins.
    pub(super) fn budget(&self) -> Arc<Budget> {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = Budget::new(self.task);
        budgets.retain(|known| known.strong_count() > 0);
        budgets.push(Arc::downgrade(&budget));
        let share = self.worker / budgets.len();
        if share < LEAST {
            tracing::warn!(
                tasks = budgets.len(),
                worker_memory = self.worker,
                "too many tasks for worker.memory.bytes: more is used"
            );
        }
        for known in budgets.iter().filter_map(Weak::upgrade) {
            known.set_limit(share.clamp(LEAST.min(self.task), self.task));
        }
        budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_share_what_there_is() {
        let memory = Memory::new(20 << 20, 12 << 20);
        let first = memory.budget();
        assert_eq!(first.limit(), 6 << 20);
        let second = memory.budget();
        assert_eq!((first.limit(), second.limit()), (5 << 20, 5 << 20));
        drop(first);
        let third = memory.budget();
        assert_eq!((second.limit(), third.limit()), (5 << 20, 5 << 20));
    }
}
