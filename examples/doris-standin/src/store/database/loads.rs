//! The loads of a database: a transaction from its label to its end.

use std::sync::atomic::Ordering;

use rusqlite::{Connection, params};

use super::Database;
use crate::store::StoreError;
use crate::store::rows::{self, RowWriter};
use crate::store::table::Table;
use crate::store::transaction::{LabelUsed, State, Transaction};
use crate::sync::lock;

/// How far a load goes when its rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Rows in the table, transaction VISIBLE.
    Published,
    /// Rows aside, transaction COMMITTED: decided, published later.
    Later,
    /// The same, with the rows of other loads that came before.
    Grouped,
    /// Rows aside, transaction PRECOMMITTED: undecided.
    Prepared,
}

impl Database {
    /// Begins a transaction under a label.
    ///
    /// # Errors
    /// [`LabelUsed`] when a transaction that was not aborted holds the label.
    pub(crate) fn begin(&self, label: &str, table: &str, user: &str) -> Result<i64, LabelUsed> {
        let mut transactions = lock(&self.transactions);
        transactions.expire(self.retention);
        transactions.begin(label, table, user, || self.next_transaction.fetch_add(1, Ordering::Relaxed))
    }

    /// A transaction by id.
    pub(crate) fn transaction(&self, id: i64) -> Option<Transaction> {
        lock(&self.transactions).get(id).cloned()
    }

    /// The transactions that used a label, newest first, and are not forgotten yet.
    pub(crate) fn transactions_of(&self, label: &str) -> Vec<Transaction> {
        let mut transactions = lock(&self.transactions);
        transactions.expire(self.retention);
        transactions.with_label(label).cloned().collect()
    }

    /// All transactions that are kept, oldest first.
    pub(crate) fn transactions(&self) -> Vec<Transaction> {
        lock(&self.transactions).all().cloned().collect()
    }

    /// Writes a load's rows with `fill` and moves its transaction on, in one durable step. Blocks.
    ///
    /// `fill` returns the counts to record. When it fails, nothing is kept and the transaction stays as it was.
    pub(crate) fn load<E: From<StoreError>>(
        &self,
        id: i64,
        table: &Table,
        visibility: Visibility,
        fill: impl FnOnce(&mut RowWriter<'_>, &mut Transaction) -> Result<(), E>,
    ) -> Result<Transaction, E> {
        let mut writer = lock(&self.writer);
        let change = writer.transaction().map_err(StoreError::from)?;
        let mut transaction =
            self.transaction(id).ok_or(rusqlite::Error::QueryReturnedNoRows).map_err(StoreError::from)?;
        // Columns may have changed since the load was planned: its rows then find their way by the columns' names.
        let current = self.table(&table.name).filter(|current| current.columns != table.columns);
        {
            let rows = match visibility {
                Visibility::Published if current.is_none() => RowWriter::direct(&change, table),
                _ => RowWriter::staged(&change, table, id),
            };
            fill(&mut rows.map_err(StoreError::from)?, &mut transaction)?;
        }
        if let Some(current) = current.filter(|_| visibility == Visibility::Published) {
            rows::publish(&change, &current, id).map_err(StoreError::from)?;
        }
        let state = match visibility {
            Visibility::Published => State::Visible,
            Visibility::Later | Visibility::Grouped => State::Committed,
            Visibility::Prepared => State::Precommitted,
        };
        // Held over the commit, so that nobody aborts in between.
        let mut transactions = lock(&self.transactions);
        let goes_on = |state| {
            state == State::Prepare || (state == State::Committed && visibility == Visibility::Grouped)
        };
        if let Some(current) = transactions.get(id).filter(|current| !goes_on(current.state)) {
            return Ok(current.clone());
        }
        let transaction = transaction.moved_to(state);
        save(&change, &transaction)?;
        change.commit().map_err(StoreError::from)?;
        transactions.put(transaction.clone());
        Ok(transaction)
    }

    /// Ends an undecided transaction without its rows; the state it was in decides whether that is possible. Blocks.
    ///
    /// Returns the transaction as it was found; it was aborted if that was PREPARE or PRECOMMITTED.
    pub(crate) fn abort(&self, id: i64, reason: &str) -> Result<Option<Transaction>, StoreError> {
        if self.transaction(id).is_some_and(|found| found.state == State::Prepare) {
            // Nothing of it is on disk yet: no need to wait for the writer, which this very load may be holding.
            let mut transactions = lock(&self.transactions);
            if let Some(found) = transactions.get(id).filter(|found| found.state == State::Prepare).cloned() {
                transactions.put(aborted(found.clone(), reason));
                return Ok(Some(found));
            }
        }
        let mut writer = lock(&self.writer);
        let Some(found) = self.transaction(id) else { return Ok(None) };
        if found.state == State::Precommitted {
            let change = writer.transaction()?;
            rows::discard(&change, id)?;
            let ended = aborted(found.clone(), reason);
            save(&change, &ended)?;
            change.commit()?;
            lock(&self.transactions).put(ended);
        }
        Ok(Some(found))
    }

    /// Aborts a transaction that is still PREPARE, as its time is over; `false` when it is not any more.
    pub(crate) fn time_out(&self, id: i64) -> bool {
        let mut transactions = lock(&self.transactions);
        let found = transactions.get(id).filter(|found| found.state == State::Prepare).cloned();
        let Some(found) = found else { return false };
        transactions.put(aborted(found, "timeout by txn manager"));
        true
    }

    /// Forgets finished loads, all or those under one label, as their age or number makes it happen; returns how many.
    /// Their rows stay. Blocks.
    pub(crate) fn forget(&self, label: Option<&str>) -> Result<usize, StoreError> {
        let writer = lock(&self.writer);
        let forgotten = lock(&self.transactions).forget_finished(label);
        discard(&writer, &forgotten)?;
        Ok(forgotten.len())
    }

    /// Decides a PRECOMMITTED transaction and publishes it. Blocks.
    ///
    /// Returns the transaction as it was found; in any other state it is left alone.
    pub(crate) fn commit(&self, id: i64) -> Result<Option<Transaction>, StoreError> {
        self.publish_if(id, State::Precommitted)
    }

    /// Publishes a COMMITTED transaction; in any other state it is left alone. Blocks.
    pub(crate) fn publish(&self, id: i64) -> Result<Option<Transaction>, StoreError> {
        self.publish_if(id, State::Committed)
    }

    fn publish_if(&self, id: i64, state: State) -> Result<Option<Transaction>, StoreError> {
        let mut writer = lock(&self.writer);
        let Some(found) = self.transaction(id) else { return Ok(None) };
        if found.state != state {
            return Ok(Some(found));
        }
        let change = writer.transaction()?;
        if let Some(table) = self.table(&found.table) {
            rows::publish(&change, &table, id)?;
        } else {
            rows::discard(&change, id)?;
        }
        let visible = found.clone().moved_to(State::Visible);
        save(&change, &visible)?;
        change.commit()?;
        lock(&self.transactions).put(visible);
        Ok(Some(found))
    }

    /// Publishes what a crash left decided, and forgets expired labels on disk.
    pub(super) fn publish_decided(&self) -> Result<(), StoreError> {
        let expired = lock(&self.transactions).expire(self.retention);
        {
            let writer = lock(&self.writer);
            discard(&writer, &expired)?;
        }
        for transaction in self.transactions() {
            if transaction.state == State::Committed {
                self.publish(transaction.id)?;
            }
        }
        Ok(())
    }
}

fn discard(connection: &Connection, transactions: &[i64]) -> Result<(), StoreError> {
    for id in transactions {
        connection.execute("DELETE FROM _standin_transactions WHERE id = ?", [id])?;
    }
    Ok(())
}

fn aborted(transaction: Transaction, reason: &str) -> Transaction {
    let mut transaction = transaction.moved_to(State::Aborted);
    reason.clone_into(&mut transaction.reason);
    transaction
}

fn save(connection: &Connection, transaction: &Transaction) -> Result<(), StoreError> {
    let body = serde_json::to_string(transaction)?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO _standin_transactions VALUES (?, ?)")?
        .execute(params![transaction.id, body])?;
    Ok(())
}
