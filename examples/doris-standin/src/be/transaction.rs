//! The transaction of a load that runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::store::{Database, LabelUsed};

/// A transaction in PREPARE; aborted when dropped while open, and when its time is over.
pub(super) struct Running {
    pub(super) database: Arc<Database>,
    pub(super) id: i64,
    open: bool,
    timeout: Option<JoinHandle<()>>,
}

impl Running {
    /// Begins a transaction on the current tokio runtime. Without a `timeout` it may stay PREPARE for as long as its load runs.
    ///
    /// # Errors
    /// [`LabelUsed`] when a transaction that was not aborted holds the label.
    pub(super) fn begin(
        database: Arc<Database>,
        label: &str,
        table: &str,
        user: &str,
        timeout: Option<Duration>,
    ) -> Result<Self, LabelUsed> {
        let id = database.begin(label, table, user)?;
        let timeout = timeout.map(|after| {
            let database = Arc::clone(&database);
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                if database.time_out(id) {
                    tracing::info!(transaction = id, ?after, "a load ran out of its time");
                }
            })
        });
        Ok(Self { database, id, open: true, timeout })
    }

    /// The load went through: nothing is aborted any more.
    pub(super) fn done(&mut self) {
        self.open = false;
    }

    /// Ends the transaction without its rows.
    pub(super) fn abort(&mut self, reason: &str) {
        self.open = false;
        if let Err(error) = self.database.abort(self.id, reason) {
            tracing::error!(%error, transaction = self.id, "cannot abort a transaction");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(timeout) = self.timeout.take() {
            timeout.abort();
        }
        if self.open {
            self.abort("[INTERNAL_ERROR]cancelled: the client went away");
        }
    }
}
