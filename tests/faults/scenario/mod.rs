//! The scenarios.
//!
//! To add one: a file beside this one with `pub(crate) async fn name(trial: Trial) -> anyhow::Result<Option<Outcome>>`, which
//! answers `None` when what it needs is not installed, and one line in [`ALL`].

mod changes;
mod death;
mod disk_full;
mod doris_answers;
mod freeze;
mod kill_broker;
mod kill_worker;
mod moment;
mod name_server;
mod network;
mod slow_sink;
mod two_workers;

use std::future::Future;
use std::pin::Pin;

use test_support::dice::Dice;

use crate::mode::Mode;
use crate::report::Outcome;

/// What a scenario comes to; `None` when what it needs is not installed.
type Ending = Pin<Box<dyn Future<Output = anyhow::Result<Option<Outcome>>>>>;

/// A scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// By which it is chosen.
    pub(crate) name: &'static str,
    /// What it does, in the plural.
    pub(crate) strikes: &'static str,
    /// Runs it.
    pub(crate) run: fn(Trial) -> Ending,
}

/// What a scenario is given.
#[derive(Debug)]
pub(crate) struct Trial {
    /// All its random choices.
    pub(crate) dice: Dice,
    /// How much of it there is to be.
    pub(crate) form: Form,
    /// How Doris is loaded.
    pub(crate) mode: Mode,
}

/// How much there is of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// All scenarios together within eight minutes.
    Short,
    /// As much as it takes to believe it.
    Long,
}

impl Form {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
        }
    }

    /// One of two, by form.
    pub(crate) fn pick<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

macro_rules! scenarios {
    ($($name:literal, $strikes:literal, $run:path;)*) => {
        &[$(Scenario { name: $name, strikes: $strikes, run: |trial| Box::pin($run(trial)) }),*]
    };
}

/// All of them, in the order in which they run.
pub(crate) const ALL: &[Scenario] = scenarios! {
    "kill-worker-doris", "deaths", kill_worker::doris;
    "kill-worker-bad-rows", "deaths", kill_worker::bad_rows;
    "kill-worker-two-phases", "deaths", kill_worker::two_phases;
    "kill-worker-file", "deaths", kill_worker::file;
    "kill-broker-dev", "kills", kill_broker::dev_broker;
    "kill-broker-java", "kills", kill_broker::java;
    "kill-broker-java-file", "kills", kill_broker::java_to_file;
    "name-server-away", "outages", name_server::away;
    "two-workers", "take-overs", two_workers::take_over;
    "two-workers-at-once", "starts", two_workers::start_together;
    "lines", "failures of lines", network::every_line;
    "line-java-broker", "failures of lines", network::java_broker;
    "doris-answers", "wrong answers", doris_answers::wrong_answers;
    "front-ends-away", "front ends away", doris_answers::front_ends;
    "disk-full", "full disks", disk_full::file;
    "slow-sink", "slow spells", slow_sink::doris;
};
