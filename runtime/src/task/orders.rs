//! What a task is told to do, and work that ends because of it.

use super::{Order, error::Halt};
use tokio::sync::watch;

/// The order of the moment, and those to come. Once nobody is left to give any, all work ends.
#[derive(Debug, Clone)]
pub(super) struct Orders(watch::Receiver<Order>);

impl Orders {
    pub(super) fn new(orders: watch::Receiver<Order>) -> Self {
        Self(orders)
    }

    /// What is ordered now.
    pub(super) fn now(&self) -> Order {
        *self.0.borrow()
    }

    /// Whether nobody is left who could order anything else.
    pub(super) fn are_over(&self) -> bool {
        self.0.has_changed().is_err()
    }

    /// Returns once something else is ordered than to do so.
    pub(super) async fn other_than(&self, order: Order) {
        // An error means that they are over.
        drop(self.0.clone().wait_for(|now| *now != order).await);
    }

    /// What `work` comes to, unless it is dropped because of such an order.
    pub(super) async fn unless<T>(
        &self,
        is_reason: impl Fn(Order) -> bool,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        let mut orders = self.0.clone();
        tokio::select! {
            biased;
            _ = orders.wait_for(|order| is_reason(*order)) => None,
            done = work => Some(done),
        }
    }

    /// What `work` comes to, unless it is dropped because the task is not to run any more.
    pub(super) async fn while_running<T>(&self, work: impl Future<Output = T>) -> Result<T, Halt> {
        self.unless(|order| order != Order::Run, work).await.ok_or(Halt::Ordered)
    }

    /// What `work` comes to, unless it is dropped because the task is abandoned.
    pub(super) async fn unless_abandoned<T>(&self, work: impl Future<Output = T>) -> Result<T, Halt> {
        self.unless(|order| order == Order::Abandon, work).await.ok_or(Halt::Ordered)
    }
}
