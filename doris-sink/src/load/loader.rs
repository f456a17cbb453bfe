//! Loads, repeated under their labels until what became of them is known.

use super::{
    attempt::{Loaded, Target},
    error::LoadError,
    isolate::BadRecords,
    label_state::Settled,
    moment::Moment,
    pace::Pace,
    probe,
    recall::{Question, Recall},
    two_phase::{Prepared, Transaction},
    under_way::UnderWay,
};
use crate::{
    config::{Commit, Expired, Retries, Settings, TableName},
    label::Label,
};
use bytes::Bytes;
use connector_api::{BatchId, QueueOffset, TaskContext};
use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
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
    pub(super) target: Target,
    pub(super) recall: Recall,
    pace: Arc<Pace>,
    /// Loads of the batch under way that wait for their second phase.
    pub(super) prepared: Vec<Prepared>,
    /// Records of the batches under way that Doris does not take.
    pub(super) bad: UnderWay<BadRecords>,
    retries: Retries,
    expired: Expired,
}

impl Loader {
    /// A loader for the task of `context`.
    pub(crate) fn new(settings: &Settings, context: &TaskContext) -> Self {
        Self {
            target: Target::new(settings, context),
            recall: Recall::new(settings.label_keep),
            pace: Pace::of(settings),
            prepared: Vec::new(),
            bad: UnderWay::default(),
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
                    self.loaded(load, loaded);
                    return Ok(());
                }
                Err(error) => error,
            };
            self.target.figures.of(load.table).failed(&error);
            if error.leaves_doubt() {
                self.recall.doubt(load.batch, load.label);
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
            let waits =
                self.pace.waits(&self.target.database, load.table).map_or(Duration::ZERO, |(wait, _)| wait);
            tokio::time::sleep(jittered(delay).max(waits)).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        }
        Ok(())
    }

    /// Tells whether Doris takes the rows of `load`, whose label is a trial's, without loading them.
    pub(super) async fn trial(&mut self, load: &Load<'_>) -> Result<(), LoadError> {
        self.target.try_out(load).await.inspect_err(|error| {
            if let Some(node) = error.blames() {
                self.target.cluster.avoid(node);
            }
        })
    }

    /// The database that is loaded into.
    pub(crate) fn database(&self) -> &str {
        &self.target.database
    }

    /// Closes all connections.
    pub(crate) fn close(&mut self) {
        self.target.cluster.close();
    }

    /// One attempt, unless Doris has to be asked first and says that it has the batch.
    async fn load_unless_loaded(&mut self, load: &Load<'_>) -> Result<Loaded, LoadError> {
        // Without labels there is nothing to ask for.
        if self.target.commit != Commit::Group
            && let Some(question) = self.recall.question(load)
            && let Some(loaded) = self.loaded_before(load, question).await?
        {
            return Ok(loaded);
        }
        let pace = Arc::clone(&self.pace);
        let _leave = pace.leave(&self.target.database, load.table).await?;
        let outcome = self.target.attempt(load, self.recall.patience(load)).await;
        pace.learn(&self.target.database, load.table, &outcome);
        outcome
    }

    async fn loaded_before(
        &mut self,
        load: &Load<'_>,
        question: Question,
    ) -> Result<Option<Loaded>, LoadError> {
        let asked_at = SystemTime::now();
        match self.target.settled(load, self.recall.patience(load)).await {
            Ok(Settled::Loaded) => return Ok(Some(Loaded::Before)),
            Ok(Settled::Prepared) => return Ok(Some(Loaded::Prepared(Transaction::Labelled))),
            Ok(Settled::Aborted) => {}
            Ok(Settled::Unknown) if self.recall.is_remembered(load) => {}
            // Invariant 2: what cannot be recognised any more is not loaded unless the operator says so.
            Ok(Settled::Unknown) => self.forgotten(load)?,
            Err(error @ LoadError::StillRunning { .. }) => {
                self.recall.unloaded(load, asked_at);
                return Err(error);
            }
            Err(error) if question == Question::Helpful && self.recall.is_remembered(load) => {
                tracing::debug!(label = %load.label, %error, "the state of a label was not told");
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        self.recall.unloaded(load, asked_at);
        Ok(None)
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

    fn loaded(&mut self, load: &Load<'_>, loaded: Loaded) {
        match loaded {
            Loaded::Now => self.recall.loaded(load.batch, load.label),
            Loaded::Before => {
                self.recall.loaded(load.batch, load.label);
                self.target.figures.of(load.table).found_loaded(load.label.as_str());
                tracing::info!(
                    database = self.target.database, table = %load.table, label = %load.label,
                    "Doris had loaded this batch already"
                );
            }
            Loaded::Prepared(transaction) => self.prepared.push(Prepared {
                batch: load.batch.clone(),
                table: load.table.clone(),
                label: load.label.clone(),
                rows: load.rows,
                transaction,
            }),
        }
    }
}

/// Between half of `delay` and all of it, so that tasks that failed together do not return together.
fn jittered(delay: Duration) -> Duration {
    // A hasher is seeded at random; it is the only such source in the standard library.
    let random = RandomState::new().hash_one(delay) % 1000;
    delay / 2 + (delay / 2).mul_f64(random as f64 / 1000.0)
}
