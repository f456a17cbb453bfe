//! Runs a planned load: every row parsed, cast and written in one engine transaction, or none.

use std::io::{BufRead, BufReader, Read};
use std::time::Instant;

use super::cast::Source;
use super::csv;
use super::json::{self, JsonError};
use super::plan::Plan;
use super::rejects::Rejects;
use super::settings::Format;
use crate::store::{Cell, Database, RowWriter, State, StoreError, Transaction, Visibility};

/// A load ready to run.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) plan: Plan,
    pub(crate) format: Format,
    pub(crate) transaction: i64,
    pub(crate) visibility: Visibility,
    pub(crate) max_filter_ratio: f64,
    pub(crate) bytes: u64,
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
    #[error("[INTERNAL_ERROR]reading the body: {0}")]
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
    pub(crate) rejects: Rejects,
    pub(crate) write_ms: u128,
    pub(crate) outcome: Result<(), Failure>,
}

/// Runs a load. Blocks.
pub(crate) fn run(database: &Database, job: &Job, body: impl Read) -> Report {
    let started = Instant::now();
    let mut rows = Rows { job, total: 0, rejects: Rejects::default() };
    let result = database.load(job.transaction, job.plan.table(), job.visibility, |writer, transaction| {
        rows.fill(writer, BufReader::with_capacity(1 << 18, body), transaction)
    });
    let outcome = match result {
        Ok(transaction) if transaction.state == State::Aborted => {
            Err(Failure::Aborted { id: transaction.id, reason: transaction.reason })
        }
        Ok(_) => Ok(()),
        Err(failure) => Err(failure),
    };
    let loaded = if outcome.is_ok() { rows.total - rows.rejects.count } else { 0 };
    Report {
        total: rows.total,
        loaded,
        rejects: rows.rejects,
        write_ms: started.elapsed().as_millis(),
        outcome,
    }
}

struct Rows<'j> {
    job: &'j Job,
    total: u64,
    rejects: Rejects,
}

impl Rows<'_> {
    fn fill(
        &mut self,
        writer: &mut RowWriter<'_>,
        body: impl BufRead,
        transaction: &mut Transaction,
    ) -> Result<(), Failure> {
        match &self.job.format {
            Format::Json { by_line: true, strip_outer_array, line_delimiter } => {
                each_line(body, line_delimiter, |line| {
                    if line.iter().all(u8::is_ascii_whitespace) {
                        return Ok(());
                    }
                    self.document(writer, line, *strip_outer_array)
                })?;
            }
            Format::Json { by_line: false, strip_outer_array, .. } => {
                let mut document = Vec::new();
                let mut body = body;
                body.read_to_end(&mut document)?;
                if !document.iter().all(u8::is_ascii_whitespace) {
                    self.document(writer, &document, *strip_outer_array)?;
                }
            }
            Format::Csv { column_separator, line_delimiter, skip_lines, trim_double_quotes } => {
                let mut skip = *skip_lines;
                each_line(body, line_delimiter, |line| {
                    if skip > 0 {
                        skip -= 1;
                        return Ok(());
                    }
                    self.csv_line(writer, line, column_separator, *trim_double_quotes)
                })?;
            }
        }
        self.check_ratio()?;
        transaction.total_rows = self.total;
        transaction.filtered_rows = self.rejects.count;
        transaction.loaded_rows = self.total - self.rejects.count;
        transaction.bytes = self.job.bytes;
        Ok(())
    }

    fn document(
        &mut self,
        writer: &mut RowWriter<'_>,
        json: &[u8],
        strip_outer_array: bool,
    ) -> Result<(), Failure> {
        if !strip_outer_array {
            return self.json_row(writer, json);
        }
        match json::array(json) {
            Ok(elements) => {
                elements.iter().try_for_each(|element| self.json_row(writer, element.get().as_bytes()))
            }
            Err(error) => {
                self.total += 1;
                self.rejects.add(&error.to_string(), json);
                Ok(())
            }
        }
    }

    fn json_row(&mut self, writer: &mut RowWriter<'_>, json: &[u8]) -> Result<(), Failure> {
        self.total += 1;
        let mut fields = Vec::new();
        match json::object(&self.job.plan, json, &mut fields) {
            Ok(()) => {}
            Err(error @ JsonError::SeveralOnALine) => return Err(Failure::Quality(error.to_string())),
            Err(error) => {
                self.rejects.add(&error.to_string(), json);
                return Ok(());
            }
        }
        self.write(writer, &mut fields, json)
    }

    fn csv_line(
        &mut self,
        writer: &mut RowWriter<'_>,
        line: &[u8],
        separator: &str,
        trim_double_quotes: bool,
    ) -> Result<(), Failure> {
        self.total += 1;
        let Ok(text) = std::str::from_utf8(line) else {
            self.rejects.add("Unable to display: the line is not UTF-8", line);
            return Ok(());
        };
        let mut fields = Vec::new();
        match csv::line(&self.job.plan, text, separator, trim_double_quotes, &mut fields) {
            Ok(()) => self.write(writer, &mut fields, line),
            Err(reason) => {
                self.rejects.add(&reason, line);
                Ok(())
            }
        }
    }

    fn write(
        &mut self,
        writer: &mut RowWriter<'_>,
        fields: &mut [Option<Source<'_>>],
        source: &[u8],
    ) -> Result<(), Failure> {
        let mut cells: Vec<Cell<'_>> = Vec::with_capacity(self.job.plan.table().columns.len());
        match self.job.plan.row(fields, &mut cells) {
            Ok(delete) => writer.write(&cells, delete)?,
            Err(rejected) => self.rejects.add(&rejected.0, source),
        }
        Ok(())
    }

    fn check_ratio(&self) -> Result<(), Failure> {
        #[allow(clippy::cast_precision_loss)]
        let allowed = self.job.max_filter_ratio * self.total as f64;
        #[allow(clippy::cast_precision_loss)]
        let filtered = self.rejects.count as f64;
        if filtered > allowed { Err(Failure::TooManyFiltered) } else { Ok(()) }
    }
}

/// Hands over line by line, without the delimiter.
fn each_line(
    mut body: impl BufRead,
    delimiter: &[u8],
    mut take: impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let last = delimiter.last().copied().unwrap_or(b'\n');
    let mut line = Vec::new();
    loop {
        let read = body.read_until(last, &mut line)?;
        let complete = line.ends_with(delimiter);
        if read == 0 || complete {
            let end = if complete { line.len() - delimiter.len() } else { line.len() };
            if complete || end > 0 {
                take(&line[..end])?;
            }
            line.clear();
        }
        if read == 0 {
            return Ok(());
        }
    }
}
