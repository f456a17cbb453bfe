//! What a client needs to be run, and what happens when it is not there.

use std::io::Write;
use std::process::Command;

/// Set to `1` where everything must be installed: a missing client then fails its test instead of skipping it.
const REQUIRE: &str = "DORIS_STANDIN_REQUIRE_CLIENTS";

/// Whether the test has to be skipped; says so on standard error, past the test harness's capture.
pub(crate) fn skip<T>(found: &Result<T, String>) -> bool {
    let Err(reason) = found else { return false };
    let required = std::env::var(REQUIRE).is_ok_and(|value| value == "1");
    assert!(!required, "{REQUIRE}=1, but {reason}");
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    // Nobody is left to tell when stderr is gone.
    writeln!(std::io::stderr(), "{test} skipped: {reason}").unwrap_or_default();
    true
}

/// A program that can be run.
pub(crate) fn program(name: &'static str) -> Result<&'static str, String> {
    let version = if name == "java" { "-version" } else { "--version" };
    match Command::new(name).arg(version).output() {
        Ok(output) if output.status.success() => Ok(name),
        Ok(output) => Err(format!("`{name} {version}` ended with {}", output.status)),
        Err(error) => Err(format!("`{name}` cannot be run: {error}")),
    }
}
