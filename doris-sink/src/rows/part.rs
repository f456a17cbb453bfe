//! A part of the rows of one table: what one load holds.

use super::table::{Framing, TableRows};
use bytes::{BufMut, Bytes, BytesMut};
use connector_api::{Batch, QueueOffset};
use std::ops::Range;

/// Some rows of a table, at least one of them. The rows of one record are always together.
#[derive(Debug, Clone)]
pub(crate) struct Part<'a> {
    of: &'a TableRows,
    /// Numbers of rows, in order, and none next to another.
    rows: Vec<Range<usize>>,
}

impl<'a> Part<'a> {
    pub(super) fn new(of: &'a TableRows, rows: Vec<Range<usize>>) -> Self {
        Self { of, rows }
    }

    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.iter().map(Range::len).sum()
    }

    /// The records that have rows here, each once, in order.
    pub(crate) fn offsets(&self) -> impl Iterator<Item = QueueOffset> {
        let mut last = None;
        let offsets = self.rows.iter().cloned().flatten().map(|row| self.of.offset(row));
        offsets.filter(move |offset| last.replace(*offset) != Some(*offset))
    }

    /// The body of a load of these rows; lines that follow each other are not copied.
    pub(crate) fn body(&self) -> Bytes {
        let parts = || self.rows.iter().map(|rows| self.of.bytes(rows.clone()));
        match (self.of.framing, &self.rows[..]) {
            (Framing::Lines, [rows]) => self.of.bytes(rows.clone()),
            (framing, _) => {
                let mut body = BytesMut::with_capacity(parts().map(|part| part.len()).sum::<usize>() + 1);
                if framing == Framing::Array {
                    body.put_u8(b'[');
                }
                parts().for_each(|part| body.extend_from_slice(&part));
                if framing == Framing::Array {
                    // In the place of the last comma.
                    body.truncate(body.len() - 1);
                    body.put_u8(b']');
                }
                body.freeze()
            }
        }
    }

    /// The rows one by one, without what stands between them, with the records that they are of.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (QueueOffset, Bytes)> {
        self.rows.iter().cloned().flatten().map(|row| {
            let bytes = self.of.bytes(row..row + 1);
            (self.of.offset(row), bytes.slice(..bytes.len() - 1))
        })
    }

    /// The first and the second half; `None` when these are the rows of one record.
    pub(crate) fn halves(&self) -> Option<(Self, Self)> {
        let offsets: Vec<_> = self.offsets().collect();
        let middle = *offsets.get(offsets.len() / 2).filter(|_| offsets.len() > 1)?;
        let first = self.only(|offset| offset < middle)?;
        Some((first, self.only(|offset| offset >= middle)?))
    }

    /// The rows of those records only for which `keep` says so; `None` when there are none.
    pub(crate) fn only(&self, mut keep: impl FnMut(QueueOffset) -> bool) -> Option<Self> {
        let mut rows: Vec<Range<usize>> = Vec::new();
        for row in self.rows.iter().cloned().flatten().filter(|row| keep(self.of.offset(*row))) {
            match rows.last_mut() {
                Some(last) if last.end == row => last.end = row + 1,
                _ => rows.push(row..row + 1),
            }
        }
        (!rows.is_empty()).then(|| Self::new(self.of, rows))
    }

    /// Offsets of the batch that have no rows here: refused, left out, taken out by the host before, of other tables or of other
    /// parts. Not those that the broker has dropped since the batch got its identity: they are no reason for another label.
    pub(crate) fn gaps(&self, batch: &Batch) -> Vec<Range<QueueOffset>> {
        let mut gaps = Vec::new();
        let missing = |from: QueueOffset, to| from.max(batch.gone_below())..to;
        let mut here = self.offsets().peekable();
        let mut expected = batch.id().first;
        for record in batch.records() {
            let (offset, next) = (record.offset(), record.offset().next());
            add_gap(&mut gaps, missing(expected, offset));
            expected = next;
            if here.next_if_eq(&offset).is_none() {
                add_gap(&mut gaps, offset..next);
            }
        }
        add_gap(&mut gaps, missing(expected, batch.id().next));
        gaps
    }
}

/// Adds a gap behind the others; one that goes on where the last ends is the same gap.
fn add_gap(gaps: &mut Vec<Range<QueueOffset>>, gap: Range<QueueOffset>) {
    match gaps.last_mut() {
        _ if gap.is_empty() => {}
        Some(last) if last.end == gap.start => last.end = gap.end,
        _ => gaps.push(gap),
    }
}
