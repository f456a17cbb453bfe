//! Starting and stopping: the listener, its connections, and what runs beside them.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpStream},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Error, Options,
    broker::Broker,
    connection::{self, CLOSE_WITHIN},
};

/// How long to wait before accepting again when the operating system has no room for a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// A name server and broker for trying out and for tests.
#[derive(Debug)]
#[non_exhaustive]
pub struct DevBroker;

impl DevBroker {
    /// Opens the data directory and listens. Must be called within a tokio runtime; a multi-threaded one is faster.
    ///
    /// # Errors
    /// [`Error`] naming the option, address or directory that is the trouble.
    pub async fn start(options: Options) -> Result<Running, Error> {
        options.validate()?;
        let cannot_listen = |source| Error::Listen { address: options.listen, source };
        let listener = TcpListener::bind(options.listen).await.map_err(cannot_listen)?;
        let bound = listener.local_addr().map_err(cannot_listen)?;
        let address = options.advertise.unwrap_or_else(|| reachable(bound));
        let opening = tokio::task::spawn_blocking(move || Broker::open(options, address));
        let broker = match opening.await {
            Ok(opened) => Arc::new(opened?),
            Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
        };
        tracing::warn!(
            %address,
            data = %broker.options.data.display(),
            "this is a dev-broker: for trying out and for tests, not for production; \
             it has no replicas, and power loss can lose what was acknowledged last"
        );
        if address.ip() != bound.ip() {
            tracing::warn!(listening = %bound, advertised = %address, "clients are told to connect to the advertised address");
        }
        let shutdown = CancellationToken::new();
        let tasks = TaskTracker::new();
        tasks.spawn(accept(listener, Arc::clone(&broker), tasks.clone(), shutdown.clone()));
        tasks.spawn(expire_members(Arc::clone(&broker), shutdown.clone()));
        tasks.close();
        Ok(Running { bound, address, shutdown, tasks, broker: Some(broker) })
    }
}

/// A running dev-broker. Dropping it stops it too, without waiting for connections to end.
#[derive(Debug)]
pub struct Running {
    bound: SocketAddr,
    address: SocketAddr,
    shutdown: CancellationToken,
    tasks: TaskTracker,
    broker: Option<Arc<Broker>>,
}

impl Running {
    /// Where it listens: for name server and broker both.
    pub fn addr(&self) -> SocketAddr {
        self.bound
    }

    /// The address that routes tell clients to connect to.
    pub fn advertised(&self) -> SocketAddr {
        self.address
    }

    /// Ends connections, writes what was acknowledged to the disk and lets the data directory go.
    pub async fn shutdown(mut self) {
        self.shutdown.cancel();
        if timeout(CLOSE_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        if let Some(broker) = self.broker.take() {
            // The last owner closes the store, which waits for the disk.
            let closed = tokio::task::spawn_blocking(move || drop(broker)).await;
            if let Err(error) = closed {
                tracing::error!(%error, "the store was not closed cleanly");
            }
        }
        tracing::info!(address = %self.bound, "dev-broker stopped");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

async fn accept(listener: TcpListener, broker: Arc<Broker>, tasks: TaskTracker, shutdown: CancellationToken) {
    let mut next_id = 1;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                serve(&tasks, &broker, next_id, stream, peer, &shutdown);
                next_id += 1;
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn serve(
    tasks: &TaskTracker,
    broker: &Arc<Broker>,
    id: u64,
    stream: TcpStream,
    peer: SocketAddr,
    shutdown: &CancellationToken,
) {
    tasks.spawn(connection::serve(Arc::clone(broker), id, stream, peer, shutdown.clone()));
}

async fn expire_members(broker: Arc<Broker>, shutdown: CancellationToken) {
    let period =
        (broker.options.client_expiry / 12).clamp(Duration::from_millis(10), Duration::from_secs(10));
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => broker.members.expire(Instant::now()),
            () = shutdown.cancelled() => return,
        }
    }
}

/// Nobody can connect to an unspecified address; on this machine the loopback address reaches the same port.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}
