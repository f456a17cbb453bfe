//! What the three ports share.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::admin::Faults;
use crate::store::Store;

/// One front end with one back end.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
    pub(crate) faults: Faults,
    pub(crate) be: SocketAddr,
    /// Where error logs of loads are kept.
    pub(crate) error_logs: PathBuf,
    /// Work that outlives the request that began it.
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) started: Instant,
}
