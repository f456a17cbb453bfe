//! How records go to Doris, and whether some among them are none that it takes: chosen for a whole run, so that every
//! scenario is one of every mode that promises exactly once.

use serde_json::{Value, json};

/// How a connector loads Doris, and what it gets to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Mode {
    pub(crate) commit: Commit,
    pub(crate) bad_rows: BadRows,
}

/// How loads become visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Commit {
    /// At once; a label keeps them from coming twice.
    #[default]
    AtOnce,
    /// In two phases.
    TwoPhases,
}

/// Whether there are orders among the others that the sink's target does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum BadRows {
    #[default]
    None,
    Mixed,
}

impl Mode {
    /// What it needs in the configuration of a connector that loads Doris.
    pub(crate) fn configure(self, config: &mut Value) {
        if self.commit == Commit::TwoPhases {
            config["enable.2pc"] = json!("true");
        }
        if self.bad_rows == BadRows::Mixed {
            config["errors.tolerance"] = json!("all");
        }
    }

    /// The arguments that choose it, each with a space before it.
    pub(crate) fn arguments(self) -> String {
        let two_phases = (self.commit == Commit::TwoPhases).then_some(" --two-phases");
        let bad_rows = (self.bad_rows == BadRows::Mixed).then_some(" --bad-rows");
        two_phases.into_iter().chain(bad_rows).collect()
    }
}

impl BadRows {
    /// In every so many turns there is one: each costs some trials, which a sink in a test build has to have time for.
    const EVERY: usize = 30;

    /// The body of the bad order that goes with this turn: it has no number, which the table does not take, and is in no ledger.
    pub(crate) fn at(self, turn: usize) -> Option<String> {
        let is_due = self == Self::Mixed && turn.is_multiple_of(Self::EVERY);
        is_due.then(|| format!(r#"{{"customer":"nobody {turn}","note":"an order without a number"}}"#))
    }
}
