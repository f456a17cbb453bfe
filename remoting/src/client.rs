//! A client of name servers and brokers.
//!
//! Calls are grouped by what they are about: [`topics`], [`groups`], [`send`], [`pull`], [`offsets`]; [`reader`] builds on
//! pulls, [`membership`] on heartbeats. Below them are [`broker`] (who serves a queue), [`pool`] and [`connection`].

mod alive;
mod backoff;
mod broker;
mod connection;
mod error;
mod groups;
mod heartbeat;
mod incoming;
mod json;
mod membership;
mod name_servers;
mod offsets;
mod options;
mod pending;
mod pool;
mod pull;
mod queue;
mod reader;
mod route;
mod routes;
mod send;
mod topics;

pub use error::{Error, Malformation, NameServerFailure, NameServerProblem};
pub use membership::Membership;
pub use options::ClientOptions;
pub use pull::{PullOptions, PullStatus, Pulled};
pub use queue::Queue;
pub use reader::{MessageRun, QueueReader, ReadError, ReaderOptions, ReaderStatus};
pub use route::{Broker, Route};
pub use send::{MAX_BATCH_BYTES, MAX_BATCH_MESSAGES, OutgoingMessage, SendReceipt, SendStatus};
pub use topics::{TopicPermission, TopicSpec};

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connection::Connector;
use self::incoming::Incoming;
use self::name_servers::NameServers;
use self::pool::Pool;
use self::routes::Routes;
use crate::message::UniqueIds;

/// How long [`Client::close`] waits for what it has asked to end.
const CLOSE_DEADLINE: Duration = Duration::from_secs(3);

/// A RocketMQ client. Clones are the same client.
///
/// Its connections live on the runtime it was made in; calls may come from any.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: ClientOptions,
    pool: Pool,
    name_servers: NameServers,
    routes: Routes,
    incoming: Arc<Incoming>,
    unique_ids: UniqueIds,
    runtime: Handle,
    tasks: TaskTracker,
    closed: CancellationToken,
}

impl Client {
    /// A client that has not yet talked to anybody.
    ///
    /// # Errors
    /// [`Error::InvalidAddress`], [`Error::NoNameServers`]; [`Error::NoRuntime`] outside a tokio runtime.
    pub fn new(mut options: ClientOptions) -> Result<Self, Error> {
        let addresses = options::addresses(&options.name_servers)?;
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let unique_ids = UniqueIds::new();
        if options.instance.is_empty() {
            options.instance = format!("{}@{}", std::process::id(), unique_ids.next());
        }
        let (tasks, closed) = (TaskTracker::new(), CancellationToken::new());
        let incoming = Arc::new(Incoming::new(&options.instance));
        let connector = Connector {
            incoming: Arc::clone(&incoming),
            tasks: tasks.clone(),
            closed: closed.clone(),
            timeout: options.connect_timeout,
            question: alive::question(&options.instance),
            patience: options.request_timeout,
        };
        let inner = Inner {
            pool: Pool::new(connector, runtime.clone()),
            name_servers: NameServers::new(addresses, options.request_timeout),
            routes: Routes::new(options.route_refresh),
            options,
            incoming,
            unique_ids,
            runtime,
            tasks,
            closed,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The id brokers list this client under.
    pub fn id(&self) -> &str {
        &self.inner.options.instance
    }

    /// Leaves all groups and closes all connections. Calls under way and later ones fail with [`Error::Closed`]
    /// or [`Error::ConnectionLost`].
    pub async fn close(&self) {
        let leaving = self.leave_all();
        if tokio::time::timeout(CLOSE_DEADLINE, leaving).await.is_err() {
            tracing::info!(
                "brokers were not told in time that this client leaves; they notice by themselves"
            );
        }
        self.inner.closed.cancel();
        self.inner.tasks.close();
        if tokio::time::timeout(CLOSE_DEADLINE, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("connections are still closing");
        }
    }

    fn request_timeout(&self) -> Duration {
        self.inner.options.request_timeout
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.closed.cancel();
    }
}
