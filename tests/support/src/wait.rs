//! Waiting on a condition with a deadline, in place of sleeping.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// Time between two looks at a condition.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks at `condition` until it answers `Ok`, and returns what it found.
///
/// The condition answers `Err` with what it saw instead, which ends up in the error when time runs out.
///
/// ```
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> anyhow::Result<()> {
/// let mut looks = 0;
/// let found = test_support::wait::until(Duration::from_secs(5), "the third look", async || {
///     looks += 1;
///     if looks == 3 { Ok(looks) } else { Err(format!("look {looks}")) }
/// })
/// .await?;
/// assert_eq!(found, 3);
/// # Ok(()) }
/// ```
///
/// # Errors
/// After `deadline`, names `what` was awaited and the last thing seen. A look that never ends counts as unmet.
pub async fn until<T, E, C>(deadline: Duration, what: &str, mut condition: C) -> anyhow::Result<T>
where
    C: AsyncFnMut() -> Result<T, E>,
    E: Display,
{
    let end = Instant::now() + deadline;
    let mut seen = String::from("nothing, the first look did not end");
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match tokio::time::timeout(left, condition()).await {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(instead)) => seen = instead.to_string(),
            Err(_elapsed) => {}
        }
        if end.saturating_duration_since(Instant::now()) < INTERVAL {
            anyhow::bail!("waited {deadline:?} for {what}; last seen: {seen}");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// [`until`] for a condition that is only true or false.
///
/// # Errors
/// After `deadline`, names `what` was awaited.
pub async fn until_true<C>(deadline: Duration, what: &str, mut condition: C) -> anyhow::Result<()>
where
    C: AsyncFnMut() -> bool,
{
    until(deadline, what, async || if condition().await { Ok(()) } else { Err("not yet") }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_condition_never_met_names_what_was_awaited_and_last_seen() {
        let mut looks = 0;
        let error = until(Duration::from_millis(100), "the impossible", async || {
            looks += 1;
            Err::<(), _>(format!("{} looks", if looks > 0 { "some" } else { "no" }))
        })
        .await
        .unwrap_err();
        assert_eq!(error.to_string(), "waited 100ms for the impossible; last seen: some looks");
    }

    #[tokio::test]
    async fn a_look_that_never_ends_is_cut_off_at_the_deadline() {
        let error = until(Duration::from_millis(50), "an answer", std::future::pending::<Result<(), &str>>)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("an answer"), "{error}");
    }
}
