//! Loads, repeated under their labels until what became of them is known.

use super::{
    attempt::{Loaded, Target},
    error::LoadError,
    label_state::Settled,
    moment::Moment,
    probe,
    recall::{Question, Recall},
};
use crate::{
    config::{Expired, Retries, Settings, TableName},
    label::Label,
};
use bytes::Bytes;
use connector_api::{BatchId, QueueOffset};
use std::{
    hash::{BuildHasher, RandomState},
    time::{Duration, SystemTime},
};

/// Longest delay between two attempts within one call.
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// One load.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    pub(crate) table: &'a TableName,
    pub(crate) label: &'a Label,
    /// The batch that the rows are of.
    pub(crate) batch: &'a BatchId,
    /// Since when somebody may have loaded it.
    pub(crate) since: SystemTime,
    /// JSON objects, one a line.
    pub(crate) body: Bytes,
    pub(crate) rows: usize,
}

/// Loads into one database.
#[derive(Debug)]
pub(crate) struct Loader {
    target: Target,
    recall: Recall,
    retries: Retries,
    expired: Expired,
}

impl Loader {
    /// A loader for task number `task`.
    pub(crate) fn new(settings: &Settings, task: u32) -> Self {
        Self {
            target: Target::new(settings, task),
            recall: Recall::new(settings.label_keep),
            retries: settings.retries,
            expired: settings.expired,
        }
    }

    /// Asks whether user, database and `table` are right.
    pub(crate) async fn check(&mut self, table: &TableName) -> Result<(), LoadError> {
        probe::check(&mut self.target.cluster, &self.target.database, table).await
    }

    /// Loads once, however often that has to be tried; every attempt has the same label.
    ///
    /// It may be dropped at any time, and others may load the same batch meanwhile: whoever comes later finds the label.
    pub(crate) async fn load(&mut self, load: &Load<'_>) -> Result<(), LoadError> {
        let mut delay = self.retries.delay;
        for retry in 0.. {
            let error = match self.load_unless_loaded(load).await {
                Ok(loaded) => {
                    self.recall.loaded(load);
                    self.tell(load, loaded);
                    return Ok(());
                }
                Err(error) => error,
            };
            if error.leaves_doubt() {
                self.recall.doubt(load);
            }
            if let Some(node) = error.blames() {
                self.target.cluster.avoid(node);
            }
            if !error.passes() || retry >= self.retries.most {
                return Err(error);
            }
            tracing::warn!(
                database = self.target.database, table = %load.table, label = %load.label, retry, %error,
                "load is repeated under its label"
            );
            tokio::time::sleep(jittered(delay)).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        }
        Ok(())
    }

    /// Closes all connections.
    pub(crate) fn close(&mut self) {
        self.target.cluster.close();
    }

    /// One attempt, unless Doris has to be asked first and says that it has the batch.
    async fn load_unless_loaded(&mut self, load: &Load<'_>) -> Result<Loaded, LoadError> {
        if let Some(question) = self.recall.question(load)
            && self.is_loaded(load, question).await?
        {
            return Ok(Loaded::Before);
        }
        self.target.attempt(load, self.recall.patience(load)).await
    }

    async fn is_loaded(&mut self, load: &Load<'_>, question: Question) -> Result<bool, LoadError> {
        let asked_at = SystemTime::now();
        match self.target.settled(load, self.recall.patience(load)).await {
            Ok(Settled::Loaded) => return Ok(true),
            Ok(Settled::Aborted) => {}
            Ok(Settled::Unknown) if self.recall.is_remembered(load) => {}
            // Invariant 2: what cannot be recognised any more is not loaded unless the operator says so.
            Ok(Settled::Unknown) => self.forgotten(load)?,
            Err(error @ (LoadError::StillRunning { .. } | LoadError::Prepared)) => {
                self.recall.unloaded(load, asked_at);
                return Err(error);
            }
            Err(error) if question == Question::Helpful && self.recall.is_remembered(load) => {
                tracing::debug!(label = %load.label, %error, "the state of a label was not told");
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        self.recall.unloaded(load, asked_at);
        Ok(false)
    }

    fn forgotten(&self, load: &Load<'_>) -> Result<(), LoadError> {
        let (queue, first) = (&load.batch.queue, load.batch.first);
        let last = QueueOffset::new(load.batch.next.get() - 1).unwrap_or(first);
        let since = Moment(load.since);
        if self.expired == Expired::Fail {
            let (queue, keep) = (queue.clone(), self.recall.keep());
            return Err(LoadError::Expired { queue, first, last, since, keep });
        }
        tracing::warn!(
            database = self.target.database, table = %load.table, label = %load.label, rows = load.rows,
            %queue, %first, %last, %since,
            "whether Doris has this batch cannot be told: it is loaded, perhaps for the second time, as exactly.once.expired says"
        );
        Ok(())
    }

    fn tell(&self, load: &Load<'_>, loaded: Loaded) {
        if loaded == Loaded::Before {
            tracing::info!(
                database = self.target.database, table = %load.table, label = %load.label,
                "Doris had loaded this batch already"
            );
        }
    }
}

/// Between half of `delay` and all of it, so that tasks that failed together do not return together.
fn jittered(delay: Duration) -> Duration {
    // A hasher is seeded at random; it is the only such source in the standard library.
    let random = RandomState::new().hash_one(delay) % 1000;
    delay / 2 + (delay / 2).mul_f64(random as f64 / 1000.0)
}
