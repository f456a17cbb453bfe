//! Messages that are passed over for good.

use super::{Report, thread::TaskSpec};
use crate::fetch::Loss;
use connector_api::QueueId;

/// Tells and counts what was lost of a queue. Called once for each loss, when nothing can bring the messages back.
pub(super) fn passed_over(spec: &TaskSpec, report: &dyn Fn(Report), queue: &QueueId, loss: Loss) {
    let Loss { text, messages } = loss;
    tracing::error!(task = %spec.id, %queue, messages, loss = text, "messages were passed over");
    spec.counters.lost(queue, messages);
    report(Report::PassedOver { messages, text });
}
