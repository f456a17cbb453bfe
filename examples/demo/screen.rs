//! What the demo shows: headings, a bar that grows, dates. Standard output alone; logs are elsewhere.

use rocketmq_connect::number::grouped;
use std::io::{IsTerminal, Write};

const BAR: usize = 40;

/// Standard output, plain or with bold headings on a terminal.
#[derive(Debug)]
pub(crate) struct Screen {
    terminal: bool,
    steps: u32,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self { terminal: std::io::stdout().is_terminal(), steps: 0 }
    }

    /// One line.
    pub(crate) fn line(&self, text: &str) {
        write(&format!("{text}\n"));
    }

    /// The heading of the next step.
    pub(crate) fn step(&mut self, text: &str) {
        self.steps += 1;
        let heading = format!("{}. {text}", self.steps);
        let heading = if self.terminal { format!("\x1b[1m{heading}\x1b[0m") } else { heading };
        write(&format!("\n{heading}\n"));
    }

    /// A bar that is drawn over the one before; without a terminal only the full one is shown.
    pub(crate) fn bar(&self, done: u64, all: u64) {
        let full = done >= all;
        if !self.terminal && !full {
            return;
        }
        let filled = usize::try_from(done.min(all) * BAR as u64 / all.max(1)).unwrap_or(BAR);
        let bar = format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled));
        let start = if self.terminal { "\r" } else { "" };
        let end = if full { "\n" } else { "" };
        write(&format!("{start}   {bar} {} of {} rows{end}", grouped(done), grouped(all)));
    }
}

/// Nobody is left to show it to when standard output is gone.
fn write(text: &str) {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or_default();
}

/// `2018-02-06 15:50 UTC` for milliseconds since 1970.
pub(crate) fn minute(millis: i64) -> String {
    let minutes = millis.div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    let (year, month, day) = date(days);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", minute / 60, minute % 60)
}

/// The date that lies so many days after 1970-01-01: eras of 400 years that begin on a first of March.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}
