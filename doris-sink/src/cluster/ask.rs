//! One question, from server to server until it is answered.

use super::{Answered, AskError, BadRedirect, Cluster, Tried, pool::Pool, redirect};
use crate::http::{Answer, Endpoint, HttpError, Request, Sending};
use hyper::{StatusCode, header::AUTHORIZATION};

/// How many redirects are followed: to the leading frontend, from there to a backend, and one to spare.
const REDIRECTS: usize = 3;

/// What kind of server is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Frontend,
    Backend,
}

/// Where an exchange ended: at the server asked first, or behind a redirect of it.
enum Stopped {
    First(HttpError),
    Later(AskError),
}

impl Cluster {
    /// Asks the servers of a kind in turn. One that may have acted on the request is the last to be asked.
    pub(super) async fn ask(&mut self, mut request: Request, role: Role) -> Result<Answered, AskError> {
        if let Some(value) = self.credentials.header() {
            request.headers.insert(AUTHORIZATION, value.clone());
        }
        let mut tried = Tried::default();
        for via in self.pool(role).in_order() {
            match self.follow(&via, &request).await {
                Ok(answered) => match unfit(&answered) {
                    None => {
                        self.pool(role).answered(&via);
                        return Ok(answered);
                    }
                    Some(why) => {
                        self.pool(role).failed(&via, None);
                        tried.add(via, why);
                    }
                },
                Err(Stopped::First(why)) => {
                    self.pool(role).failed(&via, why.busy().and_then(|busy| busy.after));
                    if why.outcome_unknown() {
                        return Err(AskError::Unknown { node: via, why });
                    }
                    tried.add_failure(via, &why);
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
        let answer = self.exchange(via, request).await.map_err(Stopped::First)?;
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
            let target = redirect::target(&answered.answer, &answered.node, &request.path).map_err(refuse)?;
            if hop == REDIRECTS {
                return Err(refuse(BadRedirect::TooMany(REDIRECTS)));
            }
            if let Some(refusal) = self.trust.refusal(&target.endpoint) {
                return Err(refuse(refusal));
            }
            tracing::trace!(from = %answered.node, to = %target.endpoint, "redirected");
            (answered.node, request.path) = (target.endpoint, target.path);
            let (via, node) = (&answered.via, &answered.node);
            answered.answer = self.exchange(node, &request).await.map_err(|why| {
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

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Frontend => "frontend",
            Self::Backend => "backend",
        }
    }
}

/// Why an answer is none of Doris's: another server may have one. 401 and 403 are told as they are, and so is whatever a server
/// says that another one named.
fn unfit(answered: &Answered) -> Option<String> {
    let Answer { status, .. } = answered.answer;
    match status {
        _ if answered.node != answered.via => None,
        StatusCode::OK | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PAYLOAD_TOO_LARGE => {
            None
        }
        StatusCode::NOT_FOUND => Some("HTTP 404; is this the HTTP port of a Doris server?".to_owned()),
        status => Some(format!("HTTP {status}")),
    }
}
