//! Where reading a queue begins.

use super::{
    client_queue,
    look::look,
    out_of_range::{Loss, Undecided},
    range::{Found, in_range, marked},
};
use crate::{
    now_millis,
    store::{Claim, Progress},
    task::settings::{Begin, OutOfRange},
};
use connector_api::{QueueId, QueueOffset};
use remoting::{Client, Error as ClientError};
use std::sync::Arc;

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
    /// What there was.
    found: Found,
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
    #[error(transparent)]
    Undecided(#[from] Undecided),
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
            Self::OfAnother { .. } | Self::Undecided(_) => false,
        }
    }

    /// The queue that it is about.
    pub fn queue(&self) -> &Arc<QueueId> {
        match self {
            Self::Ask { queue, .. }
            | Self::OfAnother { queue, .. }
            | Self::Undecided(Undecided { queue, .. }) => queue,
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
            return Ok(Start { progress, committed: false, found: Found::InRange, group });
        }
    };
    let (progress, found) = in_range(client, queue, rules, before).await.map_err(ask)?;
    Ok(Start { progress, committed: true, found, group })
}

impl Start {
    /// Whether the queue did not have what came next.
    pub fn is_out_of_range(&self) -> bool {
        self.found != Found::InRange
    }

    /// What was given up to go on.
    pub fn loss(&self) -> Option<&Loss> {
        match &self.found {
            Found::WentOn { loss, .. } => loss.as_ref(),
            Found::InRange | Found::Undecided(_) => None,
        }
    }

    /// The same, unless an operator has to decide first where reading begins. The sink is asked before: it may have a position of its own.
    ///
    /// # Errors
    /// [`PositionError::Undecided`].
    pub fn decided(self) -> Result<Self, PositionError> {
        match self.found {
            Found::Undecided(undecided) => Err(undecided.into()),
            _ => Ok(self),
        }
    }

    /// The same with the position that a sink has stored beside its data. Where that is in range nothing is lost, whatever lies before.
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
        match &self.found {
            Found::WentOn { is_other_queue: true, .. } => {
                let (queue, at) = (Arc::clone(queue), self.progress.committed());
                return Err(PositionError::OfAnother { queue, own, at });
            }
            Found::Undecided(undecided) if undecided.problem.is_other_queue() => return Ok(self.clone()),
            Found::InRange | Found::WentOn { .. } | Found::Undecided(_) => {}
        }
        let before = Progress::begin(own, self.progress.generation);
        let (progress, found) = in_range(client, queue, rules, before)
            .await
            .map_err(|source| PositionError::ask(queue, source))?;
        Ok(Self { progress, found, ..self.clone() })
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
