//! The transaction of a load that runs: its own, or that of the group it is in.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::load::Member;
use crate::store::{Database, LabelUsed};

/// A transaction in PREPARE. One that is the load's own is aborted when dropped while open, and when its time is over.
pub(super) struct Running {
    pub(super) database: Arc<Database>,
    pub(super) id: i64,
    hold: Hold,
}

enum Hold {
    Own {
        open: bool,
        timeout: Option<JoinHandle<()>>,
    },
    /// What becomes of the transaction is up to the group.
    Shared(Option<Member>),
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
        Ok(Self { database, id, hold: Hold::Own { open: true, timeout } })
    }

    /// Takes part in the transaction of a group.
    pub(super) fn share(member: Member) -> Self {
        Self { database: Arc::clone(member.database()), id: member.id(), hold: Hold::Shared(Some(member)) }
    }

    /// The load of so many bytes went through: nothing is aborted any more. What is returned is the part in a group that has to
    /// be left.
    pub(super) fn done(mut self, bytes: u64) -> Option<Member> {
        match &mut self.hold {
            Hold::Own { open, .. } => {
                *open = false;
                None
            }
            Hold::Shared(member) => member.take().inspect(|member| member.wrote(bytes)),
        }
    }

    /// Ends the transaction without the load's rows; that of a group goes on.
    pub(super) fn abort(&mut self, reason: &str) {
        let Hold::Own { open, .. } = &mut self.hold else { return };
        *open = false;
        if let Err(error) = self.database.abort(self.id, reason) {
            tracing::error!(%error, transaction = self.id, "cannot abort a transaction");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Hold::Own { open, timeout } = &mut self.hold else { return };
        let open = *open;
        if let Some(timeout) = timeout.take() {
            timeout.abort();
        }
        if open {
            self.abort("[INTERNAL_ERROR]cancelled: the client went away");
        }
    }
}
