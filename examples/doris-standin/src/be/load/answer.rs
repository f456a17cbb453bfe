//! What a client is told of a load that has ended, as far as the fault lets it.

use std::sync::Arc;
use std::time::Duration;

use super::later;
use crate::admin::FaultKind;
use crate::be::reply::{LoadReply, json};
use crate::cluster::Cluster;
use crate::http::{Outcome, Response};
use crate::store::Database;

const PUBLISH_TIMEOUT: &str =
    "[PUBLISH_TIMEOUT]TStatus: transaction commit successfully, BUT data will be visible later";

/// Answers with a reply, or as the fault wants it.
pub(super) async fn answer(
    cluster: &Arc<Cluster>,
    database: Arc<Database>,
    id: i64,
    fault: Option<FaultKind>,
    reply: LoadReply,
) -> Outcome {
    match fault {
        Some(FaultKind::CommitThenDrop) => Outcome::Drop,
        Some(FaultKind::CommitThenHang) => {
            cluster.faults.wait_for_release().await;
            json(&reply).into()
        }
        Some(FaultKind::Status { status, body, .. }) => Response::counted(status, "text/html", body).into(),
        Some(FaultKind::Garbage { .. }) => garbage().into(),
        Some(FaultKind::PublishTimeout { publish_after_ms }) => {
            later::publish(cluster, database, id, publish_after_ms.map(Duration::from_millis));
            json(&reply.publish_timeout(PUBLISH_TIMEOUT)).into()
        }
        _ => json(&reply).into(),
    }
}

/// What something between client and server might say.
pub(super) fn garbage() -> Response {
    Response::counted(200, "text/html", "<html><body>upstream said hello</body></html>\n")
}
