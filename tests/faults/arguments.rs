//! What the command is told: its own arguments, and those that cargo hands to every test program.

use anyhow::bail;
use clap::Parser;

use crate::mode::{BadRows, Commit, Mode};
use crate::scenario::{self, Form, Scenario};

/// Kills, freezes and cuts, and counts what is lost and what is there twice.
#[derive(Debug, Parser)]
#[command(
    name = "cargo test --test faults --",
    after_help = "Exit codes: 0 nothing lost and nothing twice, 1 otherwise, 2 wrong usage."
)]
pub(crate) struct Arguments {
    /// The number that every random choice follows from; one is made up and printed when none is given
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// The long form: 1,000 kills of the worker
    #[arg(long)]
    long: bool,
    /// Load Doris in two phases, in every scenario that loads it
    #[arg(long)]
    two_phases: bool,
    /// Mix in orders that Doris does not take, in every scenario that loads it
    #[arg(long)]
    bad_rows: bool,
    /// Only the scenario of that name; can be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Print the names of the scenarios and end
    #[arg(long)]
    pub(crate) list: bool,
    /// Only scenarios whose name contains one of these
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,

    // What `cargo test` passes on to every test program.
    #[arg(long, hide = true)]
    exact: bool,
    #[arg(long, hide = true)]
    ignored: bool,
    #[arg(long, hide = true)]
    skip: Vec<String>,
    #[arg(long, hide = true)]
    include_ignored: bool,
    #[arg(long, hide = true)]
    nocapture: bool,
    #[arg(long, hide = true)]
    no_capture: bool,
    #[arg(long, hide = true)]
    show_output: bool,
    #[arg(short, long, hide = true)]
    quiet: bool,
    #[arg(long, hide = true)]
    test_threads: Option<usize>,
    #[arg(long, hide = true)]
    color: Option<String>,
    #[arg(long, hide = true)]
    format: Option<String>,
}

impl Arguments {
    /// Those of this process. Wrong usage ends it with 2.
    pub(crate) fn read() -> Self {
        Self::parse()
    }

    pub(crate) fn form(&self) -> Form {
        if self.long { Form::Long } else { Form::Short }
    }

    pub(crate) fn mode(&self) -> Mode {
        Mode {
            commit: if self.two_phases { Commit::TwoPhases } else { Commit::AtOnce },
            bad_rows: if self.bad_rows { BadRows::Mixed } else { BadRows::None },
        }
    }

    /// The command that runs one scenario again, but for its name.
    pub(crate) fn again(&self, seed: u64) -> String {
        let release = if cfg!(debug_assertions) { "" } else { " --release" };
        let long = if self.long { " --long" } else { "" };
        let mode = self.mode().arguments();
        format!("cargo test{release} --test faults -- --seed {seed}{long}{mode}")
    }

    /// The scenarios to run, in the order of the list.
    ///
    /// # Errors
    /// Names a scenario of `--only` that there is not, and those that there are.
    pub(crate) fn chosen(&self) -> anyhow::Result<Vec<&'static Scenario>> {
        let names: Vec<_> = scenario::ALL.iter().map(|scenario| scenario.name).collect();
        if let Some(unknown) = self.only.iter().find(|name| !names.contains(&name.as_str())) {
            bail!("there is no scenario {unknown:?}; there are {}", names.join(", "));
        }
        let is_chosen = |scenario: &&Scenario| {
            let matches = |filter: &String| match self.exact {
                true => scenario.name == *filter,
                false => scenario.name.contains(filter.as_str()),
            };
            !self.ignored
                && (self.only.is_empty() || self.only.iter().any(|name| name == scenario.name))
                && (self.filters.is_empty() || self.filters.iter().any(matches))
                && !self.skip.iter().any(matches)
        };
        Ok(scenario::ALL.iter().filter(is_chosen).collect())
    }
}
