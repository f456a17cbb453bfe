//! What SHOW STREAM LOAD tells of loads that have ended.

use std::collections::VecDeque;

/// How many a database keeps (Doris: `max_stream_load_record_size`).
const KEPT: usize = 5000;

/// One load that has ended, well or not. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoadRecord {
    pub(crate) label: String,
    pub(crate) table: String,
    pub(crate) client_ip: String,
    pub(crate) status: String,
    pub(crate) message: String,
    /// Where the rows that were filtered can be read of.
    pub(crate) url: Option<String>,
    pub(crate) total_rows: u64,
    pub(crate) loaded_rows: u64,
    pub(crate) filtered_rows: u64,
    pub(crate) unselected_rows: u64,
    pub(crate) bytes: u64,
    pub(crate) started_at: i64,
    pub(crate) finished_at: i64,
    pub(crate) user: String,
    pub(crate) comment: String,
}

/// The newest records of a database; a restart forgets them.
#[derive(Debug, Default)]
pub(super) struct LoadRecords(VecDeque<LoadRecord>);

impl LoadRecords {
    pub(super) fn add(&mut self, record: LoadRecord) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    /// Oldest first.
    pub(super) fn all(&self) -> Vec<LoadRecord> {
        self.0.iter().cloned().collect()
    }
}
