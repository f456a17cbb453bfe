//! One connection to one server, shared by all calls to it.
//!
//! Requests are written as they come and answers are paired with them by `opaque`, so a slow answer holds up nothing else. When the
//! connection breaks, every call that waits fails at once. Making a new one is up to the pool.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio_util::codec::{Encoder, FramedRead};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::Error;
use super::alive::{self, Listening};
use super::incoming::Incoming;
use super::pending::Pending;
use crate::code::response;
use crate::codec::{CodecError, FrameCodec, MAX_FRAME_BYTES};
use crate::command::Command;

/// Requests that may wait to be written.
const OUTBOX: usize = 1024;
/// Requests are gathered into one write up to this many bytes.
const WRITE_BYTES: usize = 64 * 1024;
/// What is read before a frame's length is known. The rest of the frame is read into room of just its size, since what waits
/// for a sink holds on to the whole of it.
const READ_BYTES: usize = 4 * 1024;

/// A connection; closed when dropped.
#[derive(Debug)]
pub(super) struct Connection {
    address: Arc<str>,
    outbox: mpsc::Sender<Command>,
    pending: Arc<Pending>,
    retired: AtomicBool,
    _close: DropGuard,
}

/// What connections are made with.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    pub(super) incoming: Arc<Incoming>,
    pub(super) tasks: TaskTracker,
    pub(super) closed: CancellationToken,
    /// How long a connection may take to be made.
    pub(super) timeout: Duration,
    /// What a server is asked that seems to be gone, and how long its answer may take.
    pub(super) question: Command,
    pub(super) patience: Duration,
}

impl Connector {
    /// Connects; has to run on the runtime that shall serve the connection.
    pub(super) async fn connect(self, address: Arc<str>) -> Result<Connection, Error> {
        let unreachable =
            |source| Error::Unreachable { address: Arc::clone(&address), source: Arc::new(source) };
        let late = |_| {
            let text = format!("no connection within {:?}", self.timeout);
            io::Error::new(io::ErrorKind::TimedOut, text)
        };
        let connecting = tokio::time::timeout(self.timeout, TcpStream::connect(&*address));
        let stream = connecting.await.map_err(late).flatten().map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        tracing::debug!(%address, "connected");
        Ok(self.serve(address, stream))
    }

    fn serve(self, address: Arc<str>, stream: TcpStream) -> Connection {
        let (read, write) = stream.into_split();
        let (outbox, requests) = mpsc::channel(OUTBOX);
        let pending = Arc::new(Pending::default());
        let close = self.closed.child_token();
        let reader = Reader {
            address: Arc::clone(&address),
            pending: Arc::clone(&pending),
            incoming: self.incoming,
            answers: outbox.downgrade(),
        };
        let (reading, writing, watching) = (close.clone(), close.clone(), close.clone());
        let read = Listening::new(read, Arc::clone(&pending));
        self.tasks.spawn(async move {
            let outcome = reading.run_until_cancelled(reader.run(read)).await;
            reader.end(outcome);
            // The writer has nobody left to write for.
            reading.cancel();
        });
        let failing = Arc::clone(&pending);
        self.tasks.spawn(async move {
            let outcome = writing.run_until_cancelled(write_all(requests, write)).await;
            if let Some(Err(error)) = outcome {
                failing.fail(error.into());
                writing.cancel();
            }
        });
        let (silent, weak) = (Arc::clone(&pending), outbox.downgrade());
        let Self { question, patience, .. } = self;
        self.tasks.spawn(async move {
            let watch = alive::until_silent(&silent, &weak, &question, patience);
            if let Some(error) = watching.run_until_cancelled(watch).await {
                silent.fail(error.into());
                watching.cancel();
            }
        });
        Connection { address, outbox, pending, retired: AtomicBool::new(false), _close: close.drop_guard() }
    }
}

impl Connection {
    /// Sends `request` and waits for its answer.
    pub(super) async fn call(&self, mut request: Command, timeout: Duration) -> Result<Command, Error> {
        let code = request.code;
        check_sendable(&request)?;
        let mut ticket = self.pending.begin().map_err(|reason| self.lost(reason))?;
        request.opaque = ticket.opaque;
        let exchange = async {
            // When the writer is gone the ticket is told why.
            drop(self.outbox.send(request).await);
            (&mut ticket.answer).await
        };
        match tokio::time::timeout(timeout, exchange).await {
            Ok(Ok(answer)) => {
                let answer = answer.map_err(|reason| self.lost(reason))?;
                if answer.code == response::GO_AWAY {
                    // Calls under way may end here, new ones need another connection.
                    self.retired.store(true, Ordering::Relaxed);
                }
                Ok(answer)
            }
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => {
                if ticket.heard_nothing() {
                    // Not one byte in all that time: rather a dead connection than a slow request.
                    let text = format!("nothing came for {timeout:?}");
                    self.pending.fail(io::Error::new(io::ErrorKind::TimedOut, text).into());
                }
                Err(Error::Timeout { address: Arc::clone(&self.address), request: code, after: timeout })
            }
        }
    }

    /// Whether calls can still be made.
    pub(super) fn is_alive(&self) -> bool {
        !self.pending.is_lost() && !self.retired.load(Ordering::Relaxed)
    }

    /// Whether the server has answered anything, other than that it wants to be left.
    pub(super) fn was_of_use(&self) -> bool {
        self.pending.was_answered()
    }

    fn lost(&self, reason: Arc<CodecError>) -> Error {
        Error::ConnectionLost { address: Arc::clone(&self.address), reason }
    }
}

/// What is too large is refused before it can spoil the connection for others.
fn check_sendable(request: &Command) -> Result<(), Error> {
    let roughly: usize = request.fields.iter().map(|(name, value)| name.len() + 2 * value.len() + 8).sum();
    let length = request.body.len() + roughly + 256;
    if length > MAX_FRAME_BYTES {
        let source = Arc::new(CodecError::FrameTooLarge { length });
        return Err(Error::NotSendable { request: request.code, source });
    }
    Ok(())
}

/// The receiving side.
struct Reader {
    address: Arc<str>,
    pending: Arc<Pending>,
    incoming: Arc<Incoming>,
    answers: mpsc::WeakSender<Command>,
}

impl Reader {
    async fn run(&self, read: Listening<OwnedReadHalf>) -> CodecError {
        let mut frames = FramedRead::with_capacity(read, FrameCodec::new(), READ_BYTES);
        loop {
            match frames.next().await {
                Some(Ok(command)) if command.is_response() => {
                    let (opaque, code) = (command.opaque, command.code);
                    if !self.pending.complete(command) {
                        tracing::debug!(address = %self.address, opaque, code, "an answer came too late");
                    }
                }
                Some(Ok(request)) => self.answer(&request).await,
                Some(Err(error)) => return error,
                None => {
                    let text = "the server closed it";
                    return io::Error::new(io::ErrorKind::UnexpectedEof, text).into();
                }
            }
        }
    }

    async fn answer(&self, request: &Command) {
        let answer = self.incoming.answer(request);
        if let Some(answer) = answer
            && !request.is_oneway()
            && let Some(answers) = self.answers.upgrade()
        {
            // When the writer is gone the connection is lost, which is reported elsewhere.
            drop(answers.send(answer).await);
        }
    }

    fn end(&self, outcome: Option<CodecError>) {
        let address = &self.address;
        match outcome {
            Some(reason) => {
                let text = reason.to_string();
                if self.pending.fail(reason) {
                    tracing::info!(%address, reason = text, "connection lost");
                }
            }
            None => {
                let closed = io::Error::new(io::ErrorKind::ConnectionAborted, "the client closed it");
                self.pending.fail(closed.into());
            }
        }
        self.incoming.connections_changed();
    }
}

/// Writes requests as they come, several at once where several wait.
async fn write_all(
    mut requests: mpsc::Receiver<Command>,
    mut write: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut codec = FrameCodec::new();
    let mut buffer = BytesMut::with_capacity(WRITE_BYTES);
    while let Some(request) = requests.recv().await {
        put(&mut codec, &request, &mut buffer);
        while buffer.len() < WRITE_BYTES
            && let Ok(request) = requests.try_recv()
        {
            put(&mut codec, &request, &mut buffer);
        }
        write.write_all_buf(&mut buffer).await?;
    }
    write.shutdown().await
}

/// A request was checked before; an answer of ours is always small enough.
fn put(codec: &mut FrameCodec, command: &Command, buffer: &mut BytesMut) {
    if let Err(error) = codec.encode(command, buffer) {
        tracing::error!(code = command.code, %error, "a command cannot be encoded");
    }
}
