//! What became of a label, asked from the frontends.
//!
//! `GET /api/{db}/get_load_state?label=…` tells the state of the newest transaction under the label; a frontend that is not the master
//! redirects there. A label that was never used and one that is forgotten look the same.

use super::{answer::Parsed, error::LoadError, path, reason::Reason};
use crate::{cluster::Cluster, label::Label};
use std::time::{Duration, Instant};

/// How a label stands once nothing runs under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is loaded.
    Loaded,
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

/// Waits until nothing runs under the label, at most `patience`.
pub(super) async fn settled(
    cluster: &mut Cluster,
    database: &str,
    label: &Label,
    patience: Duration,
) -> Result<Settled, LoadError> {
    let deadline = Instant::now() + patience;
    let mut delay = Duration::from_millis(100);
    let mut ran = false;
    loop {
        match ask(cluster, database, label).await? {
            LabelState::Loaded => return Ok(Settled::Loaded),
            LabelState::Prepared => return Err(LoadError::Prepared),
            LabelState::Aborted => return Ok(Settled::Aborted),
            // A frontend that becomes the master does not know what had only begun.
            LabelState::Unknown if ran => return Ok(Settled::Aborted),
            LabelState::Unknown => return Ok(Settled::Unknown),
            LabelState::Running if Instant::now() + delay > deadline => {
                return Err(LoadError::StillRunning { waited: patience });
            }
            LabelState::Running => {
                ran = true;
                tokio::time::sleep(delay).await;
            }
        }
        delay = (delay * 2).min(Duration::from_secs(2));
    }
}

async fn ask(cluster: &mut Cluster, database: &str, label: &Label) -> Result<LabelState, LoadError> {
    let answered = cluster.get(path::load_state(database, label.as_str())).await?;
    let node = answered.node;
    match Parsed::of(&answered.answer) {
        Parsed::Data(serde_json::Value::String(state)) => match state.as_str() {
            "VISIBLE" | "COMMITTED" => Ok(LabelState::Loaded),
            "PREPARE" => Ok(LabelState::Running),
            "PRECOMMITTED" => Ok(LabelState::Prepared),
            "ABORTED" => Ok(LabelState::Aborted),
            "UNKNOWN" => Ok(LabelState::Unknown),
            other => Err(LoadError::Foreign { node, said: format!("state {other:?} of a label") }),
        },
        Parsed::Refused(said) => {
            let reason = Reason::of(&said);
            Err(LoadError::Refused { node, said, reason })
        }
        Parsed::Foreign(said) => Err(LoadError::Foreign { node, said }),
        Parsed::Data(other) => Err(LoadError::Foreign { node, said: other.to_string() }),
        Parsed::Load(_) => Err(LoadError::Foreign { node, said: "the answer to a load".to_owned() }),
    }
}
