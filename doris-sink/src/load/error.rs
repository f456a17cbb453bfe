//! Why a load is not known to be done.

use super::{error_log::ErrorLog, moment::Moment, reason::Reason};
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
    BadRows { node: Endpoint, said: String, filtered: i64, total: i64, log: Box<ErrorLog> },
    #[error(
        "{bad}; which rows these are cannot be found out, as a load that is to be aborted is refused: {why}"
    )]
    NoTrial { bad: Box<LoadError>, why: Box<LoadError> },
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
    #[error("loads into this table wait for another {} s: {}", wait.as_secs_f32().ceil(), .reason.advice())]
    Paced { wait: Duration, reason: Reason },
    #[error("an earlier attempt under this label was aborted; it is loaded again")]
    Aborted,
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
            | Self::NoTrial { .. }
            | Self::RowsDiffer { .. }
            | Self::Expired { .. } => false,
            Self::Refused { reason, .. } => reason.passes(),
            Self::Ask(_)
            | Self::Foreign { .. }
            | Self::StillRunning { .. }
            | Self::Paced { .. }
            | Self::Aborted => true,
        }
    }

    /// What went wrong, in a word for metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Ask(AskError::Unknown { .. }) => "no_answer",
            Self::Ask(AskError::Redirect { .. }) => "redirect",
            Self::Ask(error) if error.busy().is_some() => "busy",
            Self::Ask(_) => "unreachable",
            Self::Foreign { .. } => "foreign_answer",
            Self::Refused { reason, .. } => reason.word(),
            Self::BadRows { .. } | Self::NoTrial { .. } => "bad_rows",
            Self::RowsDiffer { .. } => "rows_differ",
            Self::StillRunning { .. } => "still_running",
            Self::Aborted => "aborted",
            Self::Paced { .. } => "paced",
            Self::Expired { .. } => "expired",
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
