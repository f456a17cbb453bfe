//! One queue: its bounds, and who waits for them to move.

use tokio::sync::watch;

use super::Place;

/// The offsets a queue holds: `min..max`; `max` is the offset the next message gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bounds {
    pub(crate) min: u64,
    pub(crate) max: u64,
}

/// A queue of a topic. Only the store's writer moves its bounds.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) place: Place,
    bounds: watch::Sender<Bounds>,
}

impl Queue {
    pub(super) fn new(place: Place, bounds: Bounds) -> Self {
        Self { place, bounds: watch::Sender::new(bounds) }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        *self.bounds.borrow()
    }

    /// Sees every later change of the bounds.
    pub(crate) fn watch(&self) -> watch::Receiver<Bounds> {
        self.bounds.subscribe()
    }

    /// Makes messages below `max` visible and wakes who waits for them.
    pub(super) fn publish(&self, max: u64) {
        self.bounds.send_modify(|bounds| bounds.max = max);
    }

    /// Has everyone who waits look again: the topic is gone.
    pub(super) fn wake(&self) {
        self.bounds.send_modify(|_| ());
    }

    pub(super) fn trim(&self, min: u64) {
        self.bounds.send_modify(|bounds| bounds.min = min);
    }
}
