//! The body of a load, made of a batch's records.

use crate::{
    config::{NullValues, Settings},
    json::{self, Malformed, Unwritable},
};
use bytes::{BufMut, Bytes, BytesMut};
use connector_api::{Batch, ConnectRecord, QueueOffset, RecordError, Value};
use std::ops::Range;

/// Rows of a batch as a load takes them, and the records that are no rows.
#[derive(Debug)]
pub(crate) struct Rows {
    /// JSON objects, one a line.
    pub(crate) body: Bytes,
    /// How many objects.
    pub(crate) count: usize,
    pub(crate) refused: Vec<RecordError>,
    /// Offsets of the batch that are no rows: refused, left out, or taken out by the host before. Not those that the broker has
    /// dropped since.
    pub(crate) gaps: Vec<Range<QueueOffset>>,
}

/// Makes rows, in one buffer that serves batch after batch.
#[derive(Debug)]
pub(crate) struct RowWriter {
    buffer: BytesMut,
    limit: usize,
    null_values: NullValues,
}

/// Why a record is no row.
#[derive(Debug, thiserror::Error)]
enum NotARow {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    #[error("{length} bytes long, and doris.record.max.bytes allows {limit}")]
    TooLong { length: usize, limit: usize },
    #[error(
        "no value (a tombstone): deletes are not supported yet; behavior.on.null.values=ignore leaves such records out"
    )]
    Null,
}

impl RowWriter {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { buffer: BytesMut::new(), limit: settings.record_limit, null_values: settings.null_values }
    }

    /// Copies the records of `batch` into the buffer, each once.
    pub(crate) fn write(&mut self, batch: &Batch) -> Rows {
        self.buffer.clear();
        let raw_length = |r: &ConnectRecord| r.value().as_raw().map_or(0, |raw| raw.len() + 1);
        self.buffer.reserve(batch.records().iter().map(raw_length).sum());
        let mut count = 0;
        let (mut refused, mut gaps) = (Vec::new(), Vec::new());
        // What the broker has dropped since the batch got its label is no reason for another one.
        let missing = |from: QueueOffset, to| from.max(batch.gone_below())..to;
        let mut expected = batch.id().first;
        for record in batch.records() {
            let (offset, next) = (record.offset(), record.offset().next());
            add_gap(&mut gaps, missing(expected, offset));
            expected = next;
            if self.leaves_out(record) {
                add_gap(&mut gaps, offset..next);
                continue;
            }
            let start = self.buffer.len();
            match self.row(record.value()) {
                Ok(()) => {
                    self.buffer.put_u8(b'\n');
                    count += 1;
                }
                Err(error) => {
                    self.buffer.truncate(start);
                    refused.push(RecordError { offset, reason: error.to_string() });
                    add_gap(&mut gaps, offset..next);
                }
            }
        }
        add_gap(&mut gaps, missing(expected, batch.id().next));
        Rows { body: self.buffer.split().freeze(), count, refused, gaps }
    }

    /// Whether a record without a value is passed over, as the operator asked.
    pub(crate) fn leaves_out(&self, record: &ConnectRecord) -> bool {
        self.null_values == NullValues::LeaveOut && *record.value() == Value::Null
    }

    fn row(&mut self, value: &Value) -> Result<(), NotARow> {
        let Some(raw) = value.as_raw() else {
            if *value == Value::Null {
                return Err(NotARow::Null);
            }
            let start = self.buffer.len();
            json::write_object(value, &mut self.buffer)?;
            return self.within_limit(self.buffer.len() - start);
        };
        self.within_limit(raw.len())?;
        let shape = json::scan(raw)?;
        let object = &raw[shape.start..shape.end];
        match shape.has_line_breaks {
            true => json::append_on_one_line(object, &mut self.buffer),
            false => self.buffer.extend_from_slice(object),
        }
        Ok(())
    }

    fn within_limit(&self, length: usize) -> Result<(), NotARow> {
        let limit = self.limit;
        if length > limit { Err(NotARow::TooLong { length, limit }) } else { Ok(()) }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;
    use connector_api::{BatchId, QueueId, QueueOffset};
    use std::sync::Arc;

    fn batch(values: Vec<Value>) -> Batch {
        let offset = |n: usize| QueueOffset::new(i64::try_from(n).unwrap()).unwrap();
        let queue = QueueId { topic: "t".into(), broker: "b".into(), queue: 0 };
        let id = BatchId {
            connector: "c".parse().unwrap(),
            queue: Arc::new(queue),
            generation: 0,
            first: offset(0),
            next: offset(values.len()),
        };
        let records = values.into_iter().enumerate().map(|(n, v)| ConnectRecord::new(offset(n), v));
        Batch::new(id, records.collect())
    }

    fn writer(null_values: NullValues) -> RowWriter {
        RowWriter { buffer: BytesMut::new(), limit: 100, null_values }
    }

    fn text(text: &str) -> Value {
        Value::String(text.into())
    }

    #[track_caller]
    fn check(values: Vec<Value>, body: &str, refused: &[(i64, &str)]) {
        let rows = writer(NullValues::Refuse).write(&batch(values));
        assert_eq!(std::str::from_utf8(&rows.body).unwrap(), body);
        assert_eq!(rows.count, body.lines().count());
        let found: Vec<_> = rows.refused.iter().map(|e| (e.offset.get(), e.reason.as_str())).collect();
        assert_eq!(found, refused);
    }

    #[test]
    fn each_record_is_a_line() {
        check(
            vec![
                text("{\"a\":1}"),
                Value::Bytes(Bytes::from_static(b" {\"a\":\n  2}\n")),
                Value::Struct(vec![("a".into(), Value::Int8(3))]),
            ],
            "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n",
            &[],
        );
    }

    #[test]
    fn what_is_no_row_is_refused_with_its_offset_and_the_rest_stays() {
        check(
            vec![
                text("{\"a\":1}"),
                text("nonsense"),
                text("{}{}"),
                Value::Int8(1),
                text("{\"a\":2}"),
                Value::Null,
            ],
            "{\"a\":1}\n{\"a\":2}\n",
            &[
                (1, "not JSON from byte 0 on"),
                (2, "more than one JSON value: another begins at byte 2"),
                (3, "not a JSON object but an integer; a row needs a map or a struct"),
                (
                    5,
                    "no value (a tombstone): deletes are not supported yet; behavior.on.null.values=ignore leaves such \
                     records out",
                ),
            ],
        );
    }

    #[test]
    fn a_record_that_is_too_long_is_refused_whatever_its_kind() {
        let long = "x".repeat(100);
        check(
            vec![text(&format!("{{\"a\":\"{long}\"}}")), Value::Struct(vec![("a".into(), text(&long))])],
            "",
            &[
                (0, "108 bytes long, and doris.record.max.bytes allows 100"),
                (1, "108 bytes long, and doris.record.max.bytes allows 100"),
            ],
        );
    }

    #[test]
    fn records_without_a_value_are_left_out_when_asked() {
        let rows = writer(NullValues::LeaveOut).write(&batch(vec![Value::Null, text("{}")]));
        assert_eq!((&rows.body[..], rows.count, rows.refused.len()), (&b"{}\n"[..], 1, 0));
    }

    #[test]
    fn offsets_that_are_no_rows_are_gaps_whether_refused_left_out_or_never_there() {
        let check = |null_values, values: Vec<Value>, expected: &[(i64, i64)]| {
            let rows = writer(null_values).write(&batch(values));
            let gaps: Vec<_> = rows.gaps.iter().map(|gap| (gap.start.get(), gap.end.get())).collect();
            assert_eq!(gaps, expected);
        };
        let row = || text("{}");
        check(NullValues::Refuse, vec![row(), row()], &[]);
        for null_values in [NullValues::Refuse, NullValues::LeaveOut] {
            check(null_values, vec![row(), Value::Null, text("oops"), row(), Value::Null], &[(1, 3), (4, 5)]);
        }
        let whole = batch(vec![row(), row(), row()]);
        let id = whole.id().clone();
        let thinned = Batch::new(id, whole.into_records().into_iter().skip(1).take(1).collect());
        let gaps = writer(NullValues::Refuse).write(&thinned).gaps;
        assert_eq!(
            gaps.iter().map(|gap| (gap.start.get(), gap.end.get())).collect::<Vec<_>>(),
            [(0, 1), (2, 3)]
        );
    }

    #[test]
    fn what_the_broker_has_dropped_changes_no_label_and_what_is_refused_does() {
        let label = |word: &str, dropped: Range<usize>| {
            // A row each, but an "x" is none.
            let values = word.chars().map(|c| if c == 'x' { text("oops") } else { text("{}") });
            let whole = batch(values.collect());
            let id = whole.id().clone();
            let left = (0..).zip(whole.into_records()).filter(|(n, _)| !dropped.contains(n)).map(|(_, r)| r);
            let gone_below = QueueOffset::new(i64::try_from(dropped.end).unwrap()).unwrap();
            let left = Batch::new(id.clone(), left.collect()).with_gone_below(gone_below);
            Label::new(&id, "d", "t", &writer(NullValues::Refuse).write(&left).gaps)
        };
        let check = |word, dropped: Range<usize>| {
            assert_eq!(label(word, dropped.clone()), label(word, 0..0), "{word} without {dropped:?}");
        };
        check("ooooo", 0..3);
        check("oooxo", 0..3);
        check("oooxo", 0..2);
        // Dropped while the batch was read again, behind what had been read by then.
        check("ooooo", 1..3);
        check("xoooo", 1..3);
        assert_ne!(label("oooxo", 0..2), label("ooooo", 0..2));
        assert_ne!(label("ooxoo", 0..3), label("ooxoo", 0..0), "what was refused of those cannot be known");
    }

    #[test]
    fn the_buffer_is_used_again_once_the_load_let_go_of_it() {
        let mut writer = writer(NullValues::Refuse);
        let rows = batch(vec![text("{\"a\":1}"); 50]);
        let first = writer.write(&rows).body.as_ptr();
        assert_eq!(writer.write(&rows).body.as_ptr(), first);
    }
}
