//! Why nobody answered.

use super::BadRedirect;
use crate::http::{Busy, Endpoint, HttpError, Progress};
use std::fmt;

/// Nobody answered. The cause is told within the text, as [`HttpError`]s do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("no {role} of Doris can be used: {tried}")]
    Nobody { role: &'static str, tried: Tried },
    #[error("frontend {via} named {node}, which cannot be used: {why}{}", elsewhere(.why))]
    NamedNode { via: Endpoint, node: Endpoint, why: HttpError },
    #[error("whether Doris has the load is not known: {node}: {why}")]
    Unknown { node: Endpoint, why: HttpError },
    #[error("{via} answered with a redirect that is not followed: {problem}")]
    Redirect { via: Endpoint, problem: BadRedirect },
}

/// The servers tried, and what was wrong with each.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    servers: Vec<(Endpoint, String)>,
    /// What the one said that is back soonest of those that have too much to do.
    busy: Option<Busy>,
}

impl AskError {
    /// How far the request had come at the server that it was meant for; `None` when that is not known, or it never began.
    pub(crate) fn progress(&self) -> Option<Progress> {
        match self {
            Self::NamedNode { why, .. } | Self::Unknown { why, .. } => why.progress(),
            Self::Nobody { .. } | Self::Redirect { .. } => None,
        }
    }

    /// What a server said that has too much to do, and may take the same request later: how long to wait, if it said so.
    pub(crate) fn busy(&self) -> Option<Busy> {
        match self {
            Self::NamedNode { why, .. } | Self::Unknown { why, .. } => why.busy(),
            Self::Nobody { tried, .. } => tried.busy,
            Self::Redirect { .. } => None,
        }
    }
}

impl Tried {
    pub(super) fn add(&mut self, server: Endpoint, why: String) {
        self.servers.push((server, why));
    }

    pub(super) fn add_failure(&mut self, server: Endpoint, why: &HttpError) {
        self.add(server, why.to_string());
        self.busy = self.busy.into_iter().chain(why.busy()).min_by_key(|busy| busy.after);
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (node, why)) in self.servers.iter().enumerate() {
            let separator = if i > 0 { "; " } else { "" };
            write!(f, "{separator}{node}: {why}")?;
        }
        Ok(())
    }
}

/// Backends often register under addresses that mean something within their own network only.
fn elsewhere(why: &HttpError) -> &'static str {
    match why.is_unreachable() {
        true => {
            "; if that address cannot be reached from here, name ones that can in doris.benodes, or let Doris name others by \
             sink.properties.redirect-policy"
        }
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::StatusCode;
    use std::time::Duration;

    fn busy(after: Option<u64>) -> HttpError {
        let after = after.map(Duration::from_secs);
        let busy = Busy { status: StatusCode::SERVICE_UNAVAILABLE, after };
        HttpError::Busy { busy, progress: Progress::Held }
    }

    fn nobody(failures: &[HttpError]) -> AskError {
        let mut tried = Tried::default();
        for failure in failures {
            tried.add_failure(Endpoint::parse("fe", 1).unwrap(), failure);
        }
        AskError::Nobody { role: "frontend", tried }
    }

    #[test]
    fn the_server_that_is_back_soonest_says_how_long_to_wait() {
        let after = |failures: &[HttpError]| nobody(failures).busy().map(|busy| busy.after);
        let gone = || HttpError::ConnectTimeout(Duration::from_secs(1));
        assert_eq!(after(&[gone()]), None);
        assert_eq!(after(&[busy(Some(9)), gone(), busy(Some(4))]), Some(Some(Duration::from_secs(4))));
        assert_eq!(after(&[busy(Some(9)), busy(None)]), Some(None));
    }

    #[test]
    fn a_busy_server_that_has_the_body_leaves_it_unknown_whether_it_acted() {
        let with = |progress| match busy(Some(3)) {
            HttpError::Busy { busy, .. } => HttpError::Busy { busy, progress },
            other => other,
        };
        assert!(!with(Progress::Held).outcome_unknown());
        assert!(with(Progress::Sent).outcome_unknown());
        assert!(
            with(Progress::Sent)
                .to_string()
                .contains("HTTP 503 Service Unavailable, to be asked again in 3 s")
        );
    }
}
