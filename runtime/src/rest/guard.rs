//! What is checked before a request gets to its handler.

use super::{
    RestOptions,
    access::Peer,
    auth::{Account, Auth, Role, Unknown},
    problem::{Code, Problem},
    request,
    route::Route,
};
use hyper::{Method, Request};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What anybody may see, also where it matters who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// `/health` and what is below it.
    Health,
    /// `/metrics`.
    Metrics,
}

impl Open {
    fn has(self, path: &str) -> bool {
        let path = path.strip_suffix('/').unwrap_or(path);
        match self {
            Self::Health => path == "/health" || path.starts_with("/health/"),
            Self::Metrics => path == "/metrics",
        }
    }
}

/// Lets requests in.
pub(super) struct Guard {
    /// Requests that may be under way.
    room: Semaphore,
    options: RestOptions,
}

/// A request that is let in, as long as it is under way.
pub(super) struct Admitted<'a> {
    /// Who asks; `None` when nobody is asked who he is.
    pub(super) account: Option<Account>,
    _room: SemaphorePermit<'a>,
}

impl Guard {
    pub(super) fn new(options: RestOptions) -> Self {
        Self { room: Semaphore::new(options.max_requests.min(Semaphore::MAX_PERMITS)), options }
    }

    /// Lets a request in when it may do what it asks for and there is room for it.
    ///
    /// # Errors
    /// Why it is not let in.
    pub(super) async fn admit<B>(&self, request: &Request<B>) -> Result<Admitted<'_>, Problem> {
        let room = self.room.try_acquire().map_err(|_| self.too_many_requests())?;
        let account = match &self.options.auth {
            Some(auth) if !self.is_open(request) => Some(identify(auth, request).await?),
            _ => None,
        };
        if let Some(account) = &account {
            must_be_allowed(account, request)?;
        }
        if !self.options.legacy_mutations && is_legacy_change(request) {
            return Err(get_must_not_change(request.uri().path()));
        }
        Ok(Admitted { account, _room: room })
    }

    /// Whether anybody may see that.
    fn is_open<B>(&self, request: &Request<B>) -> bool {
        let path = request.uri().path();
        let is_look = matches!(*request.method(), Method::GET | Method::HEAD);
        is_look && self.options.open.iter().any(|open| open.has(path))
    }

    fn too_many_requests(&self) -> Problem {
        let most = self.options.max_requests;
        let message = format!("{most} requests are under way, which is the most there may be");
        let hint = "ask again later; rest.requests.max sets how many there may be";
        Problem::new(Code::TooManyRequests, message).hint(hint)
    }
}

/// Who sent a request.
async fn identify<B>(auth: &Auth, request: &Request<B>) -> Result<Account, Problem> {
    let failure = match auth.who(request.headers()).await {
        Ok(account) => return Ok(account),
        Err(failure) => failure,
    };
    // A browser's first request has none, and nobody failed.
    if failure != Unknown::Nobody {
        let peer = request.extensions().get().map(|Peer(address)| tracing::field::display(*address));
        tracing::warn!(peer, reason = ?failure, "a REST client was not let in");
    }
    let (message, hint) = match failure {
        Unknown::Nobody => {
            ("credentials are needed", "send a name and a password, or a token, in the header Authorization")
        }
        Unknown::Malformed => (
            "the header Authorization cannot be read",
            "send Basic with a name and a password, or Bearer with a token",
        ),
        Unknown::User | Unknown::Password | Unknown::Token => (
            "the credentials are not right",
            "check the name and the password, or the token; rest.auth.file says who there is",
        ),
    };
    Err(Problem::new(Code::Unauthorized, message).hint(hint))
}

/// Whether an account may do what a request asks for.
fn must_be_allowed<B>(account: &Account, request: &Request<B>) -> Result<(), Problem> {
    if account.role == Role::Admin || !is_change(request) {
        return Ok(());
    }
    let (name, method, path) = (&account.name, request.method(), request.uri().path());
    let message = format!("{name} may look but not change anything, and {method} {path} would");
    Err(Problem::new(Code::Forbidden, message).hint("use an account whose role is admin"))
}

fn get_must_not_change(path: &str) -> Problem {
    let message = format!("GET {path} would change something, which rest.legacy.mutations=false forbids");
    let hint = "use PUT and DELETE, see docs/rest.md; where scripts of RocketMQ Connect \
                have to work as they are, set rest.legacy.mutations=true";
    Problem::new(Code::GetMustNotChange, message).hint(hint)
}

/// Why there is no room for a connection.
pub(super) fn too_many_connections(options: &RestOptions) -> Problem {
    let most = options.max_connections;
    let message = format!("{most} connections are open, which is the most there may be");
    let hint = "close connections that are not needed, and ask again later; rest.connections.max sets how many there may be";
    Problem::new(Code::TooManyConnections, message).hint(hint)
}

/// Whether a request asks for a change: anything but GET does, and those GETs that a Java worker changes things by.
pub(super) fn is_change<B>(request: &Request<B>) -> bool {
    match *request.method() {
        Method::GET => is_legacy_change(request),
        Method::HEAD | Method::OPTIONS => false,
        _ => true,
    }
}

/// Whether a request is one of those GETs that change something.
fn is_legacy_change<B>(request: &Request<B>) -> bool {
    if request.method() != Method::GET {
        return false;
    }
    match Route::of(request.method(), request.uri().path()) {
        Some(Route::PutByQuery { .. }) => request::query_parameter(request.uri().query(), "config").is_some(),
        Some(
            Route::Stop { .. }
            | Route::Pause { .. }
            | Route::Resume { .. }
            | Route::StopAll
            | Route::PauseAll
            | Route::ResumeAll,
        ) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something() {
        let check = |request: &str, changes: bool, by_get: bool| {
            let (method, path) = request.split_once(' ').unwrap();
            let asked = Request::builder().method(method).uri(path).body(()).unwrap();
            assert_eq!((is_change(&asked), is_legacy_change(&asked)), (changes, by_get), "{request}");
        };
        check("GET /getClusterInfo", false, false);
        check("GET /connectors/c/status", false, false);
        check("GET /connectors/c", false, false);
        check("GET /connectors/c?x=config", false, false);
        check("GET /connectors/c?config=%7B%7D", true, true);
        check("GET /connectors/c?%63onfig", true, true);
        for path in [
            "c/stop",
            "c/pause/",
            "%63/resume",
            "stop/all",
            "stopAll",
            "pause/all",
            "pauseAll",
            "resume/all",
            "resumeAll",
        ] {
            check(&format!("GET /connectors/{path}"), true, true);
        }
        check("HEAD /connectors/c/stop", false, false);
        check("POST /connectors/c", true, false);
        check("DELETE /nosuch", true, false);
    }
}
