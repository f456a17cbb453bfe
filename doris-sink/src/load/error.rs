//! Why a load is not known to be done.

use super::reason::Reason;
use crate::{cluster::AskError, http::Endpoint};
use connector_api::SinkError;

/// A load failed, or nobody knows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error("{node} answered what no Doris server does, so whether it has the load is not known: {said}")]
    Foreign { node: Endpoint, said: String },
    #[error("{node} refused it: {said}; {}", .reason.advice())]
    Refused { node: Endpoint, said: String, reason: Reason },
    #[error("{node} refused it because of the rows in it: {said} ({filtered} of {total} rows filtered){log}")]
    BadRows { node: Endpoint, said: String, filtered: i64, total: i64, log: String },
    #[error(
        "{node} says it succeeded, but {sent} rows were sent and it counted {total}, of which {loaded} were loaded, \
         {filtered} filtered and {unselected} left out by where; look for the label in SHOW STREAM LOAD before going on"
    )]
    RowsDiffer { node: Endpoint, sent: usize, total: i64, loaded: i64, filtered: i64, unselected: i64 },
    #[error("an earlier attempt under this label still runs in Doris; it is asked for again")]
    StillRunning,
    #[error("an earlier attempt under this label was aborted; it is loaded again")]
    Aborted,
    #[error(
        "a transaction with this label is prepared and waits for a two-phase commit that this sink did not begin: \
         commit or abort it in Doris; it is aborted by itself after stream_load_default_precommit_timeout_second"
    )]
    Prepared,
}

impl LoadError {
    /// Whether the same load may work later.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Ask(AskError::Redirect { .. }) | Self::BadRows { .. } | Self::RowsDiffer { .. } => false,
            Self::Refused { reason, .. } => reason.passes(),
            Self::Ask(_) | Self::Foreign { .. } | Self::StillRunning | Self::Aborted | Self::Prepared => true,
        }
    }

    /// The server that should not be asked next.
    pub(super) fn blames(&self) -> Option<&Endpoint> {
        match self {
            Self::Refused { node, reason: Reason::NoBackend, .. } | Self::Foreign { node, .. } => Some(node),
            _ => None,
        }
    }

    /// The error as the host takes it; `what` names the load.
    pub(crate) fn into_sink_error(self, what: &str) -> SinkError {
        let text = format!("{what}: {self}");
        let error = if self.passes() { SinkError::retriable(text) } else { SinkError::fatal(text) };
        match self {
            Self::Ask(AskError::NamedNode { source, .. } | AskError::Unknown { source, .. }) => {
                error.caused_by(source)
            }
            _ => error,
        }
    }
}
