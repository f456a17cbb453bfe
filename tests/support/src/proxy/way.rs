//! The bytes of one connection that go one way.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::Counts;
use super::fault::{Fault, State, Way};

/// What is read at once, and how many such pieces may be under way: what does not fit waits with the sender.
const PIECE: usize = 16 * 1024;
const PIECES: usize = 64;
/// RFC 9110, 15.2: an interim answer is none, another follows.
const INTERIM: &[u8] = b"HTTP/1.1 1";

/// How a way ended by itself.
pub(super) enum Ended {
    /// The sender has sent all, and the receiver has it.
    Whole,
    /// The connection has to go.
    CutBeforeAnswer,
}

/// Carries what goes one way.
pub(super) struct Carrier {
    pub(super) way: Way,
    /// When the connection was made, see [`State::age`].
    pub(super) age: u64,
    pub(super) state: watch::Receiver<State>,
    pub(super) counts: Arc<Counts>,
}

struct Piece {
    came: Instant,
    bytes: Vec<u8>,
}

impl Carrier {
    /// Carries from `from` to `to` until the sender ends.
    ///
    /// # Errors
    /// When one of the two sockets breaks.
    pub(super) async fn run(mut self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<Ended> {
        let (pieces, mut waiting) = mpsc::channel(PIECES);
        let read = async move {
            loop {
                let mut bytes = vec![0; PIECE];
                let length = from.read(&mut bytes).await?;
                bytes.truncate(length);
                // The other half fails only together with this one.
                if length == 0 || pieces.send(Piece { came: Instant::now(), bytes }).await.is_err() {
                    return io::Result::Ok(());
                }
            }
        };
        let write = async move {
            while let Some(piece) = waiting.recv().await {
                if self.write(&mut to, piece).await? {
                    return Ok(Ended::CutBeforeAnswer);
                }
            }
            if self.is_silent() {
                // The end of the stream is swallowed too.
                return std::future::pending().await;
            }
            // Whoever does not want to read more may have gone.
            drop(to.shutdown().await);
            Ok(Ended::Whole)
        };
        tokio::pin!(read, write);
        tokio::select! {
            ended = &mut write => ended,
            read = &mut read => { read?; write.await }
        }
    }

    /// Writes a piece as far as faults let it; true when the connection has to go in place of it.
    async fn write(&mut self, to: &mut WriteHalf<'_>, piece: Piece) -> io::Result<bool> {
        let mut rest = piece.bytes.as_slice();
        while !rest.is_empty() {
            let fault = self.state.borrow_and_update().fault;
            if self.is_silent() {
                self.counts.strike();
                return Ok(false);
            }
            match fault {
                Some(Fault::Delay(delay)) if piece.came.elapsed() < delay => {
                    self.counts.strike();
                    self.wait(piece.came + delay).await;
                }
                Some(Fault::Trickle { bytes_per_second }) => {
                    self.counts.strike();
                    to.write_all(&rest[..1]).await?;
                    rest = &rest[1..];
                    self.wait(Instant::now() + Duration::from_secs(1) / bytes_per_second.max(1)).await;
                }
                Some(Fault::CutBeforeAnswer) if self.way == Way::Answers => {
                    let interim = interim(rest);
                    to.write_all(&rest[..interim]).await?;
                    rest = &rest[interim..];
                    if !rest.is_empty() {
                        self.counts.strike();
                        return Ok(true);
                    }
                }
                _ => {
                    to.write_all(rest).await?;
                    self.counts.carry();
                    rest = &[];
                }
            }
        }
        Ok(false)
    }

    /// Waits until `time`, or until something else is set.
    async fn wait(&mut self, time: Instant) {
        // A sender that is gone sets nothing any more.
        drop(tokio::time::timeout_at(time, self.state.changed()).await);
    }

    fn is_silent(&self) -> bool {
        self.state.borrow().is_silent(self.age, self.way)
    }
}

/// How many bytes of `answer` are interim answers of HTTP.
fn interim(answer: &[u8]) -> usize {
    let mut length = 0;
    while let rest = &answer[length..]
        && rest.starts_with(INTERIM)
        && let Some(end) = rest.windows(4).position(|window| window == b"\r\n\r\n")
    {
        length += end + 4;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_interim_answers_are_none() {
        let check = |answer: &str, expected| assert_eq!(interim(answer.as_bytes()), expected, "{answer:?}");
        check("HTTP/1.1 200 OK\r\n\r\n", 0);
        check("HTTP/1.1 100 Continue\r\n\r\n", 25);
        check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 25);
        check("HTTP/1.1 100 Continue\r\n", 0);
        check("\0\0\0\x10", 0);
    }
}
