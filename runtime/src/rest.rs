//! The REST interface of RocketMQ Connect over a [`Host`].
//!
//! Routes, envelopes and texts are those of a Java worker; `docs/compatibility.md` lists what differs. Reading routes
//! look at the host's view and wait for nothing; changing routes wait until the host has stored the change.

mod access;
mod answer;
mod auth;
mod change;
mod dispatch;
mod figures;
mod guard;
mod http10;
mod java;
mod json;
mod kafka;
mod metrics;
mod old;
mod patience;
mod plugin;
mod problem;
mod read;
mod refusal;
mod request;
mod route;
mod server;
mod shapes;
mod timestamp;
mod watched;

pub use auth::{Auth, Plain, Role};
pub use guard::Open;
pub use watched::FileProblem;

use crate::{config::RestAddress, host::Host};
use dispatch::Dispatcher;
use server::Server;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// Limits of the interface.
#[derive(Debug, Clone)]
pub struct RestOptions {
    /// Bytes of a body; a Java worker takes 1,000,000.
    pub max_body_bytes: u64,
    /// Bytes of a request line with its headers, at least 8,192.
    pub max_head_bytes: usize,
    /// Connections at a time; more are refused.
    pub max_connections: usize,
    /// Requests at a time; more are refused.
    pub max_requests: usize,
    /// How long a head or a body may take to arrive, an answer to be taken, and a connection may be silent.
    pub read_timeout: Duration,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// Whether those GETs change something by which a Java worker changes things.
    pub legacy_mutations: bool,
    /// Who may use it; anybody when there is none.
    pub auth: Option<Auth>,
    /// What anybody may see all the same.
    pub open: Vec<Open>,
    /// How long requests may go on once the worker ends.
    pub drain_timeout: Duration,
}

impl Default for RestOptions {
    fn default() -> Self {
        Self {
            max_body_bytes: 1_000_000,
            max_head_bytes: 128 << 10,
            max_connections: 256,
            max_requests: 64,
            read_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(60),
            legacy_mutations: true,
            auth: None,
            open: Vec::new(),
            drain_timeout: Duration::from_secs(5),
        }
    }
}

/// The interface cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Another process listens there.
    #[error("{0} is taken by another process: stop it, or set httpPort to another port (0 for a free one)")]
    Taken(SocketAddr),
    /// The system does not allow it.
    #[error("cannot listen on {address}: check httpHost and httpPort")]
    Refused {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A listener for [`serve`].
///
/// # Errors
/// [`BindError`] names the address and the keys that move it.
pub async fn bind(address: RestAddress) -> Result<TcpListener, BindError> {
    let address = SocketAddr::new(address.host, address.port);
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::Taken(address),
        _ => BindError::Refused { address, source },
    })
}

/// Serves `host` on `listener` until `shutdown`, then lets running requests finish within
/// [`drain_timeout`](RestOptions::drain_timeout).
pub async fn serve(
    listener: TcpListener,
    host: Arc<dyn Host>,
    options: RestOptions,
    shutdown: CancellationToken,
) {
    let dispatcher = Arc::new(Dispatcher::new(host, options.clone()));
    let watching = options.auth.clone().map(|auth| AbortOnDropHandle::new(tokio::spawn(auth.follow())));
    Server { dispatcher, options, shutdown }.run(listener).await;
    drop(watching);
}
