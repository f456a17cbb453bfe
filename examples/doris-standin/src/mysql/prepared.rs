//! Prepared statements: parameters are put into the text as literals, then the statement runs as any other.

use std::collections::HashMap;

use super::packet::Reader;
use crate::sql::SqlError;

/// The statements one client has prepared.
#[derive(Debug, Default)]
pub(super) struct PreparedStatements {
    last_id: u32,
    statements: HashMap<u32, Prepared>,
}

#[derive(Debug)]
struct Prepared {
    /// The text between the parameters; one more piece than there are parameters.
    pieces: Vec<String>,
    types: Vec<(u8, bool)>,
    long_data: HashMap<u16, Vec<u8>>,
}

impl PreparedStatements {
    /// Keeps a statement; returns its id and how many parameters it has.
    pub(super) fn prepare(&mut self, sql: &str) -> (u32, u16) {
        self.last_id += 1;
        let pieces = split_parameters(sql);
        let count = u16::try_from(pieces.len() - 1).unwrap_or(u16::MAX);
        self.statements
            .insert(self.last_id, Prepared { pieces, types: Vec::new(), long_data: HashMap::new() });
        (self.last_id, count)
    }

    pub(super) fn close(&mut self, id: u32) {
        self.statements.remove(&id);
    }

    /// Forgets data sent ahead for a statement.
    pub(super) fn reset(&mut self, id: u32) {
        if let Some(statement) = self.statements.get_mut(&id) {
            statement.long_data.clear();
        }
    }

    /// Takes a piece of a long parameter (COM_STMT_SEND_LONG_DATA).
    pub(super) fn long_data(&mut self, payload: &[u8]) {
        let mut reader = Reader(payload);
        let (Some(id), Some(parameter)) = (reader.number().map(u32::from_le_bytes), reader.number()) else {
            return;
        };
        if let Some(statement) = self.statements.get_mut(&id) {
            statement.long_data.entry(u16::from_le_bytes(parameter)).or_default().extend_from_slice(reader.0);
        }
    }

    /// The text to run for a COM_STMT_EXECUTE payload.
    pub(super) fn bind(&mut self, payload: &[u8]) -> Result<String, SqlError> {
        let mut reader = Reader(payload);
        let id = reader.number().map(u32::from_le_bytes).ok_or_else(malformed)?;
        // Cursor type and iteration count.
        reader.take(5).ok_or_else(malformed)?;
        let statement = self.statements.get_mut(&id).ok_or_else(|| {
            SqlError::numbered(1243, "HY000", format_args!("Unknown prepared statement {id}"))
        })?;
        statement.bind(reader).ok_or_else(malformed)
    }
}

impl Prepared {
    fn bind(&mut self, mut reader: Reader<'_>) -> Option<String> {
        let count = self.pieces.len() - 1;
        let mut sql = self.pieces.first()?.clone();
        if count == 0 {
            return Some(sql);
        }
        let nulls = reader.take(count.div_ceil(8))?;
        if reader.byte()? == 1 {
            self.types = (0..count)
                .map(|_| reader.number::<2>().map(|[code, flags]| (code, flags & 0x80 != 0)))
                .collect::<Option<_>>()?;
        }
        let long_data = std::mem::take(&mut self.long_data);
        for index in 0..count {
            let sent = u16::try_from(index).ok().and_then(|index| long_data.get(&index));
            if let Some(bytes) = sent {
                sql.push_str(&literal(&String::from_utf8_lossy(bytes)));
            } else if nulls[index / 8] & (1 << (index % 8)) != 0 {
                sql.push_str("NULL");
            } else {
                let (code, unsigned) = *self.types.get(index)?;
                sql.push_str(&value(&mut reader, code, unsigned)?);
            }
            sql.push_str(&self.pieces[index + 1]);
        }
        Some(sql)
    }
}

/// One parameter as an SQL literal.
fn value(reader: &mut Reader<'_>, code: u8, unsigned: bool) -> Option<String> {
    Some(match code {
        1 if unsigned => reader.byte()?.to_string(),
        1 => i8::from_le_bytes(reader.number()?).to_string(),
        2 | 13 if unsigned => u16::from_le_bytes(reader.number()?).to_string(),
        2 | 13 => i16::from_le_bytes(reader.number()?).to_string(),
        3 | 9 if unsigned => u32::from_le_bytes(reader.number()?).to_string(),
        3 | 9 => i32::from_le_bytes(reader.number()?).to_string(),
        8 if unsigned => u64::from_le_bytes(reader.number()?).to_string(),
        8 => i64::from_le_bytes(reader.number()?).to_string(),
        4 => f32::from_le_bytes(reader.number()?).to_string(),
        5 => f64::from_le_bytes(reader.number()?).to_string(),
        6 => "NULL".to_owned(),
        7 | 10 | 12 => literal(&time(reader)?),
        _ => literal(&String::from_utf8_lossy(reader.counted()?)),
    })
}

fn time(reader: &mut Reader<'_>) -> Option<String> {
    let length = reader.byte()?;
    let mut fields = Reader(reader.take(usize::from(length))?);
    if length == 0 {
        return Some("0000-00-00 00:00:00".to_owned());
    }
    let year = u16::from_le_bytes(fields.number()?);
    let mut text = format!("{year:04}-{:02}-{:02}", fields.byte()?, fields.byte()?);
    if length >= 7 {
        text.push_str(&format!(" {:02}:{:02}:{:02}", fields.byte()?, fields.byte()?, fields.byte()?));
    }
    if length >= 11 {
        text.push_str(&format!(".{:06}", u32::from_le_bytes(fields.number()?)));
    }
    Some(text)
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The text around each `?` that stands outside quotes and comments.
fn split_parameters(sql: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for token in crate::sql::tokens(sql).iter().filter(|token| token.is_symbol("?")) {
        pieces.push(sql[start..token.start].to_owned());
        start = token.end();
    }
    pieces.push(sql[start..].to_owned());
    pieces
}

fn malformed() -> SqlError {
    SqlError::numbered(1835, "HY000", "Malformed communication packet")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_in_quotes_are_text() {
        assert_eq!(
            split_parameters("select '?', ? from t where a=?"),
            ["select '?', ", " from t where a=", ""]
        );
    }
}
