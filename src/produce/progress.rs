//! What a person sees while lines are sent; a pipe sees the counts at the end alone.

use crate::number::counted;
use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

const EVERY: Duration = Duration::from_millis(200);

/// A line of standard error that is written over and over.
#[derive(Debug)]
pub(super) struct Progress {
    shown: bool,
    began: Instant,
    last: Option<Instant>,
}

impl Progress {
    /// Shown when standard error is a terminal.
    pub(super) fn new() -> Self {
        Self { shown: std::io::stderr().is_terminal(), began: Instant::now(), last: None }
    }

    /// Shows that so many messages were acknowledged, not too often.
    pub(super) fn show(&mut self, messages: u64) {
        if self.shown && self.last.is_none_or(|last| last.elapsed() >= EVERY) {
            self.last = Some(Instant::now());
            write(&format!("\r\x1b[K{}", self.summary(messages)));
        }
    }

    /// Wipes the line.
    pub(super) fn end(&mut self) {
        if self.last.take().is_some() {
            write("\r\x1b[K");
        }
    }

    /// How many messages were acknowledged, and how fast.
    pub(super) fn summary(&self, messages: u64) -> String {
        let seconds = self.began.elapsed().as_secs_f64();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate to look at")]
        let rate = (messages as f64 / seconds.max(0.001)) as u64;
        format!(
            "{} acknowledged in {seconds:.1} s, {} a second",
            counted(messages, "line"),
            counted(rate, "line")
        )
    }
}

/// Progress that nobody can see is not worth failing for.
fn write(text: &str) {
    let mut out = std::io::stderr();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).unwrap_or_default();
}
