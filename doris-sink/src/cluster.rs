//! The servers of a Doris cluster, asked one after the other until one answers.

mod ask;
mod credentials;
mod error;
mod pool;
mod redirect;
mod trust;

pub(crate) use error::{AskError, Tried};
pub(crate) use redirect::BadRedirect;

use crate::{
    config::Settings,
    http::{Answer, Client, Endpoint, HttpError, Request, Sending},
};
use ask::Role;
use bytes::Bytes;
use credentials::Credentials;
use hyper::{HeaderMap, Method, header::AUTHORIZATION};
use pool::Pool;
use std::time::Duration;
use trust::Trust;

/// How long a backend may take to ask for a body, unless the read timeout is near that: it begins a transaction and plans
/// the load first.
const ASKING: Duration = Duration::from_secs(10);

/// A cluster, and the credentials for it.
#[derive(Debug)]
pub(crate) struct Cluster {
    client: Client,
    frontends: Pool,
    backends: Pool,
    credentials: Credentials,
    asking: Duration,
    trust: Trust,
}

/// An answer, and who gave it.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The server that was asked first.
    pub(crate) via: Endpoint,
    /// The server that answered in the end.
    pub(crate) node: Endpoint,
    pub(crate) answer: Answer,
}

impl Cluster {
    /// The cluster that `settings` name; tasks begin with different frontends, by their number.
    pub(crate) fn new(settings: &Settings, task: u32) -> Self {
        let start = usize::try_from(task).unwrap_or_default();
        if settings.tls.as_ref().is_some_and(|tls| !tls.verifies()) {
            tracing::warn!(
                "doris.tls.verify=false: whoever answers in Doris's place gets the rows and the password"
            );
        }
        Self {
            client: Client::new(settings.connect_timeout, settings.read_timeout, settings.tls.clone()),
            frontends: Pool::new(settings.frontends.clone(), start),
            backends: Pool::new(settings.backends.clone(), start),
            credentials: Credentials::new(&settings.user, &settings.password),
            asking: ASKING.min(settings.read_timeout / 2),
            trust: Trust::new(settings),
        }
    }

    /// Sends a load to the frontends, which name a backend, or to the backends given for it.
    pub(crate) async fn load(&mut self, mut request: Request) -> Result<Answered, AskError> {
        if self.backends.is_empty() {
            request.sending = Sending::WhenAsked;
            return self.ask(request, Role::Frontend).await;
        }
        request.sending = Sending::WhenAskedOrAfter(self.asking);
        self.ask(request, Role::Backend).await
    }

    /// Asks the frontends for `path`, or tells them to do what it says.
    pub(crate) async fn call(&mut self, method: Method, path: String) -> Result<Answered, AskError> {
        let (headers, body, sending) = (HeaderMap::new(), Bytes::new(), Sending::AtOnce);
        self.ask(Request { method, path, headers, body, sending }, Role::Frontend).await
    }

    /// Asks one server for `path`, with the credentials only where `trusted`.
    pub(crate) async fn get_from(
        &mut self,
        node: &Endpoint,
        path: String,
        trusted: bool,
    ) -> Result<Answer, HttpError> {
        let mut headers = HeaderMap::new();
        if let Some(value) = self.credentials.header().filter(|_| trusted) {
            headers.insert(AUTHORIZATION, value.clone());
        }
        let (body, sending) = (Bytes::new(), Sending::AtOnce);
        self.exchange(node, &Request { method: Method::GET, path, headers, body, sending }).await
    }

    /// Whether a server that an answer names may be asked.
    pub(crate) fn allows(&self, node: &Endpoint) -> bool {
        self.trust.refusal(node).is_none()
    }

    /// Asks others than `node` first, for a while.
    pub(crate) fn avoid(&mut self, node: &Endpoint) {
        self.frontends.failed(node, None);
        self.backends.failed(node, None);
    }

    /// Closes all connections.
    pub(crate) fn close(&mut self) {
        self.client.close();
    }

    /// What `node` answers, without the credentials if it repeats them.
    async fn exchange(&mut self, node: &Endpoint, request: &Request) -> Result<Answer, HttpError> {
        let answer = self.client.exchange(node, request).await?;
        Ok(Answer { body: self.credentials.hidden_in(answer.body), ..answer })
    }
}
