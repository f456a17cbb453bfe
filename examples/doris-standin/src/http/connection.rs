//! One client's socket with the bytes read ahead.

use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

const READ_CHUNK: usize = 64 * 1024;
/// How much of an unread body is swallowed before a connection is closed, so that a client which is still sending
/// reads the answer instead of a reset.
const LINGER_BYTES: usize = 1 << 30;
const LINGER_IDLE: Duration = Duration::from_secs(2);

/// A socket, with or without TLS on it.
pub(super) type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// A socket and what has been read from it but not yet used.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: Stream,
    buffer: BytesMut,
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// Bytes read ahead.
    pub(crate) fn buffered(&self) -> &[u8] {
        &self.buffer
    }

    /// Takes up to `limit` of the bytes read ahead.
    pub(crate) fn take(&mut self, limit: usize) -> Bytes {
        let length = self.buffer.len().min(limit);
        self.buffer.split_to(length).freeze()
    }

    /// Reads more; 0 when the client has closed its side.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(READ_CHUNK);
        self.stream.read_buf(&mut self.buffer).await
    }

    pub(crate) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        // TLS holds records back until told.
        self.stream.flush().await
    }

    /// Closes after an answer: stops sending, then swallows what the client is still sending.
    pub(crate) async fn linger(mut self) {
        if self.stream.shutdown().await.is_err() {
            return;
        }
        let mut swallowed = 0;
        while swallowed < LINGER_BYTES {
            self.buffer.clear();
            match timeout(LINGER_IDLE, self.fill()).await {
                Ok(Ok(length)) if length > 0 => swallowed += length,
                _ => return,
            }
        }
    }
}
