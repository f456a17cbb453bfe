//! Starts and stops a stand-in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accounts::Accounts;
use crate::admin::Faults;
use crate::be::Backend;
use crate::cluster::Cluster;
use crate::fe::Frontend;
use crate::options::Options;
use crate::store::{Retention, Store};
use crate::{http, mysql};

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
    /// The data directory cannot be used.
    #[error("cannot use the data: {0}; choose another directory with --data")]
    Data(String),
    /// No temporary directory could be made.
    #[error("cannot make a temporary directory")]
    Temporary(#[source] std::io::Error),
}

/// A stand-in for one Doris front end with one back end.
#[derive(Debug)]
pub struct Standin;

impl Standin {
    /// Binds the ports and begins to serve on the current tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when a port is taken or the data directory cannot be used.
    pub async fn start(options: Options) -> Result<Running, StartError> {
        let fe = bind("the front end's HTTP", options.fe_http, "--fe-http").await?;
        let be = bind("the back end's HTTP", options.be_http, "--be-http").await?;
        let sql = bind("MySQL", options.mysql, "--mysql").await?;
        let (dir, temporary) = match options.data {
            Some(dir) => (dir, None),
            None => {
                let temporary = tempfile::tempdir().map_err(StartError::Temporary)?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let retention = Retention { age: options.label_keep, count: options.label_count };
        let opened = dir.clone();
        let (store, accounts) = tokio::task::spawn_blocking(move || {
            let store = Store::open(&opened, retention).map_err(|error| chain(&error))?;
            let accounts =
                Accounts::open(&opened, &options.user, &options.password).map_err(|error| chain(&error))?;
            Ok((store, accounts))
        })
        .await
        .unwrap_or_else(|error| Err(error.to_string()))
        .map_err(StartError::Data)?;
        let cluster = Arc::new(Cluster {
            store,
            accounts,
            faults: Faults::default(),
            be: options.be_advertised.map_or_else(|| local(&be), Ok)?,
            error_logs: dir.join("error_log"),
            tasks: tasks.clone(),
            stop: stop.clone(),
            started: Instant::now(),
        });
        let running = Running {
            fe: local(&fe)?,
            be: local(&be)?,
            mysql: local(&sql)?,
            data: dir,
            stop: stop.clone(),
            tasks: tasks.clone(),
            _temporary: temporary,
        };
        let frontend = Arc::new(Frontend(Arc::clone(&cluster)));
        let backend = Arc::new(Backend(Arc::clone(&cluster)));
        tasks.spawn(http::serve(fe, frontend, stop.clone(), tasks.clone()));
        tasks.spawn(http::serve(be, backend, stop.clone(), tasks.clone()));
        tasks.spawn(mysql::serve(sql, cluster, stop, tasks.clone()));
        Ok(running)
    }
}

/// A stand-in that serves. Dropped, it stops without waiting.
#[derive(Debug)]
pub struct Running {
    /// The front end's HTTP address.
    pub fe: SocketAddr,
    /// The back end's HTTP address.
    pub be: SocketAddr,
    /// The MySQL address.
    pub mysql: SocketAddr,
    /// Where everything is kept.
    pub data: PathBuf,
    stop: CancellationToken,
    tasks: TaskTracker,
    _temporary: Option<TempDir>,
}

impl Running {
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

async fn bind(
    port: &'static str,
    address: SocketAddr,
    flag: &'static str,
) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Bind { port, address, flag, source })
}

fn local(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| StartError::Data(error.to_string()))
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
