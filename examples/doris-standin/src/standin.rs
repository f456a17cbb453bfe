//! Starts and stops a stand-in.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::admin::Faults;
use crate::backends::Backends;
use crate::be::{Backend, Intake, Profile};
use crate::cluster::{Cluster, FrontendPorts};
use crate::fe::Frontend;
use crate::http::{self, Scheme};
use crate::load::Server;
use crate::mysql;
use crate::options::Options;
use crate::ports::{BackendPort, bind, bind_backends, serve_while_wanted};
use crate::sql;
use crate::store::{Retention, Store};
use crate::tls::{self, Tls, TlsError};
use crate::version::Version;

/// How long a stop waits for loads in progress.
const STOP_DEADLINE: Duration = Duration::from_secs(10);

/// Why a stand-in did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on; most often somebody else does.
    #[error("cannot listen on {address} for {port}: {source}; choose another address with {flag}")]
    Bind {
        /// What the port is for.
        port: &'static str,
        /// The address asked for.
        address: SocketAddr,
        /// The flag that moves it.
        flag: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// There are not so many ports.
    #[error("no {count} ports from {first} on; choose a lower one with --be-http")]
    Ports {
        /// The first back end's address.
        first: SocketAddr,
        /// How many back ends there should be.
        count: usize,
    },
    /// The data directory cannot be used.
    #[error("cannot use the data: {0}; choose another directory with --data")]
    Data(String),
    /// No temporary directory could be made.
    #[error("cannot make a temporary directory")]
    Temporary(#[source] std::io::Error),
    /// HTTPS was asked for and cannot be served.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A stand-in for one Doris front end and its back ends.
#[derive(Debug)]
pub struct Standin;

impl Standin {
    /// Binds the ports and begins to serve on the current tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when a port is taken, the data directory cannot be used, or HTTPS cannot be served.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let (fe, fe_http) = bind("the front end's HTTP", options.fe_http, "--fe-http").await?;
        let fe_https = match &options.tls {
            Some(tls) => Some(bind("the front end's HTTPS", tls.fe_https, "--fe-https").await?),
            None => None,
        };
        let bes = bind_backends(options.be_http, options.backends.get()).await?;
        let (mysql_listener, mysql) = bind("MySQL", options.mysql, "--mysql").await?;
        let (dir, temporary) = data(options.data.as_deref())?;

        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let be_addresses: Vec<SocketAddr> = bes.iter().map(|(_, address)| *address).collect();
        let first = options.be_advertised.unwrap_or(be_addresses[0]);
        let advertised = std::iter::once(first).chain(be_addresses[1..].iter().copied());
        let backends = Arc::new(Backends::new(advertised, options.heartbeat));
        let ports =
            FrontendPorts { http: fe_http, https: fe_https.as_ref().map(|(_, address)| *address), mysql };
        let (alter_time, stream_load_record) = (options.alter_time, options.stream_load_record);
        let profile = Profile {
            server: Server { version: options.version, opens_json: options.compressed_json },
            intake: if options.discard { Intake::Discard } else { Intake::Store },
        };
        let opened = open(options, dir.clone()).await?;
        let cluster = Cluster {
            store: Arc::new(opened.store),
            accounts: Arc::new(opened.accounts),
            faults: Arc::new(Faults::default()),
            version: opened.version,
            be: first,
            backends: Arc::clone(&backends),
            be_scheme: if opened.tls.is_some() { Scheme::Https } else { Scheme::Http },
            fe: ports,
            alter_time,
            stream_load_record,
            error_logs: dir.join("error_log"),
            tasks: tasks.clone(),
            stop: stop.clone(),
            started: Instant::now(),
            connections: Arc::new(AtomicU32::new(1)),
            statements: Arc::default(),
        };
        let running = Running {
            fe: ports.http,
            fe_https: ports.https,
            be: be_addresses[0],
            backends: be_addresses,
            mysql,
            data: dir,
            stop: stop.clone(),
            tasks: tasks.clone(),
            _temporary: temporary,
        };
        let frontend = Arc::new(Frontend::new(Arc::new(cluster.clone())));
        tasks.spawn(http::serve(fe, None, Arc::clone(&frontend), stop.clone(), tasks.clone()));
        if let Some((listener, _)) = fe_https {
            tasks.spawn(http::serve(listener, opened.tls.clone(), frontend, stop.clone(), tasks.clone()));
        }
        for (number, (listener, address)) in bes.into_iter().enumerate() {
            let be = backends.get(number).map_or(address, |node| node.address);
            let handler = Arc::new(Backend::new(Arc::new(Cluster { be, ..cluster.clone() }), profile));
            let port = BackendPort { listener, address, handler, number };
            let (tls, backends) = (opened.tls.clone(), Arc::clone(&backends));
            tasks.spawn(serve_while_wanted(port, tls, backends, stop.clone(), tasks.clone()));
        }
        let cluster = Arc::new(cluster);
        sql::resume_alter_jobs(&cluster);
        tasks.spawn(mysql::serve(mysql_listener, cluster, opened.mysql_tls, stop, tasks.clone()));
        Ok(running)
    }
}

/// A stand-in that serves. Dropped, it stops without waiting.
#[derive(Debug)]
pub struct Running {
    /// The front end's HTTP address.
    pub fe: SocketAddr,
    /// The front end's HTTPS address, where HTTPS is on; back ends then speak HTTPS at their addresses.
    pub fe_https: Option<SocketAddr>,
    /// The first back end's HTTP address.
    pub be: SocketAddr,
    /// The HTTP addresses of all back ends.
    pub backends: Vec<SocketAddr>,
    /// The MySQL address.
    pub mysql: SocketAddr,
    /// Where everything is kept.
    pub data: PathBuf,
    stop: CancellationToken,
    tasks: TaskTracker,
    _temporary: Option<TempDir>,
}

impl Running {
    /// The root certificate that clients trust when HTTPS is on with a certificate of the stand-in's own; `client.pem` and
    /// `client.key` beside it are a certificate that a client can show.
    #[must_use]
    pub fn root_certificate(&self) -> PathBuf {
        self.data.join("tls").join("ca.pem")
    }

    /// Stops: no new connections, open ones end, loads whose rows are being written run to their end.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(STOP_DEADLINE, self.tasks.wait()).await.is_err() {
            tracing::warn!("stopped while loads were still being written");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The data directory, made if need be; a temporary one goes when the second value does.
fn data(asked: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), StartError> {
    if let Some(asked) = asked {
        return Ok((asked.to_owned(), None));
    }
    let temporary = tempfile::tempdir().map_err(StartError::Temporary)?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// What is read from the data directory.
struct Opened {
    store: Store,
    accounts: Accounts,
    version: Version,
    tls: Option<TlsAcceptor>,
    mysql_tls: Option<TlsAcceptor>,
}

async fn open(options: Options, dir: PathBuf) -> Result<Opened, StartError> {
    let version = options.version;
    let age = options.label_keep.unwrap_or_else(|| version.label_keep());
    let retention = Retention { age, count: options.label_count };
    let opening = tokio::task::spawn_blocking(move || {
        let data = |error: &dyn std::error::Error| StartError::Data(chain(error));
        let store = Store::open(&dir, retention).map_err(|error| data(&error))?;
        let accounts =
            Accounts::open(&dir, &options.user, &options.password).map_err(|error| data(&error))?;
        let tls = options.tls.as_ref().map(|tls| tls::acceptor(tls, &dir)).transpose()?;
        let mysql_tls = match (&tls, options.mysql_tls) {
            (_, false) => None,
            (Some(tls), true) => Some(tls.clone()),
            (None, true) => Some(tls::acceptor(&Tls::default(), &dir)?),
        };
        Ok(Opened { store, accounts, version, tls, mysql_tls })
    });
    opening.await.unwrap_or_else(|error| Err(StartError::Data(error.to_string())))
}

/// An error with its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
