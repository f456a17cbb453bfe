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

/// All of them, in the order in which they run.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "kill-worker-doris",
        strikes: "kills",
        run: |trial| Box::pin(kill_worker::doris(trial)),
    },
    Scenario { name: "kill-worker-file", strikes: "kills", run: |trial| Box::pin(kill_worker::file(trial)) },
    Scenario {
        name: "kill-broker-dev",
        strikes: "kills",
        run: |trial| Box::pin(kill_broker::dev_broker(trial)),
    },
    Scenario { name: "kill-broker-java", strikes: "kills", run: |trial| Box::pin(kill_broker::java(trial)) },
    Scenario {
        name: "kill-broker-java-file",
        strikes: "kills",
        run: |trial| Box::pin(kill_broker::java_to_file(trial)),
    },
    Scenario {
        name: "name-server-away",
        strikes: "outages",
        run: |trial| Box::pin(name_server::away(trial)),
    },
    Scenario {
        name: "two-workers",
        strikes: "take-overs",
        run: |trial| Box::pin(two_workers::take_over(trial)),
    },
    Scenario {
        name: "two-workers-at-once",
        strikes: "starts",
        run: |trial| Box::pin(two_workers::start_together(trial)),
    },
    Scenario {
        name: "lines",
        strikes: "failures of lines",
        run: |trial| Box::pin(network::every_line(trial)),
    },
    Scenario {
        name: "line-java-broker",
        strikes: "failures of lines",
        run: |trial| Box::pin(network::java_broker(trial)),
    },
    Scenario {
        name: "doris-answers",
        strikes: "wrong answers",
        run: |trial| Box::pin(doris_answers::wrong_answers(trial)),
    },
    Scenario {
        name: "front-ends-away",
        strikes: "front ends away",
        run: |trial| Box::pin(doris_answers::front_ends(trial)),
    },
    Scenario { name: "disk-full", strikes: "full disks", run: |trial| Box::pin(disk_full::file(trial)) },
    Scenario { name: "slow-sink", strikes: "slow spells", run: |trial| Box::pin(slow_sink::doris(trial)) },
];
