//! Changes to a table's columns, and the jobs that make those which take time.

use serde::{Deserialize, Serialize};

use super::table::Table;
use crate::clock::now_ms;

/// The columns a table is to have, and where their values come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SchemaChange {
    /// The table as it will be; its name stays.
    pub(crate) table: Table,
    /// For each column to come, the name of the one that fills it; `None` for a new one, which gets its default.
    pub(crate) from: Vec<Option<String>>,
}

impl SchemaChange {
    /// The change that leaves everything as it is.
    pub(crate) fn none(table: &Table) -> Self {
        let from = table.columns.iter().map(|column| Some(column.name.clone())).collect();
        Self { table: table.clone(), from }
    }

    /// How many columns stay as they are, the new ones following them; `None` when more than that changes.
    pub(super) fn appends_after(&self, old: &Table) -> Option<usize> {
        let kept = old.columns.len();
        let stays = self.table.columns.get(..kept)? == old.columns.as_slice()
            && self.from[..kept]
                .iter()
                .zip(&old.columns)
                .all(|(from, column)| from.as_ref() == Some(&column.name))
            && self.from[kept..].iter().all(Option::is_none)
            && self.table.columns[kept..].iter().all(|column| !column.key);
        stays.then_some(kept)
    }

    /// The columns that get another name: the old one and the new one.
    pub(super) fn renamed(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.from.iter().zip(&self.table.columns);
        pairs
            .filter_map(|(from, column)| Some((from.as_deref()?, column.name.as_str())))
            .filter(|(from, to)| from != to)
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum JobState {
    Pending,
    /// Loads that began before it have not ended.
    WaitingTxn,
    Running,
    Finished,
    Cancelled,
}

impl JobState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::WaitingTxn => "WAITING_TXN",
            Self::Running => "RUNNING",
            Self::Finished => "FINISHED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether nothing more will come of the job.
    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Finished | Self::Cancelled)
    }
}

/// A schema change as a job. Times are milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AlterJob {
    pub(crate) id: i64,
    pub(crate) table: String,
    pub(crate) state: JobState,
    pub(crate) created_at: i64,
    pub(crate) finished_at: Option<i64>,
    /// Why it was cancelled.
    pub(crate) message: String,
    /// The job waits for loads with ids below this one.
    pub(crate) watershed: i64,
    /// How often the table's columns have changed, this change included.
    pub(crate) schema_version: u32,
    pub(crate) change: SchemaChange,
}

impl AlterJob {
    /// The same job in its next state.
    pub(super) fn moved_to(mut self, state: JobState, message: &str) -> Self {
        self.state = state;
        if state.is_final() {
            self.finished_at = Some(now_ms());
            message.clone_into(&mut self.message);
        }
        self
    }
}
