//! The rows of one table: where they are collected, and what they are once all of a batch are there.

use super::part::Part;
use crate::config::TableName;
use bytes::{BufMut, Bytes, BytesMut};
use connector_api::{Batch, QueueOffset};
use std::ops::Range;

/// How rows become one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Each ends its line.
    Lines,
    /// They are the elements of one JSON array.
    Array,
}

impl Framing {
    /// What ends a row in the buffer: one byte.
    fn end(self) -> u8 {
        match self {
            Self::Lines => b'\n',
            Self::Array => b',',
        }
    }
}

/// Rows of a batch that go to one table.
#[derive(Debug)]
pub(crate) struct TableRows {
    pub(crate) table: TableName,
    pub(super) framing: Framing,
    bytes: Bytes,
    rows: Vec<Span>,
}

/// Where a row ends in the bytes; it begins where the one before it ends.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// The record that it is of. A record may have several rows, which follow each other.
    offset: QueueOffset,
    end: usize,
}

impl TableRows {
    /// All rows.
    pub(crate) fn whole(&self) -> Part<'_> {
        Part::new(self, std::iter::once(0..self.rows.len()).collect())
    }

    /// The record that row number `row` is of.
    pub(super) fn offset(&self, row: usize) -> QueueOffset {
        self.rows[row].offset
    }

    /// The bytes of some rows, each with its end.
    pub(super) fn bytes(&self, rows: Range<usize>) -> Bytes {
        let start = |row: usize| row.checked_sub(1).map_or(0, |before| self.rows[before].end);
        self.bytes.slice(start(rows.start)..start(rows.end))
    }
}

/// Where the rows of one table are collected, batch after batch.
#[derive(Debug)]
pub(super) struct TableBuffer {
    table: TableName,
    framing: Framing,
    buffer: BytesMut,
    rows: Vec<Span>,
}

impl TableBuffer {
    pub(super) fn new(table: TableName, framing: Framing) -> Self {
        Self { table, framing, buffer: BytesMut::new(), rows: Vec::new() }
    }

    pub(super) fn is_of(&self, table: &TableName) -> bool {
        self.table == *table
    }

    /// Takes the room that the batch needs if all of it goes here, at the first of its rows.
    pub(super) fn prepare(&mut self, batch: &Batch) {
        if self.rows.is_empty() && self.buffer.is_empty() {
            let records = batch.records().iter().filter_map(|record| record.value().as_raw());
            self.buffer.reserve(records.map(|raw| raw.len() + 1).sum());
            self.rows.reserve(batch.records().len());
        }
    }

    /// Where a row is written to; [`end_row`](Self::end_row) or [`take_back`](Self::take_back) follows.
    pub(super) fn out(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// What was written is a row of the record at `offset`.
    pub(super) fn end_row(&mut self, offset: QueueOffset) {
        self.buffer.put_u8(self.framing.end());
        self.rows.push(Span { offset, end: self.buffer.len() });
    }

    /// Forgets the rows of the last record, which is at `offset`, and what was written and is none.
    pub(super) fn take_back(&mut self, offset: QueueOffset) {
        while self.rows.pop_if(|row| row.offset == offset).is_some() {}
        self.buffer.truncate(self.rows.last().map_or(0, |row| row.end));
    }

    /// The rows, given away; `None` when there are none.
    pub(super) fn finish(&mut self) -> Option<TableRows> {
        if self.rows.is_empty() {
            return None;
        }
        let rows = std::mem::take(&mut self.rows);
        Some(TableRows {
            table: self.table.clone(),
            framing: self.framing,
            bytes: self.buffer.split().freeze(),
            rows,
        })
    }
}
