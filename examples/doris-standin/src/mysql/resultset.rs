//! Answers as packets: OK, error, and rows in the text and the binary form.

use super::packet::{put_length, put_text};
use crate::sql::{ResultColumn, ResultType, SqlError};
use crate::store::Cell;

const UTF8_GENERAL_CI: u16 = 33;
const BINARY: u16 = 63;
/// More results follow.
pub(super) const MORE_RESULTS: u16 = 0x8;

/// The packet of a statement without rows.
pub(super) fn ok(affected: u64, status: u16, info: &str) -> Vec<u8> {
    let mut packet = vec![0];
    put_length(&mut packet, affected);
    put_length(&mut packet, 0);
    packet.extend_from_slice(&status.to_le_bytes());
    packet.extend_from_slice(&[0, 0]);
    if !info.is_empty() {
        put_text(&mut packet, info);
    }
    packet
}

/// The packet that ends columns and rows.
pub(super) fn end(status: u16) -> Vec<u8> {
    let status = status.to_le_bytes();
    vec![0xfe, 0, 0, status[0], status[1]]
}

/// The packet of an error.
pub(super) fn error(error: &SqlError) -> Vec<u8> {
    let mut packet = vec![0xff];
    packet.extend_from_slice(&error.code.to_le_bytes());
    packet.push(b'#');
    packet.extend_from_slice(error.state.as_bytes());
    packet.extend_from_slice(error.message.as_bytes());
    packet
}

/// The packet that describes a column.
pub(super) fn column(column: &ResultColumn) -> Vec<u8> {
    let (code, length, decimals) = wire_type(column.result_type);
    let charset = if column.result_type == ResultType::Text { UTF8_GENERAL_CI } else { BINARY };
    let mut packet = Vec::new();
    put_text(&mut packet, "def");
    for text in ["", "", "", &column.name, &column.name] {
        put_text(&mut packet, text);
    }
    packet.push(0x0c);
    packet.extend_from_slice(&charset.to_le_bytes());
    packet.extend_from_slice(&length.to_le_bytes());
    packet.push(code);
    packet.extend_from_slice(&[0, 0, decimals, 0, 0]);
    packet
}

/// Type code, display length and decimals.
fn wire_type(result_type: ResultType) -> (u8, u32, u8) {
    match result_type {
        ResultType::TinyInt => (1, 4, 0),
        ResultType::SmallInt => (2, 6, 0),
        ResultType::Int => (3, 11, 0),
        ResultType::BigInt => (8, 20, 0),
        ResultType::Float => (4, 12, 31),
        ResultType::Double => (5, 22, 31),
        ResultType::Decimal { scale } => (246, 40, scale),
        ResultType::Date => (10, 10, 0),
        ResultType::DateTime { scale } => (12, 26, scale),
        ResultType::Text => (253, 65_533 * 4, 0),
    }
}

/// A row in the text form.
pub(super) fn text_row(columns: &[ResultColumn], cells: &[Cell<'_>]) -> Vec<u8> {
    let mut packet = Vec::new();
    for (column, cell) in columns.iter().zip(cells) {
        match shown(column.result_type, cell) {
            None => packet.push(0xfb),
            Some(text) => put_text(&mut packet, &text),
        }
    }
    packet
}

/// A row in the binary form of prepared statements.
pub(super) fn binary_row(columns: &[ResultColumn], cells: &[Cell<'_>]) -> Vec<u8> {
    let mut nulls = vec![0_u8; (columns.len() + 7 + 2) / 8];
    let mut values = Vec::new();
    for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
        let Some(text) = shown(column.result_type, cell) else {
            nulls[(index + 2) / 8] |= 1 << ((index + 2) % 8);
            continue;
        };
        binary_value(column.result_type, cell, &text, &mut values);
    }
    let mut packet = vec![0];
    packet.append(&mut nulls);
    packet.append(&mut values);
    packet
}

#[allow(clippy::cast_possible_truncation)]
fn binary_value(result_type: ResultType, cell: &Cell<'_>, text: &str, out: &mut Vec<u8>) {
    let whole = match cell {
        Cell::Integer(number) => *number,
        _ => text.parse().unwrap_or_default(),
    };
    let real = || text.parse::<f64>().unwrap_or_default();
    match result_type {
        // The column's type was checked when the value was written, so these cannot lose digits.
        ResultType::TinyInt => out.push(whole.to_le_bytes()[0]),
        ResultType::SmallInt => out.extend_from_slice(&whole.to_le_bytes()[..2]),
        ResultType::Int => out.extend_from_slice(&whole.to_le_bytes()[..4]),
        ResultType::BigInt => out.extend_from_slice(&whole.to_le_bytes()),
        ResultType::Float => out.extend_from_slice(&(real() as f32).to_le_bytes()),
        ResultType::Double => out.extend_from_slice(&real().to_le_bytes()),
        ResultType::Date | ResultType::DateTime { .. } => binary_time(text, out),
        ResultType::Decimal { .. } | ResultType::Text => put_text(out, text),
    }
}

/// `YYYY-MM-DD[ HH:MM:SS[.ffffff]]` in the protocol's packed form.
fn binary_time(text: &str, out: &mut Vec<u8>) {
    let part = |range: std::ops::Range<usize>| {
        text.get(range).and_then(|digits| digits.parse::<u16>().ok()).unwrap_or(0)
    };
    let byte = |range| part(range).to_le_bytes()[0];
    let micros: u32 = text.get(20..).and_then(|digits| format!("{digits:0<6}").parse().ok()).unwrap_or(0);
    let length = match (text.len() > 10, micros > 0) {
        (false, _) => 4,
        (true, false) => 7,
        (true, true) => 11,
    };
    out.push(length);
    out.extend_from_slice(&part(0..4).to_le_bytes());
    out.extend_from_slice(&[byte(5..7), byte(8..10)]);
    if length >= 7 {
        out.extend_from_slice(&[byte(11..13), byte(14..16), byte(17..19)]);
    }
    if length == 11 {
        out.extend_from_slice(&micros.to_le_bytes());
    }
}

fn shown(result_type: ResultType, cell: &Cell<'_>) -> Option<String> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => real_text(result_type, *number),
        Cell::Text(text) => text.clone().into_owned(),
    })
}

#[allow(clippy::cast_possible_truncation)]
fn real_text(result_type: ResultType, number: f64) -> String {
    if result_type == ResultType::Float { (number as f32).to_string() } else { number.to_string() }
}
