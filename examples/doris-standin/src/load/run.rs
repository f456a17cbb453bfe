//! Runs a planned load: every row read, cast and written in one engine transaction, or none.

use std::io::BufReader;
use std::time::Instant;

use tempfile::SpooledTempFile;

use super::plan::Plan;
use super::rejects::Rejects;
use super::rows::Rows;
use super::settings::Settings;
use crate::store::{Database, State, StoreError, Visibility};

/// Bytes of a body that are read in one go.
const READ_AHEAD: usize = 1 << 18;
/// Rows up to which a load in a group may fail for its bad ones (Doris: `group_commit_memory_rows_for_max_filter_ratio`).
const GROUP_RATIO_ROWS: u64 = 10_000;

/// A load ready to run.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) plan: Plan,
    pub(crate) settings: Settings,
    pub(crate) transaction: i64,
    pub(crate) visibility: Visibility,
    /// Bytes as they were sent.
    pub(crate) bytes: u64,
}

/// What came of an upload.
#[derive(Debug)]
pub(crate) enum Body {
    /// The bytes as they were sent.
    Spooled(SpooledTempFile),
    /// Only the number of rows.
    Counted { rows: u64 },
}

/// Why a load kept no rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("[DATA_QUALITY_ERROR]too many filtered rows")]
    TooManyFiltered,
    #[error("[DATA_QUALITY_ERROR]{0}")]
    Quality(String),
    #[error(
        "[ANALYSIS_ERROR]TStatus: errCode = 2, detailMessage = transaction [{id}] is already aborted. abort reason: {reason}"
    )]
    Aborted { id: i64, reason: String },
    #[error(
        "[INVALID_SCHEMA]the unmentioned column `{column}` should have default value or be nullable for newly inserted rows in non-strict mode partial update"
    )]
    NewKey { column: String },
    #[error("[INTERNAL_ERROR]{0}")]
    Body(#[from] std::io::Error),
    #[error("[INTERNAL_ERROR]storage: {0}")]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a load did.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) total: u64,
    pub(crate) loaded: u64,
    /// Rows that do not fulfil `where`.
    pub(crate) unselected: u64,
    pub(crate) rejects: Rejects,
    pub(crate) write_ms: u128,
    pub(crate) outcome: Result<(), Failure>,
}

/// Runs a load. Blocks.
pub(crate) fn run(database: &Database, job: Job, body: Body) -> Report {
    let started = Instant::now();
    let Job { plan, settings, transaction, visibility, bytes } = job;
    let mut rows = Rows::new(&plan, &settings);
    let result = database.load(transaction, plan.table(), visibility, |writer, transaction| {
        match body {
            Body::Counted { rows: count } => rows.total = count,
            Body::Spooled(spool) => {
                let body = settings.compression.open(BufReader::with_capacity(READ_AHEAD, spool));
                rows.read(writer, body)?;
            }
        }
        check_ratio(&rows, &settings)?;
        // Added, as a transaction may hold several loads.
        transaction.total_rows += rows.total;
        transaction.filtered_rows += rows.rejects.count;
        transaction.loaded_rows += rows.loaded();
        transaction.bytes += bytes;
        Ok(())
    });
    let outcome = match result {
        Ok(transaction) if transaction.state == State::Aborted => {
            Err(Failure::Aborted { id: transaction.id, reason: transaction.reason })
        }
        Ok(_) => Ok(()),
        Err(failure) => Err(failure),
    };
    let loaded = if outcome.is_ok() { rows.loaded() } else { 0 };
    Report {
        total: rows.total,
        loaded,
        unselected: rows.unselected,
        rejects: rows.rejects,
        write_ms: started.elapsed().as_millis(),
        outcome,
    }
}

fn check_ratio(rows: &Rows<'_>, settings: &Settings) -> Result<(), Failure> {
    if settings.group.is_some() && rows.total > GROUP_RATIO_ROWS {
        return Ok(());
    }
    #[allow(clippy::cast_precision_loss)]
    let allowed = settings.max_filter_ratio * (rows.total - rows.unselected) as f64;
    #[allow(clippy::cast_precision_loss)]
    let filtered = rows.rejects.count as f64;
    if filtered > allowed { Err(Failure::TooManyFiltered) } else { Ok(()) }
}
