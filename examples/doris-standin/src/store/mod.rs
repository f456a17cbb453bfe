//! Databases on disk: one file of the embedded engine each, holding tables, catalog and transactions together, so that a
//! load's rows and its label become durable in one step.

mod cell;
mod database;
mod engine;
mod load_record;
mod row_sql;
mod rows;
mod schema_change;
mod sequence;
mod staging;
mod sum;
mod table;
mod transaction;
mod types;
mod update;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub(crate) use database::{Database, Visibility};
pub(crate) use engine::{attach, open_reader, quoted};
pub(crate) use load_record::LoadRecord;
pub(crate) use rows::{Cell, NewKeys, Row, RowWriter, Update, Written};
pub(crate) use schema_change::{AlterJob, JobState, SchemaChange};
pub(crate) use sequence::{SEQUENCE_COLUMN, Sequence};
pub(crate) use table::{Aggregation, Column, DefaultValue, KeyModel, Table};
pub(crate) use transaction::{LabelUsed, State, Transaction};
pub(crate) use types::ColumnType;

use crate::sync::lock;

const FILE_PREFIX: &str = "db-";
const FILE_SUFFIX: &str = ".sqlite";
const FIRST_TRANSACTION: i64 = 1000;
/// Transactions that had only begun are forgotten in a restart; their ids must not come again.
const RESTART_GAP: i64 = 1000;

/// How long labels are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retention {
    /// Age after which a finished transaction's label is free again.
    pub(crate) age: Duration,
    /// Finished transactions kept per database.
    pub(crate) count: usize,
}

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("cannot use the data directory {dir}")]
    Directory {
        dir: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot use the database file {file}")]
    File {
        file: PathBuf,
        #[source]
        source: rusqlite::Error,
    },
    #[error("unreadable entry in the catalog of {file}")]
    Catalog {
        file: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("database '{0}' exists")]
    DatabaseExists(String),
    #[error("table '{0}' exists")]
    TableExists(String),
    #[error("a job broke down: {0}")]
    Broken(String),
    #[error("storage")]
    Engine(#[from] rusqlite::Error),
    #[error("cannot encode a catalog entry")]
    Encode(#[from] serde_json::Error),
}

/// All databases.
#[derive(Debug)]
pub(crate) struct Store {
    dir: PathBuf,
    retention: Retention,
    databases: Mutex<BTreeMap<String, Arc<Database>>>,
    next_transaction: Arc<AtomicI64>,
}

impl Store {
    /// Opens what is in `dir`, creating it if need be. Blocks.
    pub(crate) fn open(dir: &Path, retention: Retention) -> Result<Self, StoreError> {
        let at = |source| StoreError::Directory { dir: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(at)?;
        let next_transaction = Arc::new(AtomicI64::new(FIRST_TRANSACTION));
        let mut databases = BTreeMap::new();
        for entry in std::fs::read_dir(dir).map_err(at)? {
            let path = entry.map_err(at)?.path();
            let Some(name) = database_name(&path) else { continue };
            let database = Database::open(&name, &path, retention, Arc::clone(&next_transaction))?;
            next_transaction.fetch_max(database.last_transaction() + RESTART_GAP, Ordering::Relaxed);
            databases.insert(name, Arc::new(database));
        }
        Ok(Self { dir: dir.to_owned(), retention, databases: Mutex::new(databases), next_transaction })
    }

    /// The names of the databases, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        lock(&self.databases).keys().cloned().collect()
    }

    pub(crate) fn database(&self, name: &str) -> Option<Arc<Database>> {
        lock(&self.databases).get(name).cloned()
    }

    /// Creates a database. Blocks.
    pub(crate) fn create(&self, name: &str) -> Result<(), StoreError> {
        let mut databases = lock(&self.databases);
        if databases.contains_key(name) {
            return Err(StoreError::DatabaseExists(name.to_owned()));
        }
        let path = self.dir.join(file_name(name));
        let database = Database::open(name, &path, self.retention, Arc::clone(&self.next_transaction))?;
        databases.insert(name.to_owned(), Arc::new(database));
        Ok(())
    }

    /// Drops a database with all it holds; `false` when there is none. Blocks.
    pub(crate) fn drop_database(&self, name: &str) -> Result<bool, StoreError> {
        let mut databases = lock(&self.databases);
        if databases.remove(name).is_none() {
            return Ok(false);
        }
        let path = self.dir.join(file_name(name));
        for suffix in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(suffix);
            match std::fs::remove_file(&file) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::Directory { dir: self.dir.clone(), source });
                }
                _ => {}
            }
        }
        Ok(true)
    }
}

fn file_name(database: &str) -> String {
    let name = percent_encoding::utf8_percent_encode(database, percent_encoding::NON_ALPHANUMERIC);
    format!("{FILE_PREFIX}{name}{FILE_SUFFIX}")
}

fn database_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_prefix(FILE_PREFIX)?.strip_suffix(FILE_SUFFIX)?;
    Some(percent_encoding::percent_decode_str(name).decode_utf8().ok()?.into_owned())
}
