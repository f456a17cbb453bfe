//! How long is waited before something is tried again.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// The delay before attempt `attempt`, from 1: doubling from 100 ms up to `most`, shortened by up to half so that tasks do
/// not come back all at once.
pub(super) fn retry_delay(attempt: u32, most: Duration) -> Duration {
    let full = Duration::from_millis(100).saturating_mul(1 << attempt.saturating_sub(1).min(16)).min(most);
    full.mul_f64(1.0 - random_fraction() / 2.0)
}

fn random_fraction() -> f64 {
    // The standard library seeds each `RandomState` anew.
    let bits = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(bits).unwrap_or(0)) / f64::from(u32::MAX)
}
