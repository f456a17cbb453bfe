//! Packets: a length of three bytes, a sequence number, the payload; long payloads are split.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

const MAX_PIECE: usize = 0xff_ffff;
/// Largest payload taken from a client, in bytes.
const MAX_PAYLOAD: usize = 1 << 26;

/// A socket that carries packets, plain at first.
///
/// Nothing is read ahead: what follows a client's wish for TLS is the handshake's.
#[derive(Debug)]
pub(super) struct Packets {
    stream: BufWriter<Either<TcpStream, TlsStream<TcpStream>>>,
    sequence: u8,
}

impl Packets {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream: BufWriter::new(Either::Left(stream)), sequence: 0 }
    }

    /// Goes on over TLS, packets counted on.
    pub(super) async fn secured(self, tls: &TlsAcceptor) -> io::Result<Self> {
        match self.stream.into_inner() {
            Either::Left(stream) => {
                let stream = tls.accept(stream).await?;
                Ok(Self { stream: BufWriter::new(Either::Right(stream)), sequence: self.sequence })
            }
            Either::Right(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "TLS within TLS")),
        }
    }

    /// The next payload; `None` when the client has gone.
    pub(super) async fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut payload = Vec::new();
        loop {
            let mut head = [0; 4];
            match self.stream.read_exact(&mut head).await {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(error),
            }
            let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
            self.sequence = head[3].wrapping_add(1);
            if payload.len() + length > MAX_PAYLOAD {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "packet over 64 MiB"));
            }
            let start = payload.len();
            payload.resize(start + length, 0);
            self.stream.read_exact(&mut payload[start..]).await?;
            if length < MAX_PIECE {
                return Ok(Some(payload));
            }
        }
    }

    /// Queues a payload; [`Packets::flush`] sends what is queued.
    pub(super) async fn write(&mut self, payload: &[u8]) -> io::Result<()> {
        let mut rest = payload;
        loop {
            let (piece, after) = rest.split_at(rest.len().min(MAX_PIECE));
            let length = u32::try_from(piece.len()).unwrap_or(u32::MAX).to_le_bytes();
            self.stream.write_all(&[length[0], length[1], length[2], self.sequence]).await?;
            self.sequence = self.sequence.wrapping_add(1);
            self.stream.write_all(piece).await?;
            rest = after;
            if piece.len() < MAX_PIECE {
                return Ok(());
            }
        }
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.stream.flush().await
    }
}

/// Appends a number in the protocol's variable-length form.
pub(super) fn put_length(out: &mut Vec<u8>, number: u64) {
    let bytes = number.to_le_bytes();
    match number {
        0..=250 => out.push(bytes[0]),
        251..=0xffff => {
            out.push(0xfc);
            out.extend_from_slice(&bytes[..2]);
        }
        0x1_0000..=0xff_ffff => {
            out.push(0xfd);
            out.extend_from_slice(&bytes[..3]);
        }
        _ => {
            out.push(0xfe);
            out.extend_from_slice(&bytes);
        }
    }
}

/// Appends a text with its length before it.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_length(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Reads fields from a payload, front to back.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn number<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    /// Bytes up to a zero, which is taken too.
    pub(super) fn terminated(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(0, self.0)?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(text)
    }

    /// A number in the variable-length form.
    pub(super) fn length(&mut self) -> Option<u64> {
        let mut bytes = [0; 8];
        let width = match self.byte()? {
            0xfc => 2,
            0xfd => 3,
            0xfe => 8,
            small => return Some(u64::from(small)),
        };
        bytes[..width].copy_from_slice(self.take(width)?);
        Some(u64::from_le_bytes(bytes))
    }

    /// Bytes with their length before them.
    pub(super) fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.take(usize::try_from(length).ok()?)
    }
}
