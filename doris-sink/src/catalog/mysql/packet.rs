//! Packets: three bytes of length, a number, and what they carry.

use super::MysqlError;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The longest piece; a payload of this length goes on in the next piece.
const PIECE: usize = 0xff_ffff;
/// The longest payload taken. Names and types of a table with thousands of columns are far below.
const LIMIT: usize = 32 * 1024 * 1024;

/// Reads one payload, and the number of its last piece.
pub(in crate::catalog) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<(Vec<u8>, u8), MysqlError> {
    let mut payload = Vec::new();
    loop {
        let mut head = [0; 4];
        stream.read_exact(&mut head).await.map_err(closed)?;
        let [a, b, c, number] = head;
        let length = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        let start = payload.len();
        if start + length > LIMIT {
            return Err(MysqlError::TooLong(LIMIT));
        }
        payload.resize(start + length, 0);
        stream.read_exact(&mut payload[start..]).await.map_err(closed)?;
        if length < PIECE {
            return Ok((payload, number));
        }
    }
}

/// Writes one payload, which is shorter than a piece, as the packet with this number.
pub(in crate::catalog) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    payload: &[u8],
    number: u8,
) -> Result<(), MysqlError> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    if payload.len() >= PIECE {
        return Err(MysqlError::TooLong(PIECE));
    }
    let [a, b, c, _] = length.to_le_bytes();
    let mut packet = Vec::with_capacity(4 + payload.len());
    packet.extend_from_slice(&[a, b, c, number]);
    packet.extend_from_slice(payload);
    stream.write_all(&packet).await?;
    stream.flush().await?;
    Ok(())
}

fn closed(error: std::io::Error) -> MysqlError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => MysqlError::Closed,
        _ => MysqlError::Io(error),
    }
}

/// Reads the fields of a payload in order.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `length` bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], MysqlError> {
        let (taken, rest) =
            self.0.split_at_checked(length).ok_or(MysqlError::Protocol("a packet ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, MysqlError> {
        Ok(self.take(1)?[0])
    }

    /// An integer of `width` bytes, at most eight, the lowest first.
    pub(super) fn int(&mut self, width: usize) -> Result<u64, MysqlError> {
        Ok(self.take(width)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Bytes up to a zero, which is taken too, or to the end.
    pub(super) fn terminated(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0);
        let (taken, rest) = match end {
            Some(end) => (&self.0[..end], &self.0[end + 1..]),
            None => (self.0, &[][..]),
        };
        self.0 = rest;
        taken
    }

    /// A number of as many bytes as it takes (`LengthEncodedInteger`).
    pub(super) fn size(&mut self) -> Result<u64, MysqlError> {
        match self.byte()? {
            0xfc => self.int(2),
            0xfd => self.int(3),
            0xfe => self.int(8),
            0xfb | 0xff => Err(MysqlError::Protocol("a length that is none")),
            short => Ok(u64::from(short)),
        }
    }

    /// Bytes behind their length; `None` for NULL.
    pub(super) fn counted(&mut self) -> Result<Option<&'a [u8]>, MysqlError> {
        if self.0.first() == Some(&0xfb) {
            self.0 = &self.0[1..];
            return Ok(None);
        }
        let length = self.size()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX)).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_payload_comes_as_it_went() {
        for length in [0, 1, 255, 70_000] {
            let payload = vec![7; length];
            let mut wire = Vec::new();
            write(&mut wire, &payload, 3).await.unwrap();
            assert_eq!(read(&mut &wire[..]).await.unwrap(), (payload, 3), "{length}");
        }
    }

    #[tokio::test]
    async fn a_long_payload_comes_in_pieces() {
        let mut wire = vec![0xff, 0xff, 0xff, 0];
        wire.extend(vec![1; PIECE]);
        wire.extend([2, 0, 0, 1, 8, 9]);
        let (payload, number) = read(&mut &wire[..]).await.unwrap();
        assert_eq!((payload.len(), &payload[PIECE..], number), (PIECE + 2, &[8, 9][..], 1));
    }

    #[tokio::test]
    async fn what_ends_too_early_is_a_closed_connection() {
        let read = read(&mut &[9, 0, 0, 0, 1][..]).await;
        assert!(matches!(read, Err(MysqlError::Closed)), "{read:?}");
    }

    #[test]
    fn fields_are_read_in_order() {
        let long = [&[0xfc, 3, 0][..], b"abc", &[0xfb, 1, b'x', b'y', 0, 5, 1]].concat();
        let mut fields = Fields(&long);
        assert_eq!(fields.counted().unwrap(), Some(&b"abc"[..]));
        assert_eq!(fields.counted().unwrap(), None);
        assert_eq!(fields.counted().unwrap(), Some(&b"x"[..]));
        assert_eq!(fields.terminated(), b"y");
        assert_eq!(fields.int(2).unwrap(), 0x105);
        assert!(fields.byte().is_err());
        assert!(Fields(&[0xfe, 255, 255, 255, 255, 255, 255, 255, 255]).counted().is_err());
    }
}
