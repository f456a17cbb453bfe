//! Ending the tasks of a connector: those that can finish in time, then the others.

use super::{connector::Connector, slot::Slot};
use crate::{host::TaskPhase, task::Order};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long an abandoned task may take to let go.
const GRACE: Duration = Duration::from_millis(500);

impl Connector {
    /// Ends all tasks: those that can finish in time, then the others.
    pub(super) async fn stop(&mut self, slots: &mut [Slot]) {
        self.left_behind.clear();
        for (slot, index) in slots.iter_mut().zip(0..) {
            slot.stop();
            if slot.is_running() {
                self.change(index, Box::new(|view| view.phase = TaskPhase::Stopping));
            }
        }
        self.until_ended(slots, Instant::now() + self.shared.options.stop_timeout).await;
        if slots.iter().any(Slot::is_running) {
            self.shared.gave_up();
            for slot in &*slots {
                slot.order(Order::Abandon);
            }
            let grace = Instant::now() + GRACE;
            while slots.iter().any(Slot::is_running) {
                tokio::select! {
                    Some((tag, report)) = self.reports.recv() => self.heed(slots, tag, report),
                    () = tokio::time::sleep_until(grace) => break,
                }
            }
        }
        for (slot, index) in slots.iter_mut().zip(0..) {
            if let Some(change) = slot.leave_behind() {
                self.left_behind.insert(index);
                self.change(index, change);
            }
        }
    }

    async fn until_ended(&mut self, slots: &mut [Slot], stop_deadline: Instant) {
        let board = Arc::clone(&self.shared.board);
        while slots.iter().any(Slot::is_running) {
            let leave = *self.leave.borrow_and_update();
            let deadline = leave.map_or(stop_deadline, |leave| leave.min(stop_deadline));
            tokio::select! {
                biased;
                Some((tag, report)) = self.reports.recv() => self.heed(slots, tag, report),
                () = board.given_up().cancelled() => return,
                () = tokio::time::sleep_until(deadline) => return,
                _ = self.leave.changed() => {}
            }
        }
    }
}
