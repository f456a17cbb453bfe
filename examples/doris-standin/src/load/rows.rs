//! The rows of a body, one after another: read, cast, and written or rejected.

use std::io::BufRead;

use super::csv::{self, Dialect};
use super::format::{Format, JsonLayout};
use super::json::{self, JsonError};
use super::json_order::KeyOrder;
use super::lines::each_line;
use super::plan::{Fate, Plan, Rejected};
use super::rejects::Rejects;
use super::run::Failure;
use super::settings::Settings;
use super::source::Source;
use crate::store::{NewKeys, RowWriter, Update, Written};

/// What some programs put at the top of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Rows in a block (Doris: `batch_size`).
const BLOCK: u64 = 4064;
const NOT_UTF8: &str = "Unable to display, only support csv data in utf8 codec";

/// The rows of one load.
pub(super) struct Rows<'l> {
    plan: &'l Plan,
    settings: &'l Settings,
    pub(super) total: u64,
    /// Rows that do not fulfil `where`.
    pub(super) unselected: u64,
    pub(super) rejects: Rejects,
}

impl<'l> Rows<'l> {
    pub(super) fn new(plan: &'l Plan, settings: &'l Settings) -> Self {
        Self { plan, settings, total: 0, unselected: 0, rejects: Rejects::default() }
    }

    /// Rows that were written.
    pub(super) fn loaded(&self) -> u64 {
        self.total - self.unselected - self.rejects.count
    }

    /// Reads a body to its end.
    pub(super) fn read(&mut self, writer: &mut RowWriter<'_>, body: impl BufRead) -> Result<(), Failure> {
        match &self.settings.format {
            Format::Json(layout) => self.read_json(writer, body, layout),
            Format::Csv(dialect) => self.read_csv(writer, body, dialect),
        }
    }

    fn read_json(
        &mut self,
        writer: &mut RowWriter<'_>,
        mut body: impl BufRead,
        layout: &JsonLayout,
    ) -> Result<(), Failure> {
        if layout.by_line {
            return each_line(body, &layout.line_delimiter, |line| self.document(writer, line, layout));
        }
        let mut document = Vec::new();
        body.read_to_end(&mut document)?;
        self.document(writer, &document, layout)
    }

    fn document(
        &mut self,
        writer: &mut RowWriter<'_>,
        json: &[u8],
        layout: &JsonLayout,
    ) -> Result<(), Failure> {
        let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
        if json.is_empty() {
            return Ok(());
        }
        let inside = match json::root(layout, json) {
            Ok(inside) => inside,
            Err(error) => return self.reject_json(&error, json),
        };
        if !layout.strip_outer_array {
            return self.json_row(writer, inside, layout, None);
        }
        let elements = match json::array(layout, inside) {
            Ok(elements) => elements,
            Err(error) => return self.reject_json(&error, json),
        };
        let first = elements.first().filter(|_| layout.fuzzy);
        let order = first.and_then(|first| KeyOrder::of(self.plan, first.get()));
        elements.iter().try_for_each(|element| {
            let json = element.get().as_bytes();
            match json::element(json) {
                Ok(()) => self.json_row(writer, json, layout, order.as_ref()),
                Err(error) => self.reject_json(&error, json),
            }
        })
    }

    fn json_row(
        &mut self,
        writer: &mut RowWriter<'_>,
        json: &[u8],
        layout: &JsonLayout,
        order: Option<&KeyOrder>,
    ) -> Result<(), Failure> {
        let read = |fields: &mut Vec<_>| json::object(self.plan, layout, order, json, fields);
        let mut fields = Vec::new();
        if let Err(error) = read(&mut fields) {
            return self.reject_json(&error, json);
        }
        let taken = write(self.plan, writer, &mut fields)?;
        // Casting took the fields: they are read once more for the log, where they were readable before.
        self.taken(&taken, || {
            read(&mut fields).unwrap_or_default();
            shown(&fields)
        })
    }

    fn read_csv(
        &mut self,
        writer: &mut RowWriter<'_>,
        mut body: impl BufRead,
        dialect: &Dialect,
    ) -> Result<(), Failure> {
        let mut skip = dialect.skip_lines;
        let mut first = true;
        let mut take = |line: &[u8]| {
            let top = std::mem::take(&mut first);
            if skip > 0 {
                skip -= 1;
                return Ok(());
            }
            let line = if top { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
            self.csv_line(writer, line, dialect)
        };
        if dialect.enclose.is_none() {
            return each_line(body, &dialect.line_delimiter, take);
        }
        let mut whole = Vec::new();
        body.read_to_end(&mut whole)?;
        csv::lines(dialect, &whole, &mut take)
    }

    fn csv_line(
        &mut self,
        writer: &mut RowWriter<'_>,
        line: &[u8],
        dialect: &Dialect,
    ) -> Result<(), Failure> {
        // Lines with nothing in them are no rows.
        if line.is_empty() {
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(line) else {
            return self.reject(NOT_UTF8, b"Unable to display");
        };
        let read = |fields: &mut Vec<_>| csv::line(self.plan, text, dialect, fields);
        let mut fields = Vec::new();
        if let Err(reason) = read(&mut fields) {
            return self.reject(&reason, line);
        }
        let taken = write(self.plan, writer, &mut fields)?;
        self.taken(&taken, || {
            read(&mut fields).unwrap_or_default();
            shown(&fields)
        })
    }

    /// Counts a row that was read; `shown` is what the log shows of it.
    fn taken(&mut self, taken: &Taken, shown: impl FnOnce() -> String) -> Result<(), Failure> {
        self.total += 1;
        match taken {
            Taken::Loaded => {}
            Taken::Unselected => self.unselected += 1,
            Taken::NewKey => self.rejects.count += 1,
            Taken::Misfit(rejected) => {
                let shown = if rejected.shows_row() { shown() } else { String::new() };
                self.rejects.add(&rejected.to_string(), shown.as_bytes());
            }
        }
        self.end_block()
    }

    fn reject_json(&mut self, error: &JsonError, json: &[u8]) -> Result<(), Failure> {
        match error {
            JsonError::SeveralOnALine => Err(Failure::Quality(error.to_string())),
            error => self.reject(&error.to_string(), json),
        }
    }

    /// Counts a row that cannot be read; whoever reads looks at once whether to go on.
    fn reject(&mut self, reason: &str, source: &[u8]) -> Result<(), Failure> {
        self.total += 1;
        self.rejects.add(reason, source);
        self.stop_if_hopeless()
    }

    /// Rows are cast a block at a time, and it is looked behind each whether to go on.
    fn end_block(&self) -> Result<(), Failure> {
        if self.total.is_multiple_of(BLOCK) { self.stop_if_hopeless() } else { Ok(()) }
    }

    /// A load that tolerates no bad rows ends once its log is full.
    fn stop_if_hopeless(&self) -> Result<(), Failure> {
        let tolerant = self.settings.max_filter_ratio > 0.0 || self.settings.group.is_some();
        if self.rejects.are_too_many() && !tolerant { Err(Failure::TooManyFiltered) } else { Ok(()) }
    }
}

/// What became of a row that was read.
enum Taken {
    Loaded,
    Unselected,
    /// Filtered without a word in the log, as its key is not there.
    NewKey,
    Misfit(Rejected),
}

/// Casts and writes a row.
fn write(
    plan: &Plan,
    writer: &mut RowWriter<'_>,
    fields: &mut [Option<Source<'_>>],
) -> Result<Taken, Failure> {
    let row = match plan.row(fields) {
        Ok(Fate::Written(row)) => row,
        Ok(Fate::Unselected) => return Ok(Taken::Unselected),
        Err(rejected) => return Ok(Taken::Misfit(rejected)),
    };
    match (writer.write(&row)?, row.update.as_deref()) {
        (Written::NewKey, Some(Update { new_keys: NewKeys::Refused { column }, .. })) => {
            Err(Failure::NewKey { column: column.clone() })
        }
        (Written::NewKey, _) => Ok(Taken::NewKey),
        (Written::Done, _) => Ok(Taken::Loaded),
    }
}

/// A row as the log of bad rows shows one that was read but does not fit: its fields, as texts.
fn shown(fields: &[Option<Source<'_>>]) -> String {
    let fields: Vec<&str> = fields.iter().map(|field| field.as_ref().map_or("NULL", Source::shown)).collect();
    fields.join(" ")
}
