//! How much of a processor a worker has used.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use test_support::process::Process;

/// What `/proc` counts in: on Linux a hundredth of a second, whatever the kernel's own clock.
const TICK: Duration = Duration::from_millis(10);

/// User and system time of all its threads so far.
pub(crate) fn used(worker: &Process) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", worker.pid()))?;
    // The name, in parentheses, may have spaces; utime and stime are the 12th and 13th fields after it.
    let (_, fields) = stat.rsplit_once(')').context("no name in /proc")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(TICK * ticks)
}
