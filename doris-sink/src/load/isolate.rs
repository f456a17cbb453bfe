//! Finds the rows that Doris does not take, and loads the others.
//!
//! One bad row fails a whole load. Which rows are bad is told by the error log if it names all of them; else halves are
//! tried out, down to single records. A trial is a transaction that is aborted whatever comes of it (two-phase commit), so that *one* load
//! is committed for a table of a batch: all of its rows but the bad ones, under the label that names these as gaps. It follows
//! from what Doris thinks of each row alone and not from how that was found out, so after a crash the same label comes again.
//!
//! k bad rows of n cost O(k log n) trials, mostly none. They are remembered as long as the batch is under way, so that a batch that comes
//! again for another reason goes on where it was.

use super::{
    error::LoadError,
    loader::{Load, Loader},
};
use crate::{
    config::TableName,
    label::Label,
    rows::{Part, TableRows},
};
use connector_api::{Batch, QueueOffset, RecordError};
use std::collections::{BTreeMap, HashMap};

/// The records with bad rows of a batch, and why they are bad.
pub(super) type BadRecords = HashMap<TableName, BTreeMap<QueueOffset, String>>;

/// The load of a part of a batch failed.
#[derive(Debug)]
pub(crate) struct FailedLoad {
    pub(crate) table: TableName,
    pub(crate) label: Label,
    pub(crate) rows: usize,
    pub(crate) error: LoadError,
}

impl Loader {
    /// Loads `rows` of `batch`, but for the records that Doris does not take, which are returned.
    pub(crate) async fn load_rows(
        &mut self,
        batch: &Batch,
        rows: &TableRows,
    ) -> Result<Vec<RecordError>, FailedLoad> {
        let bad = |loader: &Self| loader.bad.get(batch.id()).and_then(|bad| bad.get(&rows.table)).cloned();
        loop {
            let known = bad(self).unwrap_or_default();
            let Some(part) = rows.whole().only(|offset| !known.contains_key(&offset)) else {
                return Ok(self.refused(rows, known));
            };
            // Invariant 2: the label is a function of the batch's identity, so a batch that comes again is recognised.
            // Invariant 1: and of what is missing in it, so a record that becomes a row later is not taken for loaded.
            let label = Label::new(batch.id(), self.database(), rows.table.as_str(), &part.gaps(batch));
            let outcome = match self.load(&load(batch, rows, &part, &label)).await {
                Ok(()) => return Ok(self.refused(rows, known)),
                Err(error @ LoadError::BadRows { .. }) => {
                    self.find_bad(batch, rows, part.clone(), error).await
                }
                Err(error) => Err(error),
            };
            outcome.map_err(|error| FailedLoad {
                table: rows.table.clone(),
                label,
                rows: part.len(),
                error,
            })?;
        }
    }

    /// A batch begins: what is left of an earlier put is found again by its labels.
    pub(crate) fn begin(&mut self) {
        self.prepared.clear();
    }

    /// The batch is done with: nothing needs to be remembered of it.
    pub(crate) fn done(&mut self, batch: &Batch) {
        self.bad.forget(batch.id());
    }

    /// Finds records with bad rows in `part`, whose load failed with `error`; at least one.
    async fn find_bad(
        &mut self,
        batch: &Batch,
        rows: &TableRows,
        part: Part<'_>,
        error: LoadError,
    ) -> Result<(), LoadError> {
        let whole = part.len();
        let mut suspects = vec![(part, error)];
        let mut found = 0;
        while let Some((part, error)) = suspects.pop() {
            if let Some(bad) = told(&part, &error).or_else(|| only_record(&part, &error)) {
                found += bad.len();
                self.bad.entry(batch.id()).entry(rows.table.clone()).or_default().extend(bad);
                continue;
            }
            for half in part.halves().into_iter().flat_map(<[_; 2]>::from) {
                match self.try_out(batch, rows, &half).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => suspects.push((half, error)),
                    Err(why @ LoadError::Refused { .. }) if !why.passes() => {
                        return Err(LoadError::NoTrial { bad: Box::new(error), why: Box::new(why) });
                    }
                    Err(error) => return Err(error),
                }
            }
            if suspects.is_empty() && found == 0 {
                // Each part is taken and the whole is not: what is wrong is with no row.
                return Err(error);
            }
        }
        tracing::info!(
            batch = %batch.id(), table = %rows.table, bad = found, rows = whole,
            "records that Doris does not take were found; the others are loaded"
        );
        Ok(())
    }

    fn refused(&mut self, rows: &TableRows, bad: BTreeMap<QueueOffset, String>) -> Vec<RecordError> {
        if !bad.is_empty() {
            self.target.figures.of(&rows.table).refused(bad.len());
        }
        bad.into_iter().map(|(offset, reason)| RecordError { offset, reason }).collect()
    }

    /// Tells whether Doris takes the rows, without loading them.
    async fn try_out(
        &mut self,
        batch: &Batch,
        rows: &TableRows,
        part: &Part<'_>,
    ) -> Result<Result<(), LoadError>, LoadError> {
        let label = Label::trial(batch.id(), self.database(), rows.table.as_str(), &part.gaps(batch));
        match self.trial(&load(batch, rows, part, &label)).await {
            Ok(()) => Ok(Ok(())),
            Err(error @ LoadError::BadRows { .. }) => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }
}

fn load<'a>(batch: &'a Batch, rows: &'a TableRows, part: &Part<'_>, label: &'a Label) -> Load<'a> {
    let (id, since) = (batch.id(), batch.bounded_since());
    Load { table: &rows.table, label, batch: id, since, body: part.body(), rows: part.len() }
}

/// The record, if it is one only.
fn only_record(part: &Part<'_>, error: &LoadError) -> Option<BTreeMap<QueueOffset, String>> {
    part.halves().is_none().then(|| part.offsets().map(|offset| (offset, error.to_string())).collect())
}

/// The records with bad rows, if the answer tells all of them: its log names as many as were filtered, or all were.
fn told(part: &Part<'_>, error: &LoadError) -> Option<BTreeMap<QueueOffset, String>> {
    let LoadError::BadRows { filtered, log, .. } = error else { return None };
    let reasons: HashMap<&[u8], &str> =
        log.rows.iter().map(|row| (row.source.trim().as_bytes(), row.reason.as_str())).collect();
    let all = usize::try_from(*filtered) == Ok(part.len());
    let mut rows = 0_i64;
    let mut bad = BTreeMap::new();
    for (offset, row) in part.rows() {
        match reasons.get(row.trim_ascii()) {
            Some(reason) => bad.insert(offset, format!("Doris refused it: {reason}")),
            None if all => bad.insert(offset, error.to_string()),
            None => continue,
        };
        rows += 1;
    }
    // As many rows as the log names may still be others than those filtered, when equal rows stand for one.
    (rows == *filtered && rows > 0).then_some(bad)
}
