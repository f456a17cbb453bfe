//! When a failed task starts again.

use crate::{host::Restart, task::Failure};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The longest delay after a failure that passes by itself: who was away for an hour is served soon after the return.
const PASSING_MOST: Duration = Duration::from_secs(10);

/// Growing, capped delays. They begin again once a task has run long enough to count as healthy.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    most: Duration,
    attempt: u32,
}

impl Backoff {
    pub(super) fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, attempt: 0 }
    }

    /// After a failure of a task that had run for `lasted`: when to start it again, and what to show of that.
    pub(super) fn after_failure(&mut self, lasted: Duration, failure: Failure) -> (Instant, Restart) {
        // One that fails again about as soon as it was started is not healthy.
        if lasted > self.delay() * 2 {
            self.attempt = 0;
        }
        self.attempt = self.attempt.saturating_add(1);
        let delay = match failure {
            Failure::Passing => self.delay().min(PASSING_MOST),
            Failure::Lasting | Failure::Superseded => self.delay(),
        };
        let restart = Restart { attempt: self.attempt, next: SystemTime::now() + delay };
        (Instant::now() + delay, restart)
    }

    fn delay(&self) -> Duration {
        self.first.saturating_mul(1 << self.attempt.saturating_sub(1).min(20)).min(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_cap_and_begin_again_after_health() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        let mut fail = |lasted| {
            let (due, restart) = backoff.after_failure(Duration::from_secs(lasted), Failure::Lasting);
            let delay = due.saturating_duration_since(Instant::now()).as_secs_f64().round();
            (restart.attempt, delay)
        };
        assert_eq!(fail(0), (1, 1.0));
        assert_eq!(fail(0), (2, 2.0));
        assert_eq!(fail(3), (3, 4.0));
        assert_eq!(fail(0), (4, 5.0));
        assert_eq!(fail(60), (1, 1.0));
    }

    #[test]
    fn what_passes_by_itself_is_tried_again_within_ten_seconds() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(300));
        let mut delay = |failure| {
            let (due, _) = (0..20).map(|_| backoff.after_failure(Duration::ZERO, failure)).last().unwrap();
            due.saturating_duration_since(Instant::now()).as_secs_f64().round()
        };
        assert_eq!(delay(Failure::Passing), 10.0);
        assert_eq!(delay(Failure::Lasting), 300.0);
    }
}
