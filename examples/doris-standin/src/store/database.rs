//! One database: its tables, its transactions, and the only connection that writes to its file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, params};

use super::rows::{self, RowWriter};
use super::table::Table;
use super::transaction::{LabelUsed, State, Transaction, Transactions};
use super::{Retention, StoreError, engine, quoted};
use crate::sync::lock;

/// How far a load goes when its rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    /// Rows in the table, transaction VISIBLE.
    Published,
    /// Rows aside, transaction COMMITTED: decided, published later.
    Later,
    /// Rows aside, transaction PRECOMMITTED: undecided.
    Prepared,
}

/// One database.
pub(crate) struct Database {
    name: String,
    path: PathBuf,
    retention: Retention,
    next_transaction: Arc<AtomicI64>,
    tables: Mutex<BTreeMap<String, Arc<Table>>>,
    transactions: Mutex<Transactions>,
    /// Taken before `transactions` where both are needed.
    writer: Mutex<Connection>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("name", &self.name).field("path", &self.path).finish_non_exhaustive()
    }
}

impl Database {
    pub(super) fn open(
        name: &str,
        path: &Path,
        retention: Retention,
        next_transaction: Arc<AtomicI64>,
    ) -> Result<Self, StoreError> {
        let file = || path.to_owned();
        let writer = engine::open_writer(path).map_err(|source| StoreError::File { file: file(), source })?;
        writer.set_prepared_statement_cache_capacity(64);
        writer.execute_batch(
            "CREATE TABLE IF NOT EXISTS _standin_tables (name TEXT PRIMARY KEY, body TEXT NOT NULL);
             CREATE TABLE IF NOT EXISTS _standin_transactions (id INTEGER PRIMARY KEY, body TEXT NOT NULL);",
        )?;
        let tables = bodies::<Table>(&writer, "_standin_tables", path)?;
        let mut transactions = Transactions::default();
        for transaction in bodies::<Transaction>(&writer, "_standin_transactions", path)? {
            transactions.put(transaction);
        }
        let database = Self {
            name: name.to_owned(),
            path: path.to_owned(),
            retention,
            next_transaction,
            tables: Mutex::new(
                tables.into_iter().map(|table| (table.name.clone(), Arc::new(table))).collect(),
            ),
            transactions: Mutex::new(transactions),
            writer: Mutex::new(writer),
        };
        database.publish_decided()?;
        Ok(database)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn last_transaction(&self) -> i64 {
        lock(&self.transactions).last_id()
    }

    /// A table, found by its exact name.
    pub(crate) fn table(&self, name: &str) -> Option<Arc<Table>> {
        lock(&self.tables).get(name).cloned()
    }

    /// All tables, by name.
    pub(crate) fn tables(&self) -> Vec<Arc<Table>> {
        lock(&self.tables).values().cloned().collect()
    }

    /// Creates a table. Blocks.
    pub(crate) fn create_table(&self, table: Table) -> Result<(), StoreError> {
        let mut writer = lock(&self.writer);
        // The engine's names know no case.
        if lock(&self.tables).keys().any(|name| name.eq_ignore_ascii_case(&table.name)) {
            return Err(StoreError::TableExists(table.name));
        }
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                let collation =
                    column.column_type.collation().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
                format!("{} {}{collation}", quoted(&column.name), column.column_type.engine_type())
            })
            .collect();
        let change = writer.transaction()?;
        change.execute_batch(&format!("CREATE TABLE {} ({})", quoted(&table.name), columns.join(", ")))?;
        if let Some(index) = rows::key_index(&table) {
            change.execute_batch(&index)?;
        }
        change.execute(
            "INSERT INTO _standin_tables VALUES (?, ?)",
            params![table.name, serde_json::to_string(&table)?],
        )?;
        change.commit()?;
        lock(&self.tables).insert(table.name.clone(), Arc::new(table));
        Ok(())
    }

    /// Drops a table; `false` when there is none. Blocks.
    pub(crate) fn drop_table(&self, name: &str) -> Result<bool, StoreError> {
        let mut writer = lock(&self.writer);
        if self.table(name).is_none() {
            return Ok(false);
        }
        writer.flush_prepared_statement_cache();
        let change = writer.transaction()?;
        change.execute_batch(&format!("DROP TABLE {}", quoted(name)))?;
        change.execute("DELETE FROM _standin_tables WHERE name = ?", [name])?;
        change.commit()?;
        lock(&self.tables).remove(name);
        Ok(true)
    }

    /// Runs a change to a table's rows in one engine transaction; returns the rows changed. Blocks.
    pub(crate) fn change_rows(&self, sql: &str) -> Result<usize, StoreError> {
        let mut writer = lock(&self.writer);
        let change = writer.transaction()?;
        let count = change.execute(sql, [])?;
        change.commit()?;
        Ok(count)
    }

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
        {
            let rows = match visibility {
                Visibility::Published => RowWriter::direct(&change, table),
                Visibility::Later | Visibility::Prepared => RowWriter::staged(&change, table, id),
            };
            fill(&mut rows.map_err(StoreError::from)?, &mut transaction)?;
        }
        let state = match visibility {
            Visibility::Published => State::Visible,
            Visibility::Later => State::Committed,
            Visibility::Prepared => State::Precommitted,
        };
        // Held over the commit, so that nobody aborts in between.
        let mut transactions = lock(&self.transactions);
        if let Some(current) = transactions.get(id).filter(|current| current.state != State::Prepare) {
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
    fn publish_decided(&self) -> Result<(), StoreError> {
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

fn bodies<T: serde::de::DeserializeOwned>(
    connection: &Connection,
    table: &str,
    path: &Path,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare(&format!("SELECT body FROM {table} ORDER BY 1"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let body: String = row.get(0)?;
        let value = serde_json::from_str(&body)
            .map_err(|source| StoreError::Catalog { file: path.to_owned(), source })?;
        found.push(value);
    }
    Ok(found)
}
