//! Faults: each strikes a number of requests at one point and is then used up.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::sync::lock;

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Point {
    #[serde(rename = "fe.stream_load")]
    FrontendLoad,
    #[serde(rename = "fe.get_load_state")]
    FrontendLoadState,
    #[serde(rename = "fe.api")]
    FrontendApi,
    #[serde(rename = "be.stream_load")]
    BackendLoad,
    #[serde(rename = "be.two_phase")]
    BackendTwoPhase,
    #[serde(rename = "be.error_log")]
    BackendErrorLog,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum FaultKind {
    /// The load is committed; then the connection goes away unanswered.
    CommitThenDrop,
    /// The load is committed; the answer comes only when released.
    CommitThenHang,
    /// The body is read; then the connection goes away and nothing is kept.
    DropBeforeCommit,
    /// The body is read; then the load stays PREPARE until released, and goes on as usual.
    Hold,
    /// The body is read so slowly.
    SlowReader { bytes_per_second: u32 },
    /// The connection goes away at once.
    Drop,
    /// The load is committed but stays invisible, and is answered `Publish Timeout`.
    PublishTimeout {
        /// Milliseconds until it is published; without it, when released.
        publish_after_ms: Option<u64>,
    },
    /// This HTTP status and body.
    Status {
        status: u16,
        #[serde(default)]
        body: String,
        /// Whether the load is committed first.
        #[serde(default)]
        commit: bool,
    },
    /// HTTP 200 with a body that is not JSON.
    Garbage {
        #[serde(default)]
        commit: bool,
    },
    /// Handled as usual, but this many milliseconds later.
    Slow { delay_ms: u64 },
    /// Handled as usual, but only when released.
    Hang,
    /// The connection goes away and the label stays PREPARE for a while; then the load ends as told.
    Running { delay_ms: u64, then: AfterRunning },
    /// Answered `Fail` with this message; nothing is kept.
    Fail { message: String },
    /// A redirect to an address where nobody listens.
    DeadBackend,
    /// The right password is refused.
    AuthFailure,
}

/// How a load that was left running ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AfterRunning {
    Visible,
    Aborted,
}

impl FaultKind {
    fn fits(&self, point: Point) -> bool {
        match self {
            Self::CommitThenDrop => matches!(point, Point::BackendLoad | Point::BackendTwoPhase),
            Self::CommitThenHang
            | Self::DropBeforeCommit
            | Self::Hold
            | Self::SlowReader { .. }
            | Self::PublishTimeout { .. }
            | Self::Running { .. }
            | Self::Fail { .. } => point == Point::BackendLoad,
            Self::Status { commit, .. } | Self::Garbage { commit } => !commit || point == Point::BackendLoad,
            Self::DeadBackend => point == Point::FrontendLoad,
            Self::AuthFailure => matches!(point, Point::FrontendLoad | Point::BackendLoad),
            Self::Drop | Self::Slow { .. } | Self::Hang => true,
        }
    }
}

/// A fault and how often it still strikes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) at: Point,
    #[serde(flatten)]
    pub(crate) kind: FaultKind,
    /// Requests that it lets pass before it strikes.
    #[serde(default)]
    pub(crate) skip: u32,
    /// Requests it still strikes.
    #[serde(default = "once")]
    pub(crate) count: u32,
    /// Only requests for this table, given as `db.table`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) table: Option<String>,
}

fn once() -> u32 {
    1
}

/// The faults that are switched on, and whoever waits to be released.
#[derive(Debug)]
pub(crate) struct Faults {
    left: Mutex<Vec<Fault>>,
    released: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { left: Mutex::default(), released: watch::Sender::new(0) }
    }
}

impl Faults {
    /// Replaces all faults.
    ///
    /// # Errors
    /// The sentence that says which fault cannot strike where it was put.
    pub(crate) fn set(&self, faults: Vec<Fault>) -> Result<(), String> {
        if let Some(wrong) = faults.iter().find(|fault| !fault.kind.fits(fault.at)) {
            return Err(format!("fault {:?} cannot strike at {:?}", wrong.kind, wrong.at));
        }
        *lock(&self.left) = faults;
        Ok(())
    }

    /// What is left.
    pub(crate) fn left(&self) -> Vec<Fault> {
        lock(&self.left).clone()
    }

    /// Lets everything go on that hangs, and publishes what waits for it.
    pub(crate) fn release(&self) {
        self.released.send_modify(|count| *count += 1);
    }

    /// Takes one strike of the first fault for this point and table.
    pub(crate) fn strike(&self, at: Point, table: Option<(&str, &str)>) -> Option<FaultKind> {
        let mut left = lock(&self.left);
        let index = left.iter().position(|fault| {
            fault.at == at
                && fault.count > 0
                && fault.table.as_deref().is_none_or(|name| {
                    table.is_some_and(|(database, table)| name == format!("{database}.{table}"))
                })
        })?;
        if left[index].skip > 0 {
            left[index].skip -= 1;
            return None;
        }
        let kind = left[index].kind.clone();
        left[index].count -= 1;
        if left[index].count == 0 {
            left.remove(index);
        }
        tracing::info!(?at, ?kind, "a fault strikes");
        Some(kind)
    }

    /// Waits until [`Faults::release`] is called after this.
    pub(crate) async fn wait_for_release(&self) {
        let mut released = self.released.subscribe();
        // The sender lives as long as `self`.
        released.changed().await.unwrap_or_default();
    }
}
