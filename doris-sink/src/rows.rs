//! The rows of a batch, one body a table.
//!
//! The way of a record: `unwrap` tells which rows it holds, `route` which table each goes to, `encode` how it is written. A record
//! with a row that cannot be had is refused as a whole, and leaves nothing behind.

mod csv;
mod encode;
pub(crate) mod logical;
mod part;
mod row;
mod table;
mod unwrap;

pub(crate) use csv::{CsvColumns, SEPARATOR as CSV_SEPARATOR};
pub(crate) use part::Part;
pub(crate) use row::DELETE_SIGN;
pub(crate) use table::{Framing, TableRows};

use crate::{
    config::Settings,
    json::{Malformed, Unwritable},
    route::{NotRouted, Route, TableName, Unmapped},
};
use connector_api::{Batch, ConnectRecord, RecordError};
use encode::Encoder;
use row::Row;
use table::TableBuffer;
use unwrap::Unwrapper;

/// How many tables' buffers are kept for the next batch.
const BUFFERS: usize = 64;

/// Rows of a batch as loads take them, and the records that are no rows.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Tables with at least one row, in the order in which they were met.
    pub(crate) tables: Vec<TableRows>,
    pub(crate) refused: Vec<RecordError>,
}

/// Makes rows, in buffers that serve batch after batch.
#[derive(Debug)]
pub(crate) struct RowWriter {
    route: Route,
    unwrapper: Unwrapper,
    encoder: Encoder,
    framing: Framing,
    buffers: Vec<TableBuffer>,
}

/// Why a record is no row.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotARow {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    #[error(transparent)]
    NotRouted(#[from] NotRouted),
    #[error("{length} bytes long, and doris.record.max.bytes allows {limit}")]
    TooLong { length: usize, limit: usize },
    #[error(
        "no value (a tombstone); behavior.on.null.values=ignore leaves such records out, delete deletes the row with their key"
    )]
    Null,
    #[error("no value (a tombstone) and no key, so no row is named to be deleted")]
    NoKey,
    #[error(
        "no value (a tombstone), and its key is no object; name the column that it is of in record.key.column"
    )]
    KeyColumn,
    #[error("a row to be deleted; set enable.delete=true, which needs a unique-key table")]
    Delete,
    #[error("the schema beside it cannot be read: {0}")]
    Schema(String),
    #[error("{0}")]
    Event(String),
}

impl RowWriter {
    /// Rows as `settings` want them; `csv` are the columns where they are lines of CSV.
    pub(crate) fn new(settings: &Settings, csv: Option<CsvColumns>) -> Self {
        Self {
            route: settings.route.clone(),
            unwrapper: Unwrapper::new(settings),
            encoder: Encoder {
                csv,
                limit: settings.record_limit,
                moments: settings.moments,
                deletes: settings.deletes,
            },
            framing: settings.properties.framing(),
            buffers: Vec::new(),
        }
    }

    /// Copies the records of `batch` into the buffers of their tables, each once.
    ///
    /// # Errors
    /// [`Unmapped`] when the topic has no table, which is wrong with the configuration and not with a record.
    pub(crate) fn write(&mut self, batch: &Batch) -> Result<Rows, Unmapped> {
        let topic = &batch.id().queue.topic;
        // Where the topic decides it does so once a batch.
        let fixed = self.route.of_topic(topic)?.map(|table| {
            let index = buffer_of(&mut self.buffers, &table, self.framing);
            self.buffers[index].prepare(batch);
            index
        });
        let mut refused = Vec::new();
        for record in batch.records() {
            if let Err(error) = self.add(record, topic, fixed) {
                self.buffers.iter_mut().for_each(|buffer| buffer.take_back(record.offset()));
                refused.push(RecordError { offset: record.offset(), reason: error.to_string() });
            }
        }
        let tables = self.buffers.iter_mut().filter_map(TableBuffer::finish).collect();
        // Records may name ever other tables.
        self.buffers.truncate(BUFFERS);
        Ok(Rows { tables, refused })
    }

    /// Adds the rows of `record`, all to the buffer number `fixed` if there is one.
    fn add(&mut self, record: &ConnectRecord, topic: &str, fixed: Option<usize>) -> Result<(), NotARow> {
        let Self { route, unwrapper, encoder, framing, buffers } = self;
        unwrapper.unwrap(record, &mut |row: &Row<'_>| {
            let index = match fixed {
                Some(index) => index,
                None => {
                    let table = route.of(topic, record, |name| row.field(name))?;
                    buffer_of(buffers, &table, *framing)
                }
            };
            let buffer = &mut buffers[index];
            encoder.encode(row, buffer.out())?;
            buffer.end_row(record.offset());
            Ok(())
        })
    }
}

/// The number of the buffer of `table`; there are few, and records of one table mostly follow each other.
fn buffer_of(buffers: &mut Vec<TableBuffer>, table: &TableName, framing: Framing) -> usize {
    buffers.iter().position(|buffer| buffer.is_of(table)).unwrap_or_else(|| {
        buffers.push(TableBuffer::new(table.clone(), framing));
        buffers.len() - 1
    })
}

#[cfg(test)]
mod tests;
