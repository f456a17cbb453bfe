//! Records in, bodies out.

use super::{logical::Moments, unwrap::Tombstones, *};
use crate::config::{Envelope, NullValues};
use crate::label::Label;
use bytes::Bytes;
use connector_api::{BatchId, ConnectorConfig, QueueId, QueueOffset, Value};
use std::{ops::Range, sync::Arc};

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
    let route = Route::read(&ConnectorConfig::default()).unwrap();
    let tombstones = Tombstones { policy: null_values, key_column: String::new() };
    let unwrapper = Unwrapper {
        envelope: Envelope::None,
        tombstones,
        delete_field: String::new(),
        deletes: false,
        moments: Moments::Utc,
    };
    RowWriter {
        route,
        unwrapper,
        encoder: Encoder { csv: None, limit: 100, moments: Moments::Utc, deletes: false },
        framing: Framing::Lines,
        buffers: Vec::new(),
    }
}

fn text(text: &str) -> Value {
    Value::String(text.into())
}

fn body_of(rows: &Rows) -> Bytes {
    rows.tables.first().map(|rows| rows.whole().body()).unwrap_or_default()
}

fn gaps_of(rows: &Rows, batch: &Batch) -> Vec<Range<QueueOffset>> {
    rows.tables[0].whole().gaps(batch)
}

fn numbers(gaps: &[Range<QueueOffset>]) -> Vec<(i64, i64)> {
    gaps.iter().map(|gap| (gap.start.get(), gap.end.get())).collect()
}

#[track_caller]
fn check(values: Vec<Value>, body: &str, refused: &[(i64, &str)]) {
    let rows = writer(NullValues::Refuse).write(&batch(values)).unwrap();
    assert_eq!(std::str::from_utf8(&body_of(&rows)).unwrap(), body);
    assert_eq!(rows.tables.first().map_or(0, |rows| rows.whole().len()), body.lines().count());
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
                "no value (a tombstone); behavior.on.null.values=ignore leaves such records out, delete deletes the row with \
                     their key",
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
    let rows = writer(NullValues::LeaveOut).write(&batch(vec![Value::Null, text("{}")])).unwrap();
    assert_eq!((&body_of(&rows)[..], rows.refused.len()), (&b"{}\n"[..], 0));
}

#[test]
fn offsets_that_are_no_rows_are_gaps_whether_refused_left_out_or_never_there() {
    let check = |null_values, values: Vec<Value>, expected: &[(i64, i64)]| {
        let batch = batch(values);
        let gaps = gaps_of(&writer(null_values).write(&batch).unwrap(), &batch);
        assert_eq!(numbers(&gaps), expected);
    };
    let row = || text("{}");
    check(NullValues::Refuse, vec![row(), row()], &[]);
    for null_values in [NullValues::Refuse, NullValues::LeaveOut] {
        check(null_values, vec![row(), Value::Null, text("oops"), row(), Value::Null], &[(1, 3), (4, 5)]);
    }
    let whole = batch(vec![row(), row(), row()]);
    let id = whole.id().clone();
    let thinned = Batch::new(id, whole.into_records().into_iter().skip(1).take(1).collect());
    let gaps = gaps_of(&writer(NullValues::Refuse).write(&thinned).unwrap(), &thinned);
    assert_eq!(numbers(&gaps), [(0, 1), (2, 3)]);
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
        let rows = writer(NullValues::Refuse).write(&left).unwrap();
        Label::new(&id, "d", "t", &gaps_of(&rows, &left))
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
    let first = body_of(&writer.write(&rows).unwrap()).as_ptr();
    assert_eq!(body_of(&writer.write(&rows).unwrap()).as_ptr(), first);
}

#[test]
fn parts_of_a_batch_have_its_rows_between_them_and_gaps_where_the_others_are() {
    let batch = batch((0..5).map(|n| text(&format!("{{\"a\":{n}}}"))).collect());
    let rows = writer(NullValues::Refuse).write(&batch).unwrap();
    let whole = rows.tables[0].whole();
    let check = |part: &Part<'_>, body: &str, gaps: &[(i64, i64)]| {
        assert_eq!(std::str::from_utf8(&part.body()).unwrap(), body);
        assert_eq!(numbers(&part.gaps(&batch)), gaps);
        assert_eq!(part.len(), body.lines().count());
        let rows: Vec<_> = part.rows().map(|(_, row)| String::from_utf8(row.to_vec()).unwrap()).collect();
        assert_eq!(rows, body.lines().collect::<Vec<_>>());
    };
    let (first, second) = whole.halves().unwrap();
    check(&first, "{\"a\":0}\n{\"a\":1}\n", &[(2, 5)]);
    check(&second, "{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n", &[(0, 2)]);
    let odd = whole.only(|offset| offset.get() % 2 == 1).unwrap();
    check(&odd, "{\"a\":1}\n{\"a\":3}\n", &[(0, 1), (2, 3), (4, 5)]);
    let (one, three) = odd.halves().unwrap();
    check(&one, "{\"a\":1}\n", &[(0, 1), (2, 5)]);
    check(&three, "{\"a\":3}\n", &[(0, 3), (4, 5)]);
    assert!(one.halves().is_none() && one.only(|_| false).is_none());
}

#[test]
fn rows_of_any_part_can_be_one_array() {
    let batch = batch((0..3).map(|n| text(&format!("{{\"a\":{n}}}"))).collect());
    let mut writer = RowWriter { framing: Framing::Array, ..writer(NullValues::Refuse) };
    let rows = writer.write(&batch).unwrap();
    let whole = rows.tables[0].whole();
    let check = |part: &Part<'_>, expected: &str| {
        assert_eq!(std::str::from_utf8(&part.body()).unwrap(), expected);
    };
    check(&whole, "[{\"a\":0},{\"a\":1},{\"a\":2}]");
    check(&whole.only(|offset| offset.get() != 1).unwrap(), "[{\"a\":0},{\"a\":2}]");
    check(&whole.halves().unwrap().0, "[{\"a\":0}]");
    assert_eq!(whole.rows().last().unwrap().1, "{\"a\":2}");
}
