//! Answers to HTTP/1.0 that say HTTP/1.1.
//!
//! A Java worker answers requests of either version with `HTTP/1.1`, which RFC 9110 §6.2 allows; hyper answers in
//! the version of the request. What differs is one byte of the first status line.

use hyper::rt::{Read, ReadBufCursor, Write};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

const WRITTEN: &[u8] = b"HTTP/1.0";
const WANTED: &[u8] = b"HTTP/1.1";

/// A connection whose first status line says HTTP/1.1.
pub(super) struct SaysHttp11<T> {
    connection: T,
    /// How much of the first status line's version is written.
    written: usize,
}

impl<T> SaysHttp11<T> {
    pub(super) fn new(connection: T) -> Self {
        Self { connection, written: 0 }
    }
}

impl<T: Read + Unpin> Read for SaysHttp11<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(context, buffer)
    }
}

impl<T: Write + Unpin> Write for SaysHttp11<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let begin = self.written;
        let length = buffer.len().min(WRITTEN.len() - begin);
        let end = begin + length;
        let is_old_version = length > 0 && buffer[..length] == WRITTEN[begin..end];
        if !is_old_version {
            self.written = WRITTEN.len();
            return Pin::new(&mut self.connection).poll_write(context, buffer);
        }
        let result = Pin::new(&mut self.connection).poll_write(context, &WANTED[begin..end]);
        if let Poll::Ready(Ok(count)) = result {
            self.written += count;
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}
