//! Why a load is not known to be done.

use super::{moment::Moment, reason::Reason};
use crate::{cluster::AskError, http::Endpoint};
use connector_api::{QueueId, QueueOffset, SinkError};
use std::{sync::Arc, time::Duration};

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
         {filtered} filtered and {unselected} left out by where (transaction {transaction}){log}; that cannot be taken back, \
         and the batch counts as loaded when it comes again: compare the table with the topic"
    )]
    RowsDiffer {
        node: Endpoint,
        sent: usize,
        total: i64,
        loaded: i64,
        filtered: i64,
        unselected: i64,
        transaction: i64,
        log: String,
    },
    #[error(
        "an earlier attempt under this label still runs in Doris after {waited:?} of waiting; it is asked for again, and cancelled \
         if it goes on for too long; at the latest Doris aborts it when its timeout is over (sink.properties.timeout)"
    )]
    StillRunning { waited: Duration },
    #[error("an earlier attempt under this label was aborted; it is loaded again")]
    Aborted,
    #[error(
        "a transaction with this label is prepared and waits for a two-phase commit that this sink did not begin: \
         commit or abort it in Doris; it is aborted by itself after stream_load_default_precommit_timeout_second"
    )]
    Prepared,
    #[error(
        "whether Doris has these rows cannot be told: they are offsets {first} to {last} of queue {queue}, one batch since {since}, \
         which is longer than Doris remembers labels (doris.label.keep.ms is {}), and it does not know this one. Look \
         in the table for rows of these offsets: all of them are there, or none. If none are, or if the table's key makes a \
         second copy harmless, set exactly.once.expired=reload; if they are, delete them first and then set it. Set it back \
         to fail when the batch is through", .keep.as_millis()
    )]
    Expired { queue: Arc<QueueId>, first: QueueOffset, last: QueueOffset, since: Moment, keep: Duration },
}

impl LoadError {
    /// Whether the same load may work later.
    pub(crate) fn passes(&self) -> bool {
        match self {
            Self::Ask(AskError::Redirect { .. })
            | Self::BadRows { .. }
            | Self::RowsDiffer { .. }
            | Self::Expired { .. } => false,
            Self::Refused { reason, .. } => reason.passes(),
            Self::Ask(_)
            | Self::Foreign { .. }
            | Self::StillRunning { .. }
            | Self::Aborted
            | Self::Prepared => true,
        }
    }

    /// Whether Doris may have the rows, or be about to.
    pub(super) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Ask(AskError::Unknown { .. }) | Self::Foreign { .. } | Self::StillRunning { .. })
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
        if self.passes() { SinkError::retriable(text) } else { SinkError::fatal(text) }
    }
}
