//! What a statement answers: rows of text.

use super::{
    MysqlError,
    login::refusal,
    packet::{self, Fields},
};
use tokio::io::AsyncRead;

/// Most bytes of a result that are kept, all rows together.
const LIMIT: usize = 64 * 1024 * 1024;

/// Rows of a result, each with as many cells as there are columns; none for a statement without a result.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Option<String>>>,
}

impl Rows {
    /// The cells of a column, by its name in any case; NULL where there is no such column.
    pub(crate) fn column(&self, name: &str) -> impl Iterator<Item = Option<&str>> {
        let at = self.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
        self.rows.iter().map(move |row| row.get(at?)?.as_deref())
    }

    /// The first row's cell in a column, by its name in any case.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.column(name).next().flatten()
    }

    /// Reads the answer to a statement (`Protocol::COM_QUERY Response`).
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Self, MysqlError> {
        let (head, _) = packet::read(stream).await?;
        let count = match head.first() {
            Some(0x00) => return Ok(Self::default()),
            Some(0xff) => return Err(refusal(&head)),
            Some(0xfb) | None => return Err(MysqlError::Protocol("an answer to a statement that is none")),
            Some(_) => Fields(&head).size()?,
        };
        let mut result = Self::default();
        for _ in 0..count {
            let (definition, _) = packet::read(stream).await?;
            result.columns.push(column_name(&definition)?);
        }
        let (end, _) = packet::read(stream).await?;
        if !is_end(&end) {
            return Err(MysqlError::Protocol("columns without an end"));
        }
        let mut size = 0;
        loop {
            let (row, _) = packet::read(stream).await?;
            match row.first() {
                Some(0xff) => return Err(refusal(&row)),
                _ if is_end(&row) => return Ok(result),
                _ => {}
            }
            size += row.len();
            if size > LIMIT {
                return Err(MysqlError::TooLong(LIMIT));
            }
            let mut fields = Fields(&row);
            let cells = result.columns.iter().map(|_| Ok(fields.counted()?.map(text)));
            result.rows.push(cells.collect::<Result<_, MysqlError>>()?);
        }
    }
}

/// An EOF packet; a row that begins so is longer.
fn is_end(payload: &[u8]) -> bool {
    payload.first() == Some(&0xfe) && payload.len() < 9
}

/// The name in a column's definition (`Protocol::ColumnDefinition41`), behind catalog, schema, table and original table.
fn column_name(definition: &[u8]) -> Result<String, MysqlError> {
    let mut fields = Fields(definition);
    for _ in 0..4 {
        fields.counted()?;
    }
    Ok(text(fields.counted()?.unwrap_or_default()))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(payloads: &[&[u8]]) -> Vec<u8> {
        let packet = |payload: &&[u8]| [&[u8::try_from(payload.len()).unwrap(), 0, 0, 0], *payload].concat();
        payloads.iter().flat_map(packet).collect()
    }

    async fn read(payloads: &[&[u8]]) -> Result<Rows, MysqlError> {
        Rows::read(&mut &packets(payloads)[..]).await
    }

    const FIELD: &[u8] = b"\x03def\0\0\0\x05Field\x05Field\x0c";
    const TYPE: &[u8] = b"\x03def\0\0\0\x04Type\x04Type\x0c";
    const END: &[u8] = &[0xfe, 0, 0, 2, 0];

    #[tokio::test]
    async fn rows_are_read_with_their_columns() {
        let rows = read(&[&[2], FIELD, TYPE, END, b"\x02id\x06bigint", b"\x01n\xfb", END]).await.unwrap();
        assert_eq!(rows.columns, ["Field", "Type"]);
        assert_eq!(rows.column("type").collect::<Vec<_>>(), [Some("bigint"), None]);
        assert_eq!((rows.first("FIELD"), rows.first("nope")), (Some("id"), None));
    }

    #[tokio::test]
    async fn a_row_that_begins_as_an_end_does_is_longer_than_one() {
        let long = [&[0xfe, 3, 0, 0, 0, 0, 0, 0, 0][..], b"abc"].concat();
        let rows = read(&[&[1], FIELD, END, &long, END]).await.unwrap();
        assert_eq!(rows.first("Field"), Some("abc"));
    }

    #[tokio::test]
    async fn a_statement_without_a_result_has_no_rows() {
        assert_eq!(read(&[&[0, 0, 0, 2, 0, 0, 0]]).await.unwrap(), Rows::default());
    }

    #[tokio::test]
    async fn refusals_are_heard_at_the_start_and_between_rows() {
        let refusal = b"\xff\x51\x04#HY000errCode = 2, detailMessage = no";
        for payloads in [&[&refusal[..]][..], &[&[1], FIELD, END, b"\x02id", refusal]] {
            let refused = read(payloads).await.unwrap_err();
            assert_eq!(refused.to_string(), "errCode = 2, detailMessage = no (error 1105)");
        }
    }

    #[tokio::test]
    async fn what_is_no_result_is_told() {
        for payloads in
            [&[&[0xfb, b'/'][..]][..], &[&[1], FIELD, FIELD], &[&[1], FIELD, END, b"\x09id"], &[&[]]]
        {
            assert!(matches!(read(payloads).await, Err(MysqlError::Protocol(_))), "{payloads:?}");
        }
        assert!(matches!(read(&[&[1], FIELD]).await, Err(MysqlError::Closed)));
    }
}
