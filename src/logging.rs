//! Logs: one line an event, to standard error.

use crate::failure::Failure;
use anyhow::Context;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

const VARIABLE: &str = "RUST_LOG";
const DEFAULT: &str = "info";

/// Starts logging what `filter`, or else the environment, asks for.
pub(crate) fn start(filter: Option<&str>) -> Result<(), Failure> {
    let (text, given_by) = match (filter, std::env::var(VARIABLE)) {
        (Some(text), _) => (text.to_owned(), "--log-level"),
        (None, Ok(text)) if !text.is_empty() => (text, VARIABLE),
        (None, _) => (DEFAULT.to_owned(), VARIABLE),
    };
    let filter = EnvFilter::builder()
        .parse(&text)
        .with_context(|| format!("{given_by} {text:?} is not a filter such as debug or info,runtime=debug"));
    tracing_subscriber::fmt()
        .with_env_filter(filter.map_err(Failure::usage)?)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    Ok(())
}
