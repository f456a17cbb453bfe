//! How a row is written into the body of a load.

use super::{
    NotARow,
    csv::CsvColumns,
    logical::Moments,
    row::{Change, DELETE_SIGN, Row, RowValue},
};
use crate::json;
use bytes::BytesMut;

/// Writes rows as JSON objects, or as lines of CSV.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    /// The columns of CSV, where that is what is written.
    pub(super) csv: Option<CsvColumns>,
    /// Most bytes of a row.
    pub(super) limit: usize,
    /// How moments are written.
    pub(super) moments: Moments,
    /// Whether each row says if it is to be deleted.
    pub(super) deletes: bool,
}

impl Encoder {
    /// Appends a row, without what separates it from the next. What was appended when it fails is for the caller to cut off.
    pub(super) fn encode(&self, row: &Row<'_>, out: &mut BytesMut) -> Result<(), NotARow> {
        let start = out.len();
        if let Some(columns) = &self.csv {
            columns.encode(row, self.moments, out)?;
            return self.within_limit(out.len() - start);
        }
        match &row.value {
            RowValue::Json { object, has_line_breaks } => {
                self.within_limit(object.len())?;
                match has_line_breaks {
                    true => json::append_on_one_line(object, out),
                    false => out.extend_from_slice(object),
                }
            }
            RowValue::Typed(value, schema) => json::write_object(value, *schema, self.moments, out)?,
            RowValue::Field(name, value) => json::write_field(name, value, out)?,
        }
        if self.deletes {
            sign(row, start, out);
        }
        self.within_limit(out.len() - start)
    }

    fn within_limit(&self, length: usize) -> Result<(), NotARow> {
        let limit = self.limit;
        if length > limit { Err(NotARow::TooLong { length, limit }) } else { Ok(()) }
    }
}

/// Adds the delete sign to the object that begins at `start`, unless the record has one of its own and is no delete.
fn sign(row: &Row<'_>, start: usize, out: &mut BytesMut) {
    let sign = match row.change {
        Change::Delete => "1",
        Change::Upsert if row.field(DELETE_SIGN).is_some() => return,
        Change::Upsert => "0",
    };
    // In front, as the first of two fields of one name counts.
    let is_empty = out[start + 1..].trim_ascii_start().starts_with(b"}");
    let field = format!("\"{DELETE_SIGN}\":{sign}{}", if is_empty { "" } else { "," });
    insert(field.as_bytes(), start + 1, out);
}

/// Moves what stands from `at` on to make room for `bytes`.
fn insert(bytes: &[u8], at: usize, out: &mut BytesMut) {
    let end = out.len();
    out.extend_from_slice(bytes);
    out.copy_within(at..end, at + bytes.len());
    out[at..at + bytes.len()].copy_from_slice(bytes);
}
