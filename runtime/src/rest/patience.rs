//! Clients that do not take their answers are cut off.

use hyper::rt::{Read, ReadBufCursor, Write};
use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Sleep, sleep};

/// A connection whose client has to take what is written within some time, all of it.
///
/// What it has taken in part does not give it more time, so that a client cannot hold its connection byte by byte.
pub(super) struct Impatient<T> {
    connection: T,
    patience: Duration,
    /// When the client has to have taken all; `None` while nothing waits for it.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<T> Impatient<T> {
    pub(super) fn new(connection: T, patience: Duration) -> Self {
        Self { connection, patience, deadline: None }
    }

    /// Still pending, or an error once the client has had its time.
    fn wait<R>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<R>> {
        let patience = self.patience;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(deadline.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client did not take its answer in time",
        )))
    }
}

impl<T: Read + Unpin> Read for Impatient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(context, buffer)
    }
}

impl<T: Write + Unpin> Write for Impatient<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.connection).poll_write(context, buffer) {
            Poll::Pending => self.wait(context),
            written => written,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.connection).poll_flush(context) {
            Poll::Pending => self.wait(context),
            flushed => {
                // Only what is written in full is flushed.
                self.deadline = None;
                flushed
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.connection).poll_shutdown(context) {
            Poll::Pending => self.wait(context),
            ended => ended,
        }
    }
}
