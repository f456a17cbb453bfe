//! Trying again, and how long is waited before.

use super::{Report, error::TaskError, thread::TaskSpec};
use crate::causes;
use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};
use tokio::time::Instant;

/// Tries until it succeeds, or fails in a way that does not pass.
pub(super) async fn insist<T, E: Into<TaskError>>(
    spec: &TaskSpec,
    report: &dyn Fn(Report),
    attempt: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, TaskError> {
    insist_until(spec, report, None, attempt).await
}

/// The same, but not beyond some time.
pub(super) async fn insist_until<T, E: Into<TaskError>>(
    spec: &TaskSpec,
    report: &dyn Fn(Report),
    until: Option<Instant>,
    mut attempt: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, TaskError> {
    let mut failures = 0;
    loop {
        match attempt().await.map_err(Into::into) {
            Err(error) if error.is_transient() && until.is_none_or(|until| Instant::now() < until) => {
                failures += 1;
                report(Report::Trouble(causes(&error)));
                tokio::time::sleep(retry_delay(failures, spec.settings.errors.max_delay)).await;
            }
            outcome => return outcome,
        }
    }
}

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
