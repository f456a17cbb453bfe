//! Where reading a queue begins.

use super::{
    client_queue,
    look::{Look, look},
    out_of_range::{Loss, Problem},
};
use crate::{
    now_millis,
    store::{Claim, Progress},
    task::settings::{Begin, OutOfRange},
};
use connector_api::{QueueId, QueueOffset};
use remoting::{Client, Error as ClientError};
use std::{sync::Arc, time::Duration};

/// How long after a first look a queue is looked at again before it is believed not to have what comes next.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the configuration says about where to begin.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The consumer group whose offsets count when the offset topic has none, or is behind.
    pub group: &'a str,
    /// Where a queue begins that nothing is known of.
    pub begin: Begin,
    /// Whether other queues of the topic have been read before: then this one came later, and begins at its first message.
    pub is_new_queue: bool,
    /// What becomes of a queue that no longer has what comes next.
    pub out_of_range: OutOfRange,
}

/// Where reading a queue begins, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// How far the connector is.
    pub progress: Progress,
    /// Whether it has been there before; otherwise it is where the configuration says.
    pub committed: bool,
    /// What was given up on the way.
    pub loss: Option<Loss>,
    /// What the consumer group says.
    group: Option<QueueOffset>,
}

/// It cannot be said where reading begins.
#[derive(Debug, thiserror::Error)]
pub enum PositionError {
    /// The broker did not answer.
    #[error("it cannot be found out where to begin in {queue}")]
    Ask {
        /// The queue.
        queue: Arc<QueueId>,
        /// Why.
        #[source]
        source: Box<ClientError>,
    },
    /// A sink keeps positions beside its data, and they are of the queue that was here before.
    #[error(
        "{queue}: the topic was deleted and created again and is to be read from offset {at} on, and the sink says that it has everything below \
         offset {own}, which was in the topic before; give the connector a new target, or remove the position that the sink keeps beside its data"
    )]
    OfAnother {
        /// The queue.
        queue: Arc<QueueId>,
        /// What the sink says.
        own: QueueOffset,
        /// Where reading would begin.
        at: QueueOffset,
    },
    /// The queue does not have what comes next.
    #[error(
        "{queue}: {problem}; nothing is read from it before an operator decides: set offset.out.of.range=earliest to go on at its first \
         message, {first}, or offset.out.of.range=latest to go on behind its last one, {last}"
    )]
    OutOfRange {
        /// The queue.
        queue: Arc<QueueId>,
        /// What is wrong.
        problem: Problem,
        /// The first offset that the broker has.
        first: QueueOffset,
        /// Where the queue ends.
        last: QueueOffset,
    },
}

impl PositionError {
    fn ask(queue: &Arc<QueueId>, source: ClientError) -> Self {
        Self::Ask { queue: Arc::clone(queue), source: Box::new(source) }
    }

    /// Whether the broker may answer later. A topic that was deleted may be on its way to being created again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Ask { source, .. } => {
                let is_missing =
                    matches!(**source, ClientError::TopicMissing { .. } | ClientError::QueueMissing { .. });
                is_missing || source.is_transient()
            }
            Self::OfAnother { .. } | Self::OutOfRange { .. } => false,
        }
    }
}

/// Where reading of a queue that was claimed begins: where the offset topic says, else where the consumer group is, else where the
/// configuration says.
///
/// A consumer group that is ahead of the offset topic was moved by somebody else, as by a Java worker that had the connector in between:
/// what lies before is done with.
///
/// # Errors
/// [`PositionError`].
pub async fn start(client: &Client, claim: &Claim, rules: Rules<'_>) -> Result<Start, PositionError> {
    let queue = claim.queue();
    let ask = |source| PositionError::ask(queue, source);
    let group = match client.query_offset(rules.group, &client_queue(queue)).await {
        Ok(offset) => offset.and_then(QueueOffset::new),
        Err(ClientError::GroupMissing { .. }) => None,
        Err(source) => return Err(ask(source)),
    };
    let before = match (claim.stored(), group) {
        (Some(stored), Some(group)) if group > stored.resume => {
            tracing::info!(
                %queue, group = rules.group, offset = %group, ours = %stored.resume,
                "the consumer group is ahead: somebody else has read on"
            );
            Progress::begin(group, stored.generation)
        }
        (Some(stored), _) => stored.clone(),
        (None, Some(group)) => Progress::begin(group, now_millis()),
        (None, None) => {
            let look = look(client, queue, rules.group, QueueOffset::default()).await.map_err(ask)?;
            let at = if rules.is_new_queue || rules.begin == Begin::First { look.first } else { look.last };
            let progress =
                marked(client, queue, rules, Progress::begin(at, now_millis())).await.map_err(ask)?;
            return Ok(Start { progress, committed: false, loss: None, group });
        }
    };
    let (progress, loss) = in_range(client, queue, rules, before).await?;
    Ok(Start { progress, committed: true, loss, group })
}

impl Start {
    /// The same with the position that a sink has stored beside its data.
    ///
    /// # Errors
    /// [`PositionError`].
    pub async fn at_own(
        &self,
        client: &Client,
        queue: &Arc<QueueId>,
        rules: Rules<'_>,
        own: QueueOffset,
    ) -> Result<Self, PositionError> {
        if self.loss.as_ref().is_some_and(|loss| loss.is_other_queue) {
            let (queue, at) = (Arc::clone(queue), self.progress.committed());
            return Err(PositionError::OfAnother { queue, own, at });
        }
        let before = Progress::begin(own, self.progress.generation);
        let (progress, loss) = in_range(client, queue, rules, before).await?;
        let loss = loss.or_else(|| self.loss.clone());
        Ok(Self { progress, loss, ..self.clone() })
    }

    /// Takes the consumer group back to where reading begins if it is ahead: it would be followed after the next start.
    ///
    /// # Errors
    /// [`PositionError::Ask`].
    pub async fn take_group_along(
        &self,
        client: &Client,
        queue: &Arc<QueueId>,
        group: &str,
    ) -> Result<(), PositionError> {
        if self.group.is_none_or(|group| group <= self.progress.resume) {
            return Ok(());
        }
        let offset = self.progress.committed();
        tracing::warn!(%queue, group, %offset, "the consumer group is taken back");
        let told = client.update_offset(group, &client_queue(queue), offset.get()).await;
        told.map_err(|source| PositionError::ask(queue, source))
    }
}

/// Goes on behind `before` if the queue has what comes next, else where the configuration says, if it does.
async fn in_range(
    client: &Client,
    queue: &Arc<QueueId>,
    rules: Rules<'_>,
    before: Progress,
) -> Result<(Progress, Option<Loss>), PositionError> {
    let ask = |source| PositionError::ask(queue, source);
    let seen = look_around(client, queue, rules, &before).await.map_err(ask)?;
    if Problem::of(&before, &seen).is_none() {
        let mark = before.mark.or(seen.message);
        return Ok((Progress { mark, ..before }, None));
    }
    // A broker that has just come back, or is just deleting something, may say so for a moment.
    tokio::time::sleep(LOOK_AGAIN).await;
    let seen = look_around(client, queue, rules, &before).await.map_err(ask)?;
    let Some(problem) = Problem::of(&before, &seen) else { return Ok((before, None)) };
    let (progress, loss) = problem.go_on(queue, &before, &seen, rules.out_of_range, now_millis())?;
    Ok((marked(client, queue, rules, progress).await.map_err(ask)?, Some(loss)))
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
async fn marked(
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
