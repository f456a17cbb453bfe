//! When a failed task starts again.

use crate::{
    host::Restart,
    task::{Failure, settings::RestartPolicy},
};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The longest delay after a failure that passes by itself: who was away for an hour is served soon after the return.
const PASSING_MOST: Duration = Duration::from_secs(10);

/// A task that was well for so long, and for twice the delay that it last waited, had got over what made it fail before.
const HEALTHY: Duration = Duration::from_secs(60);

/// Growing, capped delays, as often as the configuration allows. They begin again once a task was healthy, or when an
/// operator says so.
#[derive(Debug)]
pub(super) struct Backoff {
    policy: RestartPolicy,
    attempt: u32,
    /// How long it waited before its last start.
    waited: Duration,
    given_up: Option<GivenUp>,
}

/// Why a task does not start again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenUp {
    /// It has failed as often in a row as the configuration allows.
    Attempts(u32),
    /// Its queues are another worker's.
    Superseded,
    /// More records cannot be delivered than are tolerated.
    Intolerable,
}

impl Backoff {
    pub(super) fn new(policy: RestartPolicy) -> Self {
        Self { policy, attempt: 0, waited: Duration::ZERO, given_up: None }
    }

    /// After a failure of a task that had taken records for `well`, without anything in its way: when to start it again, and what to show of that.
    pub(super) fn after_failure(&mut self, well: Duration, failure: Failure) -> (Option<Instant>, Restart) {
        if well > HEALTHY.max(self.waited.saturating_mul(2)) {
            self.attempt = 0;
        }
        self.attempt = self.attempt.saturating_add(1);
        let delay = match failure {
            Failure::Passing => self.delay().min(PASSING_MOST),
            Failure::Lasting | Failure::Superseded | Failure::Intolerable => self.delay(),
        };
        self.waited = delay;
        self.given_up = match (failure, self.policy.max_attempts) {
            (Failure::Superseded, _) => Some(GivenUp::Superseded),
            (Failure::Intolerable, _) => Some(GivenUp::Intolerable),
            (_, Some(most)) if self.attempt > most => Some(GivenUp::Attempts(most)),
            _ => None,
        };
        let goes_on = self.given_up.is_none();
        let restart = Restart {
            attempt: self.attempt,
            max_attempts: self.policy.max_attempts,
            next: goes_on.then(|| SystemTime::now() + delay),
        };
        (goes_on.then(|| Instant::now() + delay), restart)
    }

    /// Why it does not start again by itself; nothing when it does.
    pub(super) fn given_up(&self) -> Option<GivenUp> {
        self.given_up
    }

    /// As if it had never failed.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::new(self.policy);
    }

    fn delay(&self) -> Duration {
        let doubled = self.policy.delay.saturating_mul(1 << self.attempt.saturating_sub(1).min(20));
        doubled.min(self.policy.max_delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(max_attempts: Option<u32>, max_delay: u64) -> Backoff {
        let max_delay = Duration::from_secs(max_delay);
        Backoff::new(RestartPolicy { max_attempts, delay: Duration::from_secs(1), max_delay })
    }

    /// The attempt, and the seconds until the next start.
    fn fail(backoff: &mut Backoff, ran: u64, failure: Failure) -> (u32, Option<f64>) {
        let (due, restart) = backoff.after_failure(Duration::from_secs(ran), failure);
        assert_eq!(due.is_some(), restart.next.is_some());
        let until = |due: Instant| due.saturating_duration_since(Instant::now()).as_secs_f64().round();
        (restart.attempt, due.map(until))
    }

    #[test]
    fn delays_grow_to_the_cap_and_begin_again_after_health() {
        let mut backoff = backoff(None, 50);
        let mut fail = |ran| fail(&mut backoff, ran, Failure::Lasting);
        assert_eq!(fail(0), (1, Some(1.0)));
        assert_eq!(fail(0), (2, Some(2.0)));
        assert_eq!(fail(30), (3, Some(4.0)), "half a minute is not health");
        assert_eq!((fail(0), fail(0), fail(0)), ((4, Some(8.0)), (5, Some(16.0)), (6, Some(32.0))));
        assert_eq!(fail(63), (7, Some(50.0)), "nor is less than twice the delay");
        assert_eq!(fail(101), (1, Some(1.0)));
        assert_eq!(fail(61), (1, Some(1.0)));
    }

    #[test]
    fn what_passes_by_itself_is_tried_again_within_ten_seconds() {
        let last = |failure| {
            let mut backoff = backoff(None, 300);
            (0..20).map(|_| fail(&mut backoff, 0, failure)).last().unwrap()
        };
        assert_eq!(last(Failure::Passing), (20, Some(10.0)));
        assert_eq!(last(Failure::Lasting), (20, Some(300.0)));
    }

    #[test]
    fn a_minute_of_health_is_enough_after_a_long_outage_that_passed() {
        let mut backoff = backoff(Some(30), 300);
        let mut fail = |ran, failure| fail(&mut backoff, ran, failure);
        let outage = (0..20).map(|_| fail(0, Failure::Passing)).last();
        assert_eq!(outage, Some((20, Some(10.0))));
        assert_eq!(fail(60, Failure::Passing), (21, Some(10.0)), "a minute is not more than one");
        assert_eq!(fail(61, Failure::Passing), (1, Some(1.0)));
    }

    #[test]
    fn after_a_failure_that_lasts_twice_its_delay_is_needed_whatever_comes_next() {
        let mut backoff = backoff(None, 300);
        let mut fail = |ran, failure| fail(&mut backoff, ran, failure);
        let failures = (0..20).map(|_| fail(0, Failure::Lasting)).last();
        assert_eq!(failures, Some((20, Some(300.0))));
        assert_eq!(fail(599, Failure::Passing), (21, Some(10.0)));
        assert_eq!(fail(59, Failure::Lasting), (22, Some(300.0)));
        assert_eq!(fail(601, Failure::Lasting), (1, Some(1.0)));
    }

    #[test]
    fn a_task_that_runs_for_a_while_each_time_uses_up_its_attempts() {
        for failure in [Failure::Passing, Failure::Lasting] {
            let mut backoff = backoff(Some(8), 300);
            let last = (0..9).map(|_| fail(&mut backoff, 60, failure)).last();
            assert_eq!((last, backoff.given_up()), (Some((9, None)), Some(GivenUp::Attempts(8))));
        }
    }

    #[test]
    fn attempts_are_used_up_until_an_operator_says_so() {
        let mut backoff = backoff(Some(2), 300);
        assert_eq!(fail(&mut backoff, 0, Failure::Lasting), (1, Some(1.0)));
        assert_eq!(fail(&mut backoff, 0, Failure::Passing), (2, Some(2.0)));
        assert_eq!(backoff.given_up(), None);
        assert_eq!(fail(&mut backoff, 0, Failure::Lasting), (3, None));
        assert_eq!(backoff.given_up(), Some(GivenUp::Attempts(2)));
        backoff.begin_anew();
        assert_eq!(fail(&mut backoff, 0, Failure::Lasting), (1, Some(1.0)));
    }

    #[test]
    fn with_no_attempts_the_first_failure_is_the_last() {
        assert_eq!(fail(&mut backoff(Some(0), 300), 3600, Failure::Passing), (1, None));
    }

    #[test]
    fn what_another_worker_has_is_not_taken_back() {
        let mut backoff = backoff(None, 300);
        assert_eq!(fail(&mut backoff, 3600, Failure::Superseded), (1, None));
        assert_eq!(backoff.given_up(), Some(GivenUp::Superseded));
    }
}
