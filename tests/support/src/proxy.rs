//! A TCP proxy that does to connections what networks do.
//!
//! It stands between a client and one server and forwards what both say until a [`Fault`] is set; see there for what each
//! does. It knows no protocol, but for one thing of HTTP's that [`Fault::CutBeforeAnswer`] needs.

mod connection;
mod fault;
#[cfg(test)]
mod tests;
mod way;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use self::fault::State;
pub use self::fault::{Fault, Way};
use crate::ports;

/// How soon a port is tried again that could not be listened on.
const LISTEN_AGAIN: Duration = Duration::from_millis(20);

/// A running proxy. Dropped, it stops and its connections are closed.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    target: SocketAddr,
    state: watch::Sender<State>,
    listening: watch::Receiver<bool>,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// A proxy to `target` on a free loopback port. Nobody has to listen at `target` yet.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(target: SocketAddr) -> anyhow::Result<Self> {
        Self::listen(SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free()?)), target).await
    }

    /// A proxy to `target` that listens on `address`, whose port is not 0.
    ///
    /// # Errors
    /// When `address` cannot be listened on.
    pub async fn listen(address: SocketAddr, target: SocketAddr) -> anyhow::Result<Self> {
        anyhow::ensure!(
            address.port() != 0,
            "a proxy that refuses connections has to find its port again: not 0"
        );
        let state = watch::Sender::new(State::default());
        let (listens, listening) = watch::channel(true);
        let counts = Arc::new(Counts::default());
        let (ready, started) = oneshot::channel();
        let door = Door { address, target, state: state.subscribe(), listens, counts: Arc::clone(&counts) };
        let task = tokio::spawn(door.run(ready));
        started.await?.with_context(|| format!("a proxy cannot listen on {address}"))?;
        Ok(Self { address, target, state, listening, counts, task })
    }

    /// Where clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where connections lead to.
    #[must_use]
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// Sets a fault in place of the one before. It is in force when this returns.
    pub async fn set(&self, fault: Fault) {
        self.change(Some(fault)).await;
    }

    /// From now on new connections work, and so do open ones that are not dead.
    pub async fn heal(&self) {
        self.change(None).await;
    }

    /// How often faults have struck so far: connections ended, pieces swallowed, delayed or slowed. Refused connections are
    /// not seen here.
    #[must_use]
    pub fn struck(&self) -> u64 {
        self.counts.struck.load(Ordering::Relaxed)
    }

    /// How many pieces of a stream have gone through so far, either way: where it does not grow, nobody says anything.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.counts.carried.load(Ordering::Relaxed)
    }

    async fn change(&self, fault: Option<Fault>) {
        self.state.send_modify(|state| state.set(fault));
        let listens = fault != Some(Fault::Refuse);
        // An error would mean that the task is gone, and then nobody listens.
        drop(self.listening.clone().wait_for(|listening| *listening == listens).await);
    }

    /// Stops listening, closes all connections, and returns when that is done.
    pub async fn stop(mut self) {
        self.task.abort();
        // It was aborted, which is what it answers.
        drop((&mut self.task).await);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What has happened to all connections.
#[derive(Debug, Default)]
struct Counts {
    struck: AtomicU64,
    carried: AtomicU64,
}

impl Counts {
    fn strike(&self) {
        self.struck.fetch_add(1, Ordering::Relaxed);
    }

    fn carry(&self) {
        self.carried.fetch_add(1, Ordering::Relaxed);
    }
}

/// Where connections come in.
struct Door {
    address: SocketAddr,
    target: SocketAddr,
    state: watch::Receiver<State>,
    listens: watch::Sender<bool>,
    counts: Arc<Counts>,
}

impl Door {
    /// Runs until aborted; its connections end with it.
    async fn run(mut self, ready: oneshot::Sender<std::io::Result<()>>) {
        let mut connections = JoinSet::new();
        let mut listener = match TcpListener::bind(self.address).await {
            Ok(listener) => {
                // The one who waits has started this.
                drop(ready.send(Ok(())));
                Some(listener)
            }
            Err(error) => return drop(ready.send(Err(error))),
        };
        loop {
            let accepted = async {
                match &listener {
                    Some(listener) => listener.accept().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                changed = self.state.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    listener = self.listener(listener).await;
                    self.listens.send_replace(listener.is_some());
                }
                accepted = accepted => if let Ok((client, _)) = accepted {
                    let (state, counts) = (self.state.clone(), Arc::clone(&self.counts));
                    connections.spawn(connection::serve(client, self.target, state, counts));
                },
                Some(_ended) = connections.join_next() => {}
            }
        }
    }

    /// Nobody listens while connections are to be refused.
    async fn listener(&self, listener: Option<TcpListener>) -> Option<TcpListener> {
        if self.state.borrow().fault == Some(Fault::Refuse) {
            return None;
        }
        if listener.is_some() {
            return listener;
        }
        loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => return Some(listener),
                Err(_taken) => tokio::time::sleep(LISTEN_AGAIN).await,
            }
        }
    }
}
