//! The servers of a Doris cluster, asked one after the other until one answers.

mod pool;
mod redirect;

pub(crate) use redirect::BadRedirect;

use crate::{
    config::{AllowedHosts, Settings},
    http::{Answer, Client, Endpoint, HttpError, Progress, Request, Sending},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use hyper::{
    HeaderMap, Method, StatusCode,
    header::{AUTHORIZATION, HeaderValue},
};
use pool::Pool;
use std::{fmt, time::Duration};

/// How many redirects are followed: to the leading frontend, from there to a backend, and one to spare.
const REDIRECTS: usize = 3;

/// How long a backend may take to ask for a body, unless the read timeout is near that: it begins a transaction and plans
/// the load first.
const ASKING: Duration = Duration::from_secs(10);

/// A cluster, and the credentials for it.
#[derive(Debug)]
pub(crate) struct Cluster {
    client: Client,
    frontends: Pool,
    backends: Pool,
    authorization: Option<HeaderValue>,
    asking: Duration,
    allowed: AllowedHosts,
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

/// Nobody answered. The cause is told within the text, as [`HttpError`]s do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("no {role} of Doris can be used: {tried}")]
    Nobody { role: &'static str, tried: Tried },
    #[error(
        "frontend {via} named {node}, which cannot be used: {why}; if that address cannot be reached from here, \
         name ones that can in doris.benodes"
    )]
    NamedNode { via: Endpoint, node: Endpoint, why: HttpError },
    #[error("whether Doris has the load is not known: {node}: {why}")]
    Unknown { node: Endpoint, why: HttpError },
    #[error("{via} answered with a redirect that is not followed: {problem}")]
    Redirect { via: Endpoint, problem: BadRedirect },
}

/// The servers tried, and what was wrong with each.
#[derive(Debug, Default)]
pub(crate) struct Tried(Vec<(Endpoint, String)>);

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (node, why)) in self.0.iter().enumerate() {
            let separator = if i > 0 { "; " } else { "" };
            write!(f, "{separator}{node}: {why}")?;
        }
        Ok(())
    }
}

impl AskError {
    /// How far the request had come at the server that it was meant for; `None` when that is not known, or it never began.
    pub(crate) fn progress(&self) -> Option<Progress> {
        match self {
            Self::NamedNode { why, .. } | Self::Unknown { why, .. } => why.progress(),
            Self::Nobody { .. } | Self::Redirect { .. } => None,
        }
    }
}

impl Cluster {
    /// The cluster that `settings` name; tasks begin with different frontends, by their number.
    pub(crate) fn new(settings: &Settings, task: u32) -> Self {
        let start = usize::try_from(task).unwrap_or_default();
        let plain = format!("{}:{}", settings.user, settings.password.expose());
        let mut authorization = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(plain))).ok();
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        Self {
            client: Client::new(settings.connect_timeout, settings.read_timeout),
            frontends: Pool::new(settings.frontends.clone(), start),
            backends: Pool::new(settings.backends.clone(), start),
            authorization,
            asking: ASKING.min(settings.read_timeout / 2),
            allowed: settings.allowed_hosts.clone(),
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
        let request = Request {
            method,
            path,
            headers: HeaderMap::new(),
            body: bytes::Bytes::new(),
            sending: Sending::AtOnce,
        };
        self.ask(request, Role::Frontend).await
    }

    /// Asks one server for `path`, with the credentials only where `trusted`.
    pub(crate) async fn get_from(
        &mut self,
        node: &Endpoint,
        path: String,
        trusted: bool,
    ) -> Result<Answer, HttpError> {
        let mut headers = HeaderMap::new();
        if let Some(value) = self.authorization.clone().filter(|_| trusted) {
            headers.insert(AUTHORIZATION, value);
        }
        let (body, sending) = (bytes::Bytes::new(), Sending::AtOnce);
        self.client.exchange(node, &Request { method: Method::GET, path, headers, body, sending }).await
    }

    /// Whether a server that an answer names may be asked.
    pub(crate) fn allows(&self, node: &Endpoint) -> bool {
        // A frontend that is not the master sends questions on to it; those given have the credentials anyway.
        self.allowed.allow(node) || self.frontends.has(node) || self.backends.has(node)
    }

    /// Asks others than `node` first, for a while.
    pub(crate) fn avoid(&mut self, node: &Endpoint) {
        self.frontends.failed(node);
        self.backends.failed(node);
    }

    /// Closes all connections.
    pub(crate) fn close(&mut self) {
        self.client.close();
    }

    async fn ask(&mut self, mut request: Request, role: Role) -> Result<Answered, AskError> {
        if let Some(value) = &self.authorization {
            request.headers.insert(AUTHORIZATION, value.clone());
        }
        let mut tried = Tried::default();
        for via in self.pool(role).in_order() {
            match self.follow(&via, &request).await {
                Ok(answered) if answered.node != via => {
                    self.pool(role).answered(&via);
                    return Ok(answered);
                }
                Ok(answered) => match unfit(&answered.answer) {
                    None => {
                        self.pool(role).answered(&via);
                        return Ok(answered);
                    }
                    Some(why) => {
                        self.pool(role).failed(&via);
                        tried.0.push((via, why));
                    }
                },
                Err(Stopped::First(why)) if why.outcome_unknown() => {
                    self.pool(role).failed(&via);
                    return Err(AskError::Unknown { node: via, why });
                }
                Err(Stopped::First(why)) => {
                    self.pool(role).failed(&via);
                    tried.0.push((via, why.to_string()));
                }
                Err(Stopped::Later(error)) => return Err(error),
            }
        }
        Err(AskError::Nobody { role: role.name(), tried })
    }

    fn pool(&mut self, role: Role) -> &mut Pool {
        match role {
            Role::Frontend => &mut self.frontends,
            Role::Backend => &mut self.backends,
        }
    }

    async fn follow(&mut self, via: &Endpoint, request: &Request) -> Result<Answered, Stopped> {
        let answer = self.client.exchange(via, request).await.map_err(Stopped::First)?;
        let mut answered = Answered { via: via.clone(), node: via.clone(), answer };
        let mut request = request.clone();
        if request.sending == Sending::WhenAsked {
            request.sending = Sending::WhenAskedOrAfter(self.asking);
        }
        for hop in 0.. {
            if !answered.answer.status.is_redirection() {
                return Ok(answered);
            }
            let refuse = |problem| Stopped::Later(AskError::Redirect { via: answered.node.clone(), problem });
            let target = redirect::target(&answered.answer, &answered.node).map_err(refuse)?;
            if hop == REDIRECTS {
                return Err(refuse(BadRedirect::TooMany(REDIRECTS)));
            }
            if !self.allows(&target.endpoint) {
                return Err(refuse(BadRedirect::NotAllowed(target.endpoint)));
            }
            tracing::trace!(from = %answered.node, to = %target.endpoint, "redirected");
            (answered.node, request.path) = (target.endpoint, target.path);
            let (via, node) = (&answered.via, &answered.node);
            answered.answer = self.client.exchange(node, &request).await.map_err(|why| {
                let (via, node) = (via.clone(), node.clone());
                Stopped::Later(match why.outcome_unknown() {
                    true => AskError::Unknown { node, why },
                    false => AskError::NamedNode { via, node, why },
                })
            })?;
        }
        Ok(answered)
    }
}

#[derive(Debug, Clone, Copy)]
enum Role {
    Frontend,
    Backend,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Frontend => "frontend",
            Self::Backend => "backend",
        }
    }
}

/// Where an exchange ended: at the server asked first, or behind a redirect of it.
enum Stopped {
    First(HttpError),
    Later(AskError),
}

/// Why an answer is none of Doris's: another server may have one. 401 and 403 are told as they are.
fn unfit(answer: &Answer) -> Option<String> {
    match answer.status {
        StatusCode::OK | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PAYLOAD_TOO_LARGE => {
            None
        }
        StatusCode::NOT_FOUND => Some("HTTP 404; is this the HTTP port of a Doris server?".to_owned()),
        status => Some(format!("HTTP {status}")),
    }
}
