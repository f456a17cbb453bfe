//! The body of a request, read piece by piece.
//!
//! A client that sent `Expect: 100-continue` gets its `100 Continue` when the body is first asked for, and never otherwise.

use bytes::Bytes;

use super::connection::Connection;
use super::request::{Headers, Request, Version};

const MAX_CHUNK_LINE: usize = 4096;

/// Why a body could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the client closed the connection before the end of the body")]
    Incomplete,
    #[error("malformed chunked body: {0}")]
    BadChunk(&'static str),
    #[error("the body is too long")]
    TooLong,
    #[error("reading the body")]
    Io(#[from] std::io::Error),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remaining {
    Counted(u64),
    /// Bytes left in the current chunk; `None` before a chunk's size line.
    Chunked(Option<u64>),
    Done,
}

/// A request body.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    connection: &'a mut Connection,
    remaining: Remaining,
    awaits_continue: bool,
}

impl<'a> Body<'a> {
    pub(crate) fn of(request: &Request, connection: &'a mut Connection) -> Self {
        let remaining = if is_chunked(&request.headers) {
            Remaining::Chunked(None)
        } else {
            match content_length(&request.headers) {
                None | Some(0) => Remaining::Done,
                Some(length) => Remaining::Counted(length),
            }
        };
        let awaits_continue = request.version == Version::Http11 && request.headers.get("Expect").is_some();
        Self { connection, remaining, awaits_continue }
    }

    /// Whether the client still waits to be told to go on.
    pub(crate) fn awaits_continue(&self) -> bool {
        self.awaits_continue
    }

    /// Whether the body was read to its end.
    pub(crate) fn is_done(&self) -> bool {
        self.remaining == Remaining::Done && !self.awaits_continue
    }

    /// Sends `100 Continue` if the client waits for it.
    pub(crate) async fn ask(&mut self) -> Result<(), BodyError> {
        if std::mem::take(&mut self.awaits_continue) {
            self.connection.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        Ok(())
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`BodyError::Incomplete`] when the client goes away in mid-body.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        self.ask().await?;
        loop {
            let available = match self.remaining {
                Remaining::Done => return Ok(None),
                Remaining::Chunked(None) => {
                    self.remaining = self.chunk_start().await?;
                    continue;
                }
                Remaining::Counted(left) | Remaining::Chunked(Some(left)) => left,
            };
            if self.connection.buffered().is_empty() && self.connection.fill().await? == 0 {
                return Err(BodyError::Incomplete);
            }
            let piece = self.connection.take(usize::try_from(available).unwrap_or(usize::MAX));
            let left = available - piece.len() as u64;
            self.remaining = match self.remaining {
                Remaining::Chunked(_) if left == 0 => {
                    self.line().await?;
                    Remaining::Chunked(None)
                }
                Remaining::Chunked(_) => Remaining::Chunked(Some(left)),
                _ if left == 0 => Remaining::Done,
                _ => Remaining::Counted(left),
            };
            return Ok(Some(piece));
        }
    }

    async fn chunk_start(&mut self) -> Result<Remaining, BodyError> {
        let line = self.line().await?;
        let text = std::str::from_utf8(&line).map_err(|_| BodyError::BadChunk("size is not text"))?;
        let digits = text.split(';').next().unwrap_or_default().trim();
        let size =
            u64::from_str_radix(digits, 16).map_err(|_| BodyError::BadChunk("size is not hexadecimal"))?;
        if size > 0 {
            return Ok(Remaining::Chunked(Some(size)));
        }
        while !self.line().await?.is_empty() {}
        Ok(Remaining::Done)
    }

    async fn line(&mut self) -> Result<Bytes, BodyError> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', self.connection.buffered()) {
                let line = self.connection.take(end + 1);
                let text = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(&line);
                return Ok(line.slice_ref(text));
            }
            if self.connection.buffered().len() > MAX_CHUNK_LINE {
                return Err(BodyError::BadChunk("line too long"));
            }
            if self.connection.fill().await? == 0 {
                return Err(BodyError::Incomplete);
            }
        }
    }
}

pub(super) fn is_chunked(headers: &Headers) -> bool {
    headers.get("Transfer-Encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"))
}

pub(super) fn content_length(headers: &Headers) -> Option<u64> {
    headers.get("Content-Length")?.parse().ok()
}
