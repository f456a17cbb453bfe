//! What the ports share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::admin::Faults;
use crate::backends::Backends;
use crate::http::Scheme;
use crate::store::Store;
use crate::version::Version;

/// One front end with its back ends, as one of them sees it.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    pub(crate) store: Arc<Store>,
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) backends: Arc<Backends>,
    /// Whose answers are given.
    pub(crate) version: Version,
    /// The back end's own address; elsewhere that of the first back end.
    pub(crate) be: SocketAddr,
    /// What back ends speak.
    pub(crate) be_scheme: Scheme,
    /// The ports of the front end.
    pub(crate) fe: FrontendPorts,
    /// How long a schema change takes that is not made at once.
    pub(crate) alter_time: Duration,
    /// Whether SHOW STREAM LOAD tells of loads.
    pub(crate) stream_load_record: bool,
    /// Where error logs of loads are kept.
    pub(crate) error_logs: PathBuf,
    /// Work that outlives the request that began it.
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) started: Instant,
    pub(crate) connections: Arc<AtomicU32>,
    pub(crate) statements: Arc<AtomicU64>,
}

impl Cluster {
    /// A number for a new SQL connection.
    pub(crate) fn next_connection_id(&self) -> u32 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// A number for a statement that needs one of its own.
    pub(crate) fn next_statement_id(&self) -> u64 {
        self.statements.fetch_add(1, Ordering::Relaxed)
    }
}

/// Where the front end listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrontendPorts {
    pub(crate) http: SocketAddr,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) mysql: SocketAddr,
}
