//! What a stand-in is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Settings of a stand-in.
#[derive(Clone)]
pub struct Options {
    /// Where the front end's HTTP port listens; port 0 takes a free one.
    pub fe_http: SocketAddr,
    /// Where the back end's HTTP port listens; port 0 takes a free one.
    pub be_http: SocketAddr,
    /// The address that redirects name in place of the back end's own, as where there is something between it and clients.
    pub be_advertised: Option<SocketAddr>,
    /// Where the MySQL port listens; port 0 takes a free one.
    pub mysql: SocketAddr,
    /// An administrator beside `root`; both have the same password.
    pub user: String,
    /// The administrators' password; empty for none.
    pub password: String,
    /// Where everything is kept; without it, in a temporary directory that goes with the stand-in.
    pub data: Option<PathBuf>,
    /// How long labels of finished loads are kept (Doris: `streaming_label_keep_max_second`).
    pub label_keep: Duration,
    /// How many finished loads are kept per database (Doris: `label_num_threshold`).
    pub label_count: usize,
}

impl Default for Options {
    /// Free ports on loopback, `root` without a password, a temporary directory, Doris's own retention.
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            fe_http: free,
            be_http: free,
            be_advertised: None,
            mysql: free,
            user: "root".to_owned(),
            password: String::new(),
            data: None,
            label_keep: Duration::from_secs(43_200),
            label_count: 2000,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("fe_http", &self.fe_http)
            .field("be_http", &self.be_http)
            .field("be_advertised", &self.be_advertised)
            .field("mysql", &self.mysql)
            .field("user", &self.user)
            .field("data", &self.data)
            .field("label_keep", &self.label_keep)
            .field("label_count", &self.label_count)
            .finish_non_exhaustive()
    }
}
