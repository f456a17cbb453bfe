//! What became of a label, asked from the frontends.

use super::{answer::Parsed, error::LoadError, path, reason::Reason};
use crate::{cluster::Cluster, label::Label};
use std::time::{Duration, Instant};

/// A label as `get_load_state` sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LabelState {
    /// `COMMITTED` or `VISIBLE`: loaded.
    Loaded,
    /// `PREPARE`: a load runs.
    Running,
    /// `PRECOMMITTED`: waits for a two-phase commit.
    Prepared,
    /// `ABORTED` or `UNKNOWN`: may be used.
    Free,
}

/// Waits for the load that has the label already, at most `patience`; returns when it is there.
pub(super) async fn settled(
    cluster: &mut Cluster,
    database: &str,
    label: &Label,
    patience: Duration,
) -> Result<(), LoadError> {
    let deadline = Instant::now() + patience;
    let mut delay = Duration::from_millis(100);
    loop {
        match ask(cluster, database, label).await? {
            LabelState::Loaded => return Ok(()),
            LabelState::Prepared => return Err(LoadError::Prepared),
            LabelState::Free => return Err(LoadError::Aborted),
            LabelState::Running if Instant::now() + delay > deadline => return Err(LoadError::StillRunning),
            LabelState::Running => tokio::time::sleep(delay).await,
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
            "ABORTED" | "UNKNOWN" => Ok(LabelState::Free),
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
