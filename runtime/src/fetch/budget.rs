//! Memory that a task may use for messages.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A number of bytes that can be taken and given back.
#[derive(Debug)]
pub struct Budget {
    state: Mutex<State>,
    freed: Notify,
    wanted: Notify,
}

#[derive(Debug)]
struct State {
    limit: usize,
    used: usize,
    waiting: usize,
}

/// Bytes taken from a budget, given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        let state = Mutex::new(State { limit, used: 0, waiting: 0 });
        Arc::new(Self { state, freed: Notify::new(), wanted: Notify::new() })
    }

    /// How much it is in all, in bytes.
    pub fn limit(&self) -> usize {
        self.state().limit
    }

    /// Makes it larger or smaller; what is taken stays taken.
    pub fn set_limit(&self, limit: usize) {
        self.state().limit = limit;
        self.freed.notify_waiters();
    }

    /// Takes `bytes`, waiting until there are so many. More than the whole budget is given when all of it is free, so that a
    /// message larger than the budget still passes.
    pub async fn reserve(self: &Arc<Self>, bytes: usize) -> Reservation {
        let mut waiting = None;
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            {
                let mut state = self.state();
                if state.used == 0 || state.used + bytes <= state.limit {
                    state.used += bytes;
                    return Reservation { budget: Arc::clone(self), bytes };
                }
            }
            waiting.get_or_insert_with(|| Waiting::begin(self));
            freed.await;
        }
    }

    /// A reservation of no bytes.
    pub fn nothing(self: &Arc<Self>) -> Reservation {
        Reservation { budget: Arc::clone(self), bytes: 0 }
    }

    /// Whether somebody waits for it.
    pub fn is_short(&self) -> bool {
        self.state().waiting > 0
    }

    /// Returns once somebody begins to wait for it. Cancel-safe.
    pub async fn until_short(&self) {
        while !self.is_short() {
            self.wanted.notified().await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts somebody who waits, also when the waiting is given up.
struct Waiting<'a>(&'a Budget);

impl<'a> Waiting<'a> {
    fn begin(budget: &'a Budget) -> Self {
        budget.state().waiting += 1;
        budget.wanted.notify_one();
        Self(budget)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

impl Reservation {
    /// Adds another reservation of the same budget to this one.
    pub fn add(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// Takes up to `bytes` out of this one.
    #[must_use]
    pub fn split(&mut self, bytes: usize) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self { budget: Arc::clone(&self.budget), bytes }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.state().used -= self.bytes;
            self.budget.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn what_is_taken_is_waited_for_until_it_is_given_back() {
        let budget = Budget::new(100);
        let mut first = budget.reserve(80).await;
        let mut second = Box::pin(budget.reserve(30));
        assert!(second.as_mut().now_or_never().is_none(), "only 20 are left");
        assert!(budget.is_short());
        drop(first.split(10));
        assert!(second.as_mut().now_or_never().is_some(), "30 are left");
        drop(second);
        assert!(!budget.is_short());
    }

    #[tokio::test]
    async fn one_larger_than_all_passes_alone() {
        let budget = Budget::new(100);
        let large = budget.reserve(500).await;
        assert!(budget.reserve(1).now_or_never().is_none());
        drop(large);
        assert!(budget.reserve(1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_waiting_that_is_given_up_is_not_counted() {
        let budget = Budget::new(1);
        let _all = budget.reserve(1).await;
        assert!(budget.reserve(1).now_or_never().is_none());
        assert!(!budget.is_short());
    }
}
