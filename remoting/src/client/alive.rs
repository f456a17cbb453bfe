//! Whether the other end of a connection is still there.
//!
//! A pull may wait at its broker for many seconds, and a connection whose other end went without a word looks just the same. So
//! while an answer is owed and nothing comes, the other end is asked something that it can answer at once.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

use super::pending::Pending;
use crate::code::request;
use crate::command::Command;

/// How often it is looked whether anything has come.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The receiving half of a connection, which takes note of whatever comes.
#[derive(Debug)]
pub(super) struct Listening<R> {
    read: R,
    pending: Arc<Pending>,
}

impl<R> Listening<R> {
    pub(super) fn new(read: R, pending: Arc<Pending>) -> Self {
        Self { read, pending }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Listening<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.read).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.pending.hear();
        }
        Poll::Ready(Ok(()))
    }
}

/// Returns when the other end owes an answer and has not said a word for `patience` after it was asked for one.
pub(super) async fn until_silent(
    pending: &Arc<Pending>,
    outbox: &mpsc::WeakSender<Command>,
    question: &Command,
    patience: Duration,
) -> io::Error {
    loop {
        let heard = pending.heard();
        tokio::time::sleep(LOOK_EVERY).await;
        if pending.heard() != heard || !pending.is_owed() {
            continue;
        }
        // Held until there is an answer, which would otherwise count as one that came too late.
        let Ok(ticket) = pending.begin() else { return lost() };
        let asked = Command { opaque: ticket.opaque, ..question.clone() };
        // Where so many requests wait to be written that there is no room, others ask already.
        let _full = outbox.upgrade().is_some_and(|outbox| outbox.try_send(asked).is_err());
        if pending.is_silent(heard, patience).await {
            let text =
                format!("nothing came for {:?}, and no answer to a heartbeat either", LOOK_EVERY + patience);
            return io::Error::new(io::ErrorKind::TimedOut, text);
        }
    }
}

fn lost() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the connection is lost")
}

/// RocketMQ, `HeartbeatData` without any group: it changes nothing, and every broker answers it.
pub(super) fn question(client_id: &str) -> Command {
    let body = json!({ "clientID": client_id, "consumerDataSet": [], "producerDataSet": [] }).to_string();
    Command::request(request::HEART_BEAT).with_body(body)
}
