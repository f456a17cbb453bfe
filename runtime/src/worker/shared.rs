//! What the connectors of a worker have in common, and what they are told.

use super::{
    WorkerOptions,
    board::Board,
    memory::Memory,
    plan::{Plan, Planner},
};
use crate::{host::TargetState, store::OffsetStore};
use connector_api::ConnectorConfig;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};
use tokio::{sync::watch, time::Instant};

/// What all connectors of a worker have in common.
pub(super) struct Shared {
    pub(super) options: WorkerOptions,
    pub(super) board: Arc<Board>,
    /// Set when the worker ends: until when tasks may finish.
    pub(super) leave: watch::Sender<Option<Instant>>,
    pub(super) offsets: Arc<OffsetStore>,
    pub(super) planner: Arc<Planner>,
    pub(super) memory: Memory,
    given_up: AtomicBool,
}

impl Shared {
    pub(super) fn new(
        options: WorkerOptions,
        offsets: Arc<OffsetStore>,
        planner: Arc<Planner>,
        board: Arc<Board>,
    ) -> Self {
        let memory = Memory::new(options.worker_memory, options.task_memory);
        Self {
            options,
            board,
            leave: watch::channel(None).0,
            offsets,
            planner,
            memory,
            given_up: AtomicBool::new(false),
        }
    }

    /// Tells all connectors that the worker ends, and until when their tasks may finish. The first word counts.
    pub(super) fn leave_by(&self, deadline: Instant) {
        self.leave.send_if_modified(|leave| {
            let is_first = leave.is_none();
            leave.get_or_insert(deadline);
            is_first
        });
    }

    /// Notes that a task was ended before it had finished.
    pub(super) fn gave_up(&self) {
        self.given_up.store(true, Relaxed);
    }

    /// Whether a task was ended before it had finished.
    pub(super) fn has_given_up(&self) -> bool {
        self.given_up.load(Relaxed)
    }
}

/// What a connector is to be.
#[derive(Clone)]
pub(super) enum Wanted {
    /// Configured so, and wanted in that state.
    There(Arc<Configured>, TargetState),
    /// Deleted.
    Gone,
}

/// A configuration that the topic has, and what it comes to once that is known.
pub(super) struct Configured {
    pub(super) config: ConnectorConfig,
    pub(super) plan: OnceLock<Plan>,
}

impl std::fmt::Debug for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::There(_, target) => write!(f, "There({target:?})"),
            Self::Gone => f.write_str("Gone"),
        }
    }
}

/// Which life of which task a report is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) task: u32,
    pub(super) generation: u64,
}
