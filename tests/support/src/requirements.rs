//! What a test needs beyond cargo, and what happens when it is not there.

use std::io::Write;

use crate::java;

/// Set to `1` where everything must be installed: a missing requirement then fails the test instead of skipping it.
pub const REQUIRE_JAVA: &str = "ROCKETMQ_CONNECT_REQUIRE_JAVA";

/// Whether a test that needs Java has to be skipped; says so on standard error, past the test harness's capture.
///
/// ```no_run
/// fn a_test_against_the_real_broker() -> anyhow::Result<()> {
///     if test_support::requirements::skip_without_java()? {
///         return Ok(());
///     }
///     // …
///     Ok(())
/// }
/// ```
///
/// # Errors
/// When Java or Maven is missing although [`REQUIRE_JAVA`] is `1`.
pub fn skip_without_java() -> anyhow::Result<bool> {
    let required = std::env::var(REQUIRE_JAVA).is_ok_and(|value| value == "1");
    let Some(reason) = reason_to_skip(java::available(), required)? else { return Ok(false) };
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    writeln!(std::io::stderr(), "{test} skipped: needs java and mvn ({reason})")?;
    Ok(true)
}

fn reason_to_skip(available: Result<(), String>, required: bool) -> anyhow::Result<Option<String>> {
    match available {
        Ok(()) => Ok(None),
        Err(missing) if required => anyhow::bail!("{REQUIRE_JAVA}=1, but {missing}"),
        Err(missing) => Ok(Some(missing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_java_skips_unless_it_is_required() {
        let missing = || Err("`mvn` was not found".to_owned());
        assert_eq!(reason_to_skip(Ok(()), true).unwrap(), None);
        assert_eq!(reason_to_skip(missing(), false).unwrap(), missing().err());
        let error = reason_to_skip(missing(), true).unwrap_err();
        assert_eq!(error.to_string(), "ROCKETMQ_CONNECT_REQUIRE_JAVA=1, but `mvn` was not found");
    }
}
