//! One client connection: requests in, answers and notices out.
//!
//! Requests are taken in order; answers go out as they are ready. What is in flight on a connection is bounded by number
//! and by bytes, so a client that does not read its answers is no longer read from.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use bytes::BytesMut;
use remoting::{codec::FrameCodec, command::Command};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, sleep_until},
};
use tokio_util::{
    codec::{Decoder, Encoder},
    sync::CancellationToken,
    task::TaskTracker,
};

use crate::{broker::Broker, dispatch};

/// Requests read and not yet answered.
const IN_FLIGHT: usize = 4096;
/// Bytes of bodies in answers that are not yet written.
const UNWRITTEN_BYTES: u32 = 8 * 1024 * 1024;
/// Answers gathered into one write.
const WRITE_BYTES: usize = 128 * 1024;
const READ_BYTES: usize = 16 * 1024;

/// What handlers and others know of a connection. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: u64,
    peer: SocketAddr,
    outgoing: mpsc::UnboundedSender<Outgoing>,
    unwritten: Arc<Semaphore>,
    closed: CancellationToken,
    tasks: TaskTracker,
    next_opaque: AtomicI32,
}

#[derive(Debug)]
struct Outgoing {
    command: Command,
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

impl Connection {
    /// Unique in this process.
    pub(crate) fn id(&self) -> u64 {
        self.inner.id
    }

    pub(crate) fn peer(&self) -> SocketAddr {
        self.inner.peer
    }

    /// Ends the connection; its members leave their groups.
    pub(crate) fn close(&self) {
        self.inner.closed.cancel();
    }

    /// Resolves when the connection is ending.
    pub(crate) async fn closed(&self) {
        self.inner.closed.cancelled().await;
    }

    /// Tells the client something it did not ask for and that it does not answer.
    pub(crate) fn notify(&self, mut notice: Command) {
        notice.opaque = self.inner.next_opaque.fetch_add(1, Ordering::Relaxed);
        // A closed connection needs no notices.
        let _closed = self.inner.outgoing.send(Outgoing { command: notice.oneway(), _permits: [None, None] });
    }

    /// Runs `task` beside the connection's requests; it is waited for when the connection ends.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.inner.tasks.spawn(task);
    }

    /// Waits until `bytes` more may be queued for writing. They are counted until written.
    pub(crate) async fn reserve(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).unwrap_or(UNWRITTEN_BYTES).min(UNWRITTEN_BYTES);
        Arc::clone(&self.inner.unwritten).acquire_many_owned(bytes).await.ok()
    }
}

/// The duty to answer one request.
#[derive(Debug)]
pub(crate) struct Reply {
    connection: Connection,
    oneway: bool,
    in_flight: Option<OwnedSemaphorePermit>,
}

impl Reply {
    /// Queues the answer, unless nobody waits for one.
    pub(crate) fn send(self, answer: Command) {
        self.send_reserved(answer, None);
    }

    /// As [`Reply::send`], with room got from [`Connection::reserve`].
    pub(crate) fn send_reserved(self, answer: Command, room: Option<OwnedSemaphorePermit>) {
        if self.oneway {
            return;
        }
        let outgoing = Outgoing { command: answer, _permits: [self.in_flight, room] };
        // A closed connection has nobody who waits.
        let _closed = self.connection.inner.outgoing.send(outgoing);
    }
}

/// Serves one connection until the client goes, is silent for too long, or the broker shuts down.
pub(crate) async fn serve(
    broker: Arc<Broker>,
    id: u64,
    stream: TcpStream,
    peer: SocketAddr,
    shutdown: CancellationToken,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "answers to this client may be delayed");
    }
    let (reader, writer) = stream.into_split();
    let (outgoing, queue) = mpsc::unbounded_channel();
    let closed = shutdown.child_token();
    let connection = Connection {
        inner: Arc::new(Inner {
            id,
            peer,
            outgoing,
            unwritten: Arc::new(Semaphore::new(UNWRITTEN_BYTES as usize)),
            closed: closed.clone(),
            tasks: TaskTracker::new(),
            next_opaque: AtomicI32::new(1),
        }),
    };
    let written = write(writer, queue, closed.clone());
    let read = async {
        let ended = read(&broker, &connection, reader).await;
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "the connection broke");
        }
        broker.members.disconnected(connection.id());
        closed.cancel();
        connection.inner.tasks.close();
        connection.inner.tasks.wait().await;
    };
    let ((), written) = tokio::join!(read, written);
    if let Err(error) = written {
        tracing::debug!(%peer, %error, "answers could not be written");
    }
}

async fn read(broker: &Arc<Broker>, connection: &Connection, mut reader: OwnedReadHalf) -> io::Result<()> {
    let in_flight = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut codec = FrameCodec::new();
    let mut buffer = BytesMut::with_capacity(READ_BYTES);
    loop {
        while let Some(request) = codec.decode(&mut buffer).map_err(io::Error::other)? {
            if request.is_response() {
                continue;
            }
            let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await else { return Ok(()) };
            let reply = Reply {
                connection: connection.clone(),
                oneway: request.is_oneway(),
                in_flight: Some(permit),
            };
            tokio::select! {
                () = connection.closed() => return Ok(()),
                () = dispatch::handle(broker, connection, request, reply) => {}
            }
        }
        buffer.reserve(READ_BYTES);
        let idle = Instant::now() + broker.options.client_expiry;
        tokio::select! {
            read = reader.read_buf(&mut buffer) => if read? == 0 { return Ok(()) },
            () = connection.closed() => return Ok(()),
            () = sleep_until(idle) => {
                tracing::info!(peer = %connection.peer(), "closing a connection that was silent for too long");
                return Ok(());
            }
        }
    }
}

async fn write(
    mut writer: OwnedWriteHalf,
    mut queue: mpsc::UnboundedReceiver<Outgoing>,
    closed: CancellationToken,
) -> io::Result<()> {
    let mut codec = FrameCodec::new();
    let mut buffer = BytesMut::new();
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            taken = queue.recv_many(&mut batch, 64) => if taken == 0 { return Ok(()) },
            () = closed.cancelled() => return Ok(()),
        }
        for outgoing in &batch {
            codec.encode(&outgoing.command, &mut buffer).map_err(io::Error::other)?;
            if buffer.len() >= WRITE_BYTES {
                write_all(&mut writer, &mut buffer, &closed).await?;
            }
        }
        write_all(&mut writer, &mut buffer, &closed).await?;
        // Their permits go only now that they are written.
        batch.clear();
    }
}

async fn write_all(
    writer: &mut OwnedWriteHalf,
    buffer: &mut BytesMut,
    closed: &CancellationToken,
) -> io::Result<()> {
    let written = tokio::select! {
        written = writer.write_all(buffer) => written,
        () = closed.cancelled() => Ok(()),
    };
    if written.is_err() {
        closed.cancel();
    }
    if buffer.capacity() > 2 * WRITE_BYTES {
        *buffer = BytesMut::new();
    } else {
        buffer.clear();
    }
    written
}

/// How long a connection may take to end at shutdown before it is left behind.
pub(crate) const CLOSE_WITHIN: Duration = Duration::from_secs(2);
