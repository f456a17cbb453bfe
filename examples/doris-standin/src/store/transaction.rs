//! Load transactions and their labels, the same view for all three ports.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::Retention;
use crate::clock::now_ms;

/// Where a transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum State {
    /// Begun; kept in memory only, so a restart forgets it.
    Prepare,
    /// Durable but undecided.
    Precommitted,
    /// Decided but not yet visible to queries.
    Committed,
    Visible,
    Aborted,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Prepare => "PREPARE",
            Self::Precommitted => "PRECOMMITTED",
            Self::Committed => "COMMITTED",
            Self::Visible => "VISIBLE",
            Self::Aborted => "ABORTED",
        }
    }

    /// `ExistingJobStatus` for a clash with a transaction in this state.
    pub(crate) fn job_status(self) -> &'static str {
        match self {
            Self::Committed | Self::Visible => "FINISHED",
            Self::Precommitted => "PRECOMMITTED",
            Self::Prepare | Self::Aborted => "RUNNING",
        }
    }

    pub(crate) fn is_final(self) -> bool {
        matches!(self, Self::Visible | Self::Aborted)
    }
}

/// A load's transaction. Times are milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Transaction {
    pub(crate) id: i64,
    pub(crate) label: String,
    pub(crate) table: String,
    pub(crate) user: String,
    pub(crate) state: State,
    pub(crate) reason: String,
    pub(crate) total_rows: u64,
    pub(crate) loaded_rows: u64,
    pub(crate) filtered_rows: u64,
    pub(crate) bytes: u64,
    pub(crate) prepared_at: i64,
    pub(crate) precommitted_at: Option<i64>,
    pub(crate) committed_at: Option<i64>,
    pub(crate) published_at: Option<i64>,
    pub(crate) finished_at: Option<i64>,
}

impl Transaction {
    fn begin(id: i64, label: &str, table: &str, user: &str) -> Self {
        Self {
            id,
            label: label.to_owned(),
            table: table.to_owned(),
            user: user.to_owned(),
            state: State::Prepare,
            reason: String::new(),
            total_rows: 0,
            loaded_rows: 0,
            filtered_rows: 0,
            bytes: 0,
            prepared_at: now_ms(),
            precommitted_at: None,
            committed_at: None,
            published_at: None,
            finished_at: None,
        }
    }

    /// Whether its rows wait outside their table.
    pub(super) fn has_staged_rows(&self) -> bool {
        matches!(self.state, State::Precommitted | State::Committed)
    }

    /// The same transaction in its next state, with the time of it.
    pub(crate) fn moved_to(mut self, state: State) -> Self {
        let now = Some(now_ms());
        match state {
            State::Prepare => {}
            State::Precommitted => self.precommitted_at = now,
            State::Committed => self.committed_at = now,
            State::Visible => {
                self.committed_at = self.committed_at.or(now);
                self.published_at = now;
                self.finished_at = now;
            }
            State::Aborted => self.finished_at = now,
        }
        self.state = state;
        self
    }
}

/// A label that is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Label [{label}] has already been used, relate to txn [{id}], status [{}].", state.word())]
pub(crate) struct LabelUsed {
    pub(crate) label: String,
    pub(crate) id: i64,
    pub(crate) state: State,
}

/// The transactions of one database.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    by_id: BTreeMap<i64, Transaction>,
    by_label: HashMap<String, Vec<i64>>,
}

impl Transactions {
    /// Begins a transaction; `next_id` is asked only when the label is free.
    pub(super) fn begin(
        &mut self,
        label: &str,
        table: &str,
        user: &str,
        next_id: impl FnOnce() -> i64,
    ) -> Result<i64, LabelUsed> {
        let holder = self.with_label(label).find(|transaction| transaction.state != State::Aborted);
        if let Some(holder) = holder {
            return Err(LabelUsed { label: label.to_owned(), id: holder.id, state: holder.state });
        }
        let id = next_id();
        self.put(Transaction::begin(id, label, table, user));
        Ok(id)
    }

    /// Adds or replaces a transaction.
    pub(super) fn put(&mut self, transaction: Transaction) {
        let ids = self.by_label.entry(transaction.label.clone()).or_default();
        if !ids.contains(&transaction.id) {
            ids.push(transaction.id);
        }
        self.by_id.insert(transaction.id, transaction);
    }

    pub(super) fn get(&self, id: i64) -> Option<&Transaction> {
        self.by_id.get(&id)
    }

    /// The transactions that used a label, newest first.
    pub(super) fn with_label(&self, label: &str) -> impl Iterator<Item = &Transaction> {
        let ids = self.by_label.get(label).map_or(&[][..], Vec::as_slice);
        ids.iter().rev().filter_map(|id| self.by_id.get(id))
    }

    /// All transactions, oldest first.
    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &Transaction> {
        self.by_id.values()
    }

    pub(super) fn last_id(&self) -> i64 {
        self.by_id.keys().next_back().copied().unwrap_or(0)
    }

    /// Forgets finished transactions beyond what is kept; returns their ids.
    pub(super) fn expire(&mut self, retention: Retention) -> Vec<i64> {
        let oldest = now_ms().saturating_sub(i64::try_from(retention.age.as_millis()).unwrap_or(i64::MAX));
        let finished: Vec<_> = self.all().rev().filter(|transaction| transaction.state.is_final()).collect();
        let expired: Vec<i64> = finished
            .iter()
            .enumerate()
            .filter(|(rank, transaction)| {
                *rank >= retention.count || transaction.finished_at.is_some_and(|at| at < oldest)
            })
            .map(|(_, transaction)| transaction.id)
            .collect();
        for id in &expired {
            self.forget(*id);
        }
        expired
    }

    /// Forgets finished transactions, all or those of one label; returns their ids.
    pub(super) fn forget_finished(&mut self, label: Option<&str>) -> Vec<i64> {
        let concerned = |transaction: &&Transaction| {
            transaction.state.is_final() && label.is_none_or(|label| transaction.label == label)
        };
        let ids: Vec<i64> = self.all().filter(concerned).map(|transaction| transaction.id).collect();
        for id in &ids {
            self.forget(*id);
        }
        ids
    }

    fn forget(&mut self, id: i64) {
        let Some(transaction) = self.by_id.remove(&id) else { return };
        if let Some(ids) = self.by_label.get_mut(&transaction.label) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_label.remove(&transaction.label);
            }
        }
    }
}
