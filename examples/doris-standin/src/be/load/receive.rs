//! The body of a load: gathered for the rows to be read from it, or only counted.

use std::io::{Seek, Write};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tempfile::SpooledTempFile;
use tokio::sync::mpsc;

use crate::http::{BodyError, Exchange};
use crate::load::{self, Compression, Failure, Settings};

/// Bodies up to this size stay in memory.
const IN_MEMORY: usize = 64 << 20;
/// Pieces of a body that wait to be counted.
const PIECES: usize = 16;

/// What is done with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intake {
    /// They are stored.
    Store,
    /// They are counted, and neither read nor stored.
    Discard,
}

/// A body that has arrived.
pub(super) struct Received {
    pub(super) body: load::Body,
    /// Bytes as they were sent, compressed or not.
    pub(super) bytes: u64,
    /// Time from the first to the last byte.
    pub(super) receiving: Duration,
    /// Time of it that was spent on putting them away.
    pub(super) reading: Duration,
}

/// Why a body did not arrive.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReceiveError {
    #[error(transparent)]
    Upload(#[from] BodyError),
    #[error("cannot keep the body")]
    Spool(#[from] std::io::Error),
    #[error("counting the rows broke down")]
    Counting(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Unreadable(#[from] Failure),
}

/// Takes the body; `bytes_per_second` slows that down.
///
/// # Errors
/// [`ReceiveError::Unreadable`] is the client's to know; after the others there is nobody to tell.
pub(super) async fn receive(
    exchange: &mut Exchange<'_>,
    intake: Intake,
    settings: &Settings,
    bytes_per_second: Option<u32>,
) -> Result<Received, ReceiveError> {
    let mut upload = Upload::new(exchange, bytes_per_second);
    let body = match intake {
        Intake::Store => spool(&mut upload).await?,
        Intake::Discard => count(&mut upload, settings).await?,
    };
    let Upload { bytes, started, reading, .. } = upload;
    Ok(Received { body, bytes, receiving: started.elapsed(), reading })
}

async fn spool(upload: &mut Upload<'_, '_>) -> Result<load::Body, ReceiveError> {
    let mut spool = SpooledTempFile::new(IN_MEMORY);
    while let Some(piece) = upload.next().await? {
        let writing = Instant::now();
        spool.write_all(&piece)?;
        upload.reading += writing.elapsed();
    }
    spool.rewind()?;
    Ok(load::Body::Spooled(spool))
}

/// Counts on a thread of its own: what is compressed must be opened for it.
async fn count(upload: &mut Upload<'_, '_>, settings: &Settings) -> Result<load::Body, ReceiveError> {
    let (pieces, arriving) = mpsc::channel(PIECES);
    let (compression, end) = (settings.compression, settings.format.line_end());
    let counting = tokio::task::spawn_blocking(move || count_lines(arriving, compression, end));
    while let Some(piece) = upload.next().await? {
        if pieces.send(piece).await.is_err() {
            break;
        }
    }
    drop(pieces);
    Ok(load::Body::Counted { rows: counting.await?? })
}

fn count_lines(pieces: mpsc::Receiver<Bytes>, compression: Compression, end: u8) -> Result<u64, Failure> {
    Ok(load::count_lines(compression.open(Pieces { pieces, piece: Bytes::new() }), end)?)
}

/// An upload in progress.
struct Upload<'u, 'c> {
    exchange: &'u mut Exchange<'c>,
    bytes_per_second: Option<u32>,
    bytes: u64,
    started: Instant,
    reading: Duration,
}

impl<'u, 'c> Upload<'u, 'c> {
    fn new(exchange: &'u mut Exchange<'c>, bytes_per_second: Option<u32>) -> Self {
        Self { exchange, bytes_per_second, bytes: 0, started: Instant::now(), reading: Duration::ZERO }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let Some(piece) = self.exchange.body.next().await? else { return Ok(None) };
        self.bytes += piece.len() as u64;
        if let Some(rate) = self.bytes_per_second {
            // Nothing is read meanwhile, so the client's buffers fill up and its upload stands still.
            tokio::time::sleep(Duration::from_secs_f64(piece.len() as f64 / f64::from(rate.max(1)))).await;
        }
        Ok(Some(piece))
    }
}

/// The pieces of a body as they come, read as one stream on a thread that may block.
struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl std::io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let available = std::io::BufRead::fill_buf(self)?;
        let length = available.len().min(buffer.len());
        buffer[..length].copy_from_slice(&available[..length]);
        std::io::BufRead::consume(self, length);
        Ok(length)
    }
}

impl std::io::BufRead for Pieces {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => break,
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, amount: usize) {
        bytes::Buf::advance(&mut self.piece, amount);
    }
}
