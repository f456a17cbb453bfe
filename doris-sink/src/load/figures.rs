//! What loads tell operators, table by table: how much, how long, and what went wrong.

use super::{answer::Times, error::LoadError};
use crate::config::TableName;
use connector_api::{Count, Elapsed, Figures, Latest};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

/// The figures of all tables of one database.
#[derive(Debug)]
pub(super) struct LoadFigures {
    figures: Figures,
    database: String,
    tables: BTreeMap<TableName, TableFigures>,
}

/// The figures of one table.
#[derive(Debug)]
pub(super) struct TableFigures {
    table: String,
    all: Figures,
    loads: Count,
    rows: Count,
    bytes: Count,
    already_loaded: Count,
    filtered: Count,
    refused: Count,
    frontend: Elapsed,
    plan: Elapsed,
    receive: Elapsed,
    write: Elapsed,
    publish: Elapsed,
    last_label: Latest,
}

impl LoadFigures {
    pub(super) fn new(figures: &Figures, database: &str) -> Self {
        Self { figures: figures.clone(), database: database.to_owned(), tables: BTreeMap::new() }
    }

    /// The figures of `table`.
    pub(super) fn of(&mut self, table: &TableName) -> &TableFigures {
        match self.tables.entry(table.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                new.insert(TableFigures::new(&self.figures, format!("{}.{table}", self.database)))
            }
        }
    }
}

impl TableFigures {
    fn new(figures: &Figures, table: String) -> Self {
        let of = [("table", table.as_str())];
        let count = |name, help| figures.count(name, help, &of);
        let elapsed = |name, help| figures.elapsed(name, help, &of);
        Self {
            loads: count("loads", "Loads that Doris has taken."),
            rows: count("rows_loaded", "Rows of them."),
            bytes: count("bytes_loaded", "Bytes of their bodies."),
            already_loaded: count(
                "loads_found_loaded",
                "Loads that came again and that Doris had already, known by their labels.",
            ),
            filtered: count("rows_filtered", "Rows that max_filter_ratio let go."),
            refused: count("records_refused", "Records with rows that Doris does not take."),
            frontend: elapsed("load_begin", "Time in which frontends began transactions (BeginTxnTimeMs)."),
            plan: elapsed("load_plan", "Time in which loads were planned (StreamLoadPutTimeMs)."),
            receive: elapsed("load_receive", "Time in which bodies were received (ReceiveDataTimeMs)."),
            write: elapsed("load_write", "Time in which rows were written (WriteDataTimeMs)."),
            publish: elapsed(
                "load_publish",
                "Time in which loads were committed and made visible (CommitAndPublishTimeMs).",
            ),
            last_label: figures.latest("last_label", "Label of the last load that Doris has taken.", &of),
            all: figures.clone(),
            table,
        }
    }

    /// Doris has taken a load.
    pub(super) fn loaded(&self, rows: usize, bytes: usize, label: &str, times: &Times) {
        self.loads.add(1);
        self.rows.add(wide(rows));
        self.bytes.add(wide(bytes));
        self.last_label.set(label);
        let millis = |millis: i64| Duration::from_millis(u64::try_from(millis).unwrap_or_default());
        self.frontend.add(millis(times.begin));
        self.plan.add(millis(times.plan));
        self.receive.add(millis(times.receive));
        self.write.add(millis(times.write));
        self.publish.add(millis(times.publish));
    }

    /// Doris had a load already.
    pub(super) fn found_loaded(&self, label: &str) {
        self.already_loaded.add(1);
        self.last_label.set(label);
    }

    /// Rows of a load that succeeded are not in the table, as the operator allows.
    pub(super) fn filtered(&self, rows: i64) {
        self.filtered.add(u64::try_from(rows).unwrap_or_default());
    }

    /// Doris does not take these records.
    pub(super) fn refused(&self, records: usize) {
        self.refused.add(wide(records));
    }

    /// An attempt failed; there are as many reasons as kinds of errors.
    pub(super) fn failed(&self, error: &LoadError) {
        let of = [("table", self.table.as_str()), ("reason", error.kind())];
        self.all.count("load_failures", "Attempts at loads that failed, by reason.", &of).add(1);
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
