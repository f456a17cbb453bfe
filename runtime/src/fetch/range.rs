//! Whether a queue has what comes next, and where reading goes on in it.

use super::{
    client_queue,
    look::{Look, look},
    out_of_range::{GoesOn, Loss, Problem, Undecided},
    position::Rules,
};
use crate::{now_millis, store::Progress};
use connector_api::{QueueId, QueueOffset};
use remoting::{Client, Error as ClientError};
use std::{sync::Arc, time::Duration};

/// How long after a first look a queue is looked at again before it is believed not to have what comes next.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What there was where reading was to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// What comes next.
    InRange,
    /// Not what came next, and reading goes on elsewhere as the configuration says.
    WentOn {
        /// What was given up.
        loss: Option<Loss>,
        /// Whether the queue is another one now.
        is_other_queue: bool,
    },
    /// Not what came next, and an operator has to decide.
    Undecided(Undecided),
}

/// Goes on behind `before` if the queue has what comes next, else where the configuration says. While that says nothing, it stays.
pub(super) async fn in_range(
    client: &Client,
    queue: &Arc<QueueId>,
    rules: Rules<'_>,
    before: Progress,
) -> Result<(Progress, Found), ClientError> {
    let seen = look_around(client, queue, rules, &before).await?;
    if Problem::of(&before, &seen).is_none() {
        let mark = before.mark.or(seen.message);
        return Ok((Progress { mark, ..before }, Found::InRange));
    }
    // A broker that has just come back, or is just deleting something, may say so for a moment.
    tokio::time::sleep(LOOK_AGAIN).await;
    let seen = look_around(client, queue, rules, &before).await?;
    let Some(problem) = Problem::of(&before, &seen) else { return Ok((before, Found::InRange)) };
    match problem.go_on(queue, &before, &seen, rules.out_of_range, now_millis()) {
        Ok(GoesOn { progress, loss, is_other_queue }) => {
            let progress = marked(client, queue, rules, progress).await?;
            Ok((progress, Found::WentOn { loss, is_other_queue }))
        }
        Err(undecided) => Ok((before, Found::Undecided(undecided))),
    }
}

/// The queue at the mark of `before`, or at the message before the one that comes next.
async fn look_around(
    client: &Client,
    queue: &QueueId,
    rules: Rules<'_>,
    before: &Progress,
) -> Result<Look, ClientError> {
    let at = before.mark.map_or(before_of(before.resume), |mark| mark.offset);
    let mut seen = look(client, queue, rules.group, at).await?;
    // While a broker deletes files, its queue still begins where it did.
    let next = before.committed();
    if (seen.first..seen.last).contains(&next) {
        let ahead = look(client, queue, rules.group, next).await?.from_there;
        if let Some(there) = ahead.filter(|there| *there > next)
            && !client.may_have_gaps(&client_queue(queue)).await?
        {
            seen.first = there;
        }
    }
    Ok(seen)
}

/// Notes the message before the one that comes next, so that another queue in its place is noticed from the first moment on.
pub(super) async fn marked(
    client: &Client,
    queue: &QueueId,
    rules: Rules<'_>,
    progress: Progress,
) -> Result<Progress, ClientError> {
    if progress.mark.is_some() || progress.resume == QueueOffset::default() {
        return Ok(progress);
    }
    let Look { message, .. } = look(client, queue, rules.group, before_of(progress.resume)).await?;
    Ok(Progress { mark: message, ..progress })
}

fn before_of(offset: QueueOffset) -> QueueOffset {
    QueueOffset::new(offset.get() - 1).unwrap_or_default()
}
