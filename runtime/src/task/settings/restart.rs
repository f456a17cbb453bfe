//! When a failed task starts again by itself: `errors.restart.*`.

use super::Reader;
use std::time::Duration;

const MAX_ATTEMPTS: &str = "errors.restart.max.attempts";
const DELAY: &str = "errors.restart.delay.ms";
const MAX_DELAY: &str = "errors.restart.delay.max.ms";

/// The longest delay that can be given: a day, in milliseconds.
const LONGEST: u64 = 86_400_000;

/// When a failed task starts again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartPolicy {
    /// How often in a row it is started again (`errors.restart.max.attempts`, -1 for `None`: no limit).
    pub max_attempts: Option<u32>,
    /// The first delay; it doubles with each failure (`errors.restart.delay.ms`).
    pub delay: Duration,
    /// The longest delay (`errors.restart.delay.max.ms`).
    pub max_delay: Duration,
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self { max_attempts: None, delay: Duration::from_secs(1), max_delay: Duration::from_secs(300) }
    }
}

impl Reader<'_> {
    pub(super) fn restart(&mut self, defaults: RestartPolicy) -> RestartPolicy {
        let attempts = defaults.max_attempts.map_or(-1, |most| i32::try_from(most).unwrap_or(i32::MAX));
        let attempts = self.number(MAX_ATTEMPTS, attempts, -1, i32::MAX);
        let max_delay = self.number(MAX_DELAY, millis(defaults.max_delay), 1, LONGEST);
        // A cap below the default is meant for the default too.
        let delay = self.number(DELAY, millis(defaults.delay).min(max_delay), 1, LONGEST);
        if delay > max_delay {
            self.wrong(DELAY, format!("{delay} is more than {MAX_DELAY}, which is {max_delay}"));
        }
        RestartPolicy {
            max_attempts: u32::try_from(attempts).ok(),
            delay: Duration::from_millis(delay),
            max_delay: Duration::from_millis(max_delay),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
