//! One database: its tables, its transactions, and the only connection that writes to its file.

mod catalog;
mod loads;
mod schema;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::load_record::{LoadRecord, LoadRecords};
use super::schema_change::AlterJob;
use super::table::Table;
use super::transaction::{Transaction, Transactions};
use super::{Retention, StoreError, engine};
use crate::sync::lock;

pub(crate) use loads::Visibility;

/// One database.
pub(crate) struct Database {
    name: String,
    path: PathBuf,
    retention: Retention,
    next_transaction: Arc<AtomicI64>,
    tables: Mutex<BTreeMap<String, Arc<Table>>>,
    transactions: Mutex<Transactions>,
    alter_jobs: Mutex<BTreeMap<i64, AlterJob>>,
    load_records: Mutex<LoadRecords>,
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
             CREATE TABLE IF NOT EXISTS _standin_transactions (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
             CREATE TABLE IF NOT EXISTS _standin_alter_jobs (id INTEGER PRIMARY KEY, body TEXT NOT NULL);",
        )?;
        let tables = bodies::<Table>(&writer, "_standin_tables", path)?;
        let jobs = bodies::<AlterJob>(&writer, "_standin_alter_jobs", path)?;
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
            alter_jobs: Mutex::new(jobs.into_iter().map(|job| (job.id, job)).collect()),
            load_records: Mutex::default(),
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

    /// Keeps what SHOW STREAM LOAD tells of a load that has ended.
    pub(crate) fn record_load(&self, record: LoadRecord) {
        lock(&self.load_records).add(record);
    }

    /// The loads that have ended and were recorded, oldest first.
    pub(crate) fn load_records(&self) -> Vec<LoadRecord> {
        lock(&self.load_records).all()
    }

    /// Takes a table, new or changed, into what is known of the file.
    fn remember(&self, table: Table) {
        lock(&self.tables).insert(table.name.clone(), Arc::new(table));
    }
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
