//! What became of a label, asked from the frontends.
//!
//! `GET /api/{db}/get_load_state?label=…` tells the state of the newest transaction under the label; a frontend that is not the master
//! redirects there. A label that was never used and one that is forgotten look the same.
//!
//! `POST /api/{db}/_cancel?label=…` aborts the load that is `PREPARE` under the label, for whoever has LOAD_PRIV on the whole
//! database (`CancelLoadAction`). Of one that was committed or aborted meanwhile it says `transaction not found`. What it answers is
//! never taken for what became of the label: that is asked afterwards.

use super::{answer::Parsed, error::LoadError, path, patience::Patience, reason::Reason};
use crate::{
    cluster::{Answered, Cluster},
    label::Label,
};
use hyper::Method;
use std::time::{Duration, Instant};

/// How a label stands once nothing runs under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is loaded.
    Loaded,
    /// Its rows wait for the second phase.
    Prepared,
    /// It is not: the last attempt was aborted, or was lost with the frontend that had it.
    Aborted,
    /// Doris does not know it.
    Unknown,
}

/// A label as `get_load_state` sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LabelState {
    /// `COMMITTED` or `VISIBLE`: loaded.
    Loaded,
    /// `PREPARE`: a load runs.
    Running,
    /// `PRECOMMITTED`: waits for a two-phase commit.
    Prepared,
    /// `ABORTED`: may be used again.
    Aborted,
    /// `UNKNOWN`: never used, or forgotten.
    Unknown,
}

/// How long to wait for a label.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For nothing to run under it any more, this time.
    pub(super) wait: Duration,
    /// Until Doris aborts a load by itself.
    pub(super) load: Duration,
}

/// Waits until nothing runs under the label, and cancels what runs for longer than `patience` has it.
///
/// Nothing of this task's own may be under way under the label. It may well be another worker's load that is cancelled, which
/// is of the same rows: whoever of the two comes first loads them, and the other finds them loaded.
pub(super) async fn settled(
    cluster: &mut Cluster,
    database: &str,
    label: &Label,
    patience: &mut Patience,
    limits: Limits,
) -> Result<Settled, LoadError> {
    let deadline = Instant::now() + limits.wait;
    let mut delay = Duration::from_millis(100);
    let mut ran = false;
    let mut not_cancelled = None;
    loop {
        let state = ask(cluster, database, label).await?;
        if state != LabelState::Running {
            patience.ended();
        }
        match state {
            LabelState::Loaded => return Ok(Settled::Loaded),
            LabelState::Prepared => return Ok(Settled::Prepared),
            LabelState::Aborted => return Ok(Settled::Aborted),
            // A frontend that becomes the master does not know what had only begun.
            LabelState::Unknown if ran => return Ok(Settled::Aborted),
            LabelState::Unknown => return Ok(Settled::Unknown),
            LabelState::Running => ran = true,
        }
        if let Some(error) = not_cancelled.take() {
            tracing::warn!(
                database, %label, %error,
                "a load that nobody is known to send any more was not cancelled; its label is held until it ends or Doris gives it up"
            );
        }
        if let Some(running) = patience.exceeded(limits.load) {
            patience.spent();
            match cancel(cluster, database, label).await {
                Ok(()) => tracing::info!(
                    database, %label, after = ?running,
                    "cancelled a load that nobody is known to send any more"
                ),
                Err(error) => {
                    if let LoadError::Refused { .. } = error {
                        patience.refused();
                    }
                    not_cancelled = Some(error);
                }
            }
            // Whether it was aborted or had been committed before, only its state tells.
            continue;
        }
        if Instant::now() + delay > deadline {
            return Err(LoadError::StillRunning { waited: limits.wait });
        }
        tokio::time::sleep(delay).await;
        delay = (delay * 2).min(Duration::from_secs(2));
    }
}

async fn ask(cluster: &mut Cluster, database: &str, label: &Label) -> Result<LabelState, LoadError> {
    let answered = cluster.call(Method::GET, path::load_state(database, label.as_str())).await?;
    let node = answered.node.clone();
    match data(answered)? {
        serde_json::Value::String(state) => match state.as_str() {
            "VISIBLE" | "COMMITTED" => Ok(LabelState::Loaded),
            "PREPARE" => Ok(LabelState::Running),
            "PRECOMMITTED" => Ok(LabelState::Prepared),
            "ABORTED" => Ok(LabelState::Aborted),
            "UNKNOWN" => Ok(LabelState::Unknown),
            other => Err(LoadError::Foreign { node, said: format!("state {other:?} of a label") }),
        },
        other => Err(LoadError::Foreign { node, said: other.to_string() }),
    }
}

async fn cancel(cluster: &mut Cluster, database: &str, label: &Label) -> Result<(), LoadError> {
    let answered = cluster.call(Method::POST, path::cancel(database, label.as_str())).await?;
    data(answered).map(drop)
}

fn data(answered: Answered) -> Result<serde_json::Value, LoadError> {
    let node = answered.node;
    match Parsed::of(&answered.answer) {
        Parsed::Data(data) => Ok(data),
        Parsed::Refused(said) => {
            let reason = Reason::of(&said);
            Err(LoadError::Refused { node, said, reason })
        }
        Parsed::Foreign(said) => Err(LoadError::Foreign { node, said }),
        other => Err(LoadError::Foreign { node, said: format!("{other:?}") }),
    }
}
