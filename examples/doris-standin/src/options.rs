//! What a stand-in is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use crate::tls::Tls;
use crate::version::Version;

/// Settings of a stand-in.
#[derive(Clone)]
pub struct Options {
    /// Which Doris is stood in for.
    pub version: Version,
    /// Where the front end's HTTP port listens; port 0 takes a free one.
    pub fe_http: SocketAddr,
    /// Where the first back end's HTTP port listens, and each other one port higher; port 0 takes free ones.
    pub be_http: SocketAddr,
    /// How many back ends there are.
    pub backends: NonZeroUsize,
    /// How long the front end takes to notice that a back end went away or came back.
    pub heartbeat: Duration,
    /// The address that redirects name in place of the first back end's own, as where there is something between it and clients.
    pub be_advertised: Option<SocketAddr>,
    /// Where the MySQL port listens; port 0 takes a free one.
    pub mysql: SocketAddr,
    /// HTTPS, where it is on.
    pub tls: Option<Tls>,
    /// Whether the MySQL port offers TLS (Doris: `enable_ssl`), with the certificate of [`Options::tls`] or else one of the own
    /// authority.
    pub mysql_tls: bool,
    /// An administrator beside `root`; both have the same password.
    pub user: String,
    /// The administrators' password; empty for none.
    pub password: String,
    /// Where everything is kept; without it, in a temporary directory that goes with the stand-in.
    pub data: Option<PathBuf>,
    /// How long labels of finished loads are kept; without it, as long as the version keeps them
    /// (Doris: `streaming_label_keep_max_second`).
    pub label_keep: Option<Duration>,
    /// How many finished loads are kept per database (Doris: `label_num_threshold`).
    pub label_count: usize,
    /// Count the rows of loads instead of storing them: rows are lines, and nothing looks at what is in them. Labels,
    /// transactions and refusals that need no rows are as ever.
    pub discard: bool,
    /// Whether compressed JSON is opened, as it is by later patch releases of the 2.1 and 3.0 lines (2.1.9, 3.0.5); the
    /// releases that are imitated refuse it.
    pub compressed_json: bool,
    /// How long a schema change takes that Doris does not make at once.
    pub alter_time: Duration,
    /// Whether SHOW STREAM LOAD tells of loads that have ended (Doris: `enable_stream_load_record`, off by default).
    pub stream_load_record: bool,
}

impl Default for Options {
    /// Free ports on loopback, `root` without a password, a temporary directory, Doris's own retention.
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            version: Version::default(),
            fe_http: free,
            be_http: free,
            backends: NonZeroUsize::MIN,
            heartbeat: Duration::from_secs(10),
            be_advertised: None,
            mysql: free,
            tls: None,
            mysql_tls: false,
            user: "root".to_owned(),
            password: String::new(),
            data: None,
            label_keep: None,
            label_count: 2000,
            discard: false,
            compressed_json: false,
            alter_time: Duration::from_millis(100),
            stream_load_record: false,
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("version", &self.version)
            .field("fe_http", &self.fe_http)
            .field("be_http", &self.be_http)
            .field("backends", &self.backends)
            .field("heartbeat", &self.heartbeat)
            .field("be_advertised", &self.be_advertised)
            .field("mysql", &self.mysql)
            .field("tls", &self.tls)
            .field("mysql_tls", &self.mysql_tls)
            .field("user", &self.user)
            .field("data", &self.data)
            .field("label_keep", &self.label_keep)
            .field("label_count", &self.label_count)
            .field("discard", &self.discard)
            .field("compressed_json", &self.compressed_json)
            .field("alter_time", &self.alter_time)
            .field("stream_load_record", &self.stream_load_record)
            .finish_non_exhaustive()
    }
}
