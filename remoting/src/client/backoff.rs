//! How long to wait before trying again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// Delays that double from `first` to `most`, each shortened by up to half so that clients do not return all at once.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    first: Duration,
    most: Duration,
    attempts: u32,
}

impl Backoff {
    pub(super) fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, attempts: 0 }
    }

    /// The next delay.
    pub(super) fn next(&mut self) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.attempts.min(16));
        self.attempts = self.attempts.saturating_add(1);
        let delay = doubled.min(self.most);
        delay - delay.mul_f64(random_fraction() / 2.0)
    }

    /// Begin again with the shortest delay.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// How many delays were given since the beginning.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }
}

/// From 0 to 1. The standard library seeds each `RandomState` anew.
fn random_fraction() -> f64 {
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_most_and_begin_again_after_a_reset() {
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
        for full in [50, 100, 200, 400, 800, 1000, 1000] {
            let delay = backoff.next();
            let range = Duration::from_millis(full) / 2..=Duration::from_millis(full);
            assert!(range.contains(&delay), "{delay:?} of {full} ms");
        }
        assert_eq!(backoff.attempts(), 7);
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(50));
    }
}
