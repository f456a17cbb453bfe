//! What a scenario comes to, and how that is shown.

use std::fmt::Debug;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use test_support::ledger::Verdict;

use crate::mode::Mode;
use crate::scenario::{Form, Scenario};

/// How many of a list of order numbers are shown.
const SHOWN: usize = 10;

/// What a scenario that ran to its end has seen.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How often something was killed, frozen, cut or made to answer wrongly.
    pub(crate) strikes: u64,
    /// What the ledger says.
    pub(crate) verdict: Verdict,
    /// From each strike, or from healing where a fault lasts, to the first new record in the sink.
    pub(crate) recoveries: Vec<Duration>,
    /// The longest of those that were told what they came after, and what that was.
    pub(crate) slowest: Option<(Duration, String)>,
    /// Further words for the line.
    pub(crate) notes: Vec<String>,
}

impl Outcome {
    /// It took so long until new records arrived after `what` was done.
    pub(crate) fn recovered(&mut self, took: Duration, what: &dyn Debug) {
        self.recoveries.push(took);
        if self.slowest.as_ref().is_none_or(|(slowest, _)| *slowest < took) {
            self.slowest = Some((took, format!("{what:?}")));
        }
    }
}

/// How a scenario ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It ran to its end; the verdict may still be bad.
    Judged(Outcome),
    /// What it needs is not installed here.
    Skipped,
    /// It could not go on: something that had to happen did not.
    Broken(String),
}

/// Standard output. What cannot be written is nobody's to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen;

impl Screen {
    pub(crate) fn seed(self, seed: u64, form: Form, mode: Mode) {
        self.line(&format!("fault suite, {} form, seed {seed}{}", form.word(), mode.arguments()));
    }

    /// One line as libtest prints it, for tools that ask.
    pub(crate) fn list(self, scenarios: &[&Scenario]) -> ExitCode {
        scenarios.iter().for_each(|scenario| self.line(&format!("{}: test", scenario.name)));
        ExitCode::SUCCESS
    }

    /// Wrong usage.
    pub(crate) fn refuse(self, error: &anyhow::Error) -> ExitCode {
        writeln!(std::io::stderr(), "faults: {error:#}").unwrap_or_default();
        ExitCode::from(2)
    }

    /// Shows how far a scenario is that takes long.
    pub(crate) fn progress(self, so_far: &Outcome) {
        let Verdict { lost, duplicate, .. } = &so_far.verdict;
        let text = format!("  … {} so far, {} lost, {duplicate} duplicate", so_far.strikes, lost.len());
        writeln!(std::io::stderr(), "{text}").unwrap_or_default();
    }

    /// Shows how a scenario ended, and where all is not well what runs it `again`; true when all is well.
    pub(crate) fn ended(self, scenario: &Scenario, again: &str, ended: &Ended, took: Duration) -> bool {
        let name = scenario.name;
        let took = format!("({} s)", took.as_secs());
        let is_well = match ended {
            Ended::Skipped => {
                self.line(&format!("{name}: skipped, something it needs is not installed"));
                true
            }
            Ended::Judged(outcome) => {
                self.line(&format!("{name}: {} {took}", summary(scenario, outcome)));
                let Verdict { lost, twice, foreign, .. } = &outcome.verdict;
                for (what, numbers) in [("lost", lost), ("twice", twice), ("never sent", foreign)] {
                    if !numbers.is_empty() {
                        let shown: Vec<_> = numbers.iter().take(SHOWN).map(u64::to_string).collect();
                        let more = if numbers.len() > SHOWN { ", …" } else { "" };
                        self.line(&format!("  {what}: {}{more}", shown.join(", ")));
                    }
                }
                outcome.verdict.is_clean()
            }
            Ended::Broken(why) => {
                self.line(&format!("{name}: FAILED: {why} {took}"));
                false
            }
        };
        if !is_well {
            self.line(&format!("  again: {again} --only {name}"));
        }
        is_well
    }

    fn line(self, text: &str) {
        writeln!(std::io::stdout(), "{text}").unwrap_or_default();
    }
}

fn summary(scenario: &Scenario, outcome: &Outcome) -> String {
    let Outcome { strikes, verdict, recoveries, slowest, notes } = outcome;
    let mut text = format!(
        "{strikes} {}, {} acknowledged, {} rows, {} lost, {} duplicate",
        scenario.strikes,
        verdict.acknowledged,
        verdict.rows,
        verdict.lost.len(),
        verdict.duplicate
    );
    let mut sorted = recoveries.clone();
    sorted.sort();
    if let (Some(worst), Some(median)) = (sorted.last(), sorted.get(sorted.len() / 2)) {
        text.push_str(&format!(
            ", recovery worst {} ms, median {} ms ({} measured)",
            worst.as_millis(),
            median.as_millis(),
            sorted.len()
        ));
    }
    if let Some((_, what)) = slowest {
        text.push_str(&format!(", slowest after {what}"));
    }
    for note in notes {
        text.push_str("; ");
        text.push_str(note);
    }
    text
}
