//! What the system says a process has used (`/proc/<pid>` of Linux).

use std::fs;
use std::time::Duration;

use anyhow::Context;

/// Clock ticks per second in `/proc`, the same on all Linux systems of today.
const TICKS: f64 = 100.0;

/// CPU time and memory of a process since its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    /// User and system time of all its threads.
    pub(crate) cpu: Duration,
    /// Most resident memory at any time, in bytes.
    pub(crate) peak_resident: u64,
    /// Threads now.
    pub(crate) threads: u64,
}

impl Account {
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The second field is the program's name in brackets, which may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields.iter().skip(11).take(2).map(|f| f.parse::<u64>()).sum::<Result<_, _>>()?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        Ok(Self {
            cpu: Duration::from_secs_f64(ticks as f64 / TICKS),
            peak_resident: number(&status, "VmHWM:")? * 1024,
            threads: number(&status, "Threads:")?,
        })
    }
}

fn number(status: &str, name: &str) -> anyhow::Result<u64> {
    let line =
        status.lines().find_map(|l| l.strip_prefix(name)).with_context(|| format!("no {name} line"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
