//! Where reading a queue begins.

use crate::{
    fetch::client_queue,
    store::{Claim, Mark, Progress},
    task::settings::{Begin, OutOfRange},
};
use connector_api::{QueueId, QueueOffset};
use remoting::{Client, Error as ClientError, PullOptions};
use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

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
    /// What was lost on the way, for the operator.
    pub lost: Option<String>,
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

/// Why a queue does not have what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The broker has dropped messages that were to be read.
    #[error(
        "everything below offset {at} is delivered and the broker's first message is {first}: those between are gone"
    )]
    Trimmed {
        /// Where reading was to go on.
        at: QueueOffset,
        /// The broker's first.
        first: QueueOffset,
    },
    /// The queue has never had so many messages.
    #[error(
        "reading was to go on at offset {at} and the queue ends at {last}: the topic was deleted and created again, or its broker has lost messages"
    )]
    Beyond {
        /// Where reading was to go on.
        at: QueueOffset,
        /// The queue's end.
        last: QueueOffset,
    },
    /// The last message that was read is another one now.
    #[error(
        "the message at offset {at} is not the one that was read there: the topic was deleted and created again, or its broker has lost messages"
    )]
    Replaced {
        /// The offset of the message.
        at: QueueOffset,
    },
}

impl PositionError {
    /// Whether the broker may answer later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Ask { source, .. } if source.is_transient())
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
    let ask = |source| PositionError::Ask { queue: Arc::clone(queue), source: Box::new(source) };
    let asked = client_queue(queue);
    let first = client.min_offset(&asked).await.map_err(ask)?;
    let last = client.max_offset(&asked).await.map_err(ask)?;
    let (first, last) = (offset_of(first), offset_of(last));
    let of_group = match client.query_offset(rules.group, &asked).await {
        Ok(offset) => offset.and_then(QueueOffset::new),
        Err(ClientError::GroupMissing { .. }) => None,
        Err(source) => return Err(ask(source)),
    };
    let progress = match (claim.stored(), of_group) {
        (Some(stored), Some(group)) if group > stored.resume => {
            tracing::info!(
                %queue, group = rules.group, offset = %group, ours = %stored.resume,
                "the consumer group is ahead: somebody else has read on"
            );
            Progress::begin(group, stored.generation)
        }
        (Some(stored), _) => stored.clone(),
        (None, Some(group)) => Progress::begin(group, now()),
        (None, None) => {
            let at = if rules.is_new_queue || rules.begin == Begin::First { first } else { last };
            return Ok(Start { progress: Progress::begin(at, now()), committed: false, lost: None });
        }
    };
    let marked = match progress.mark {
        Some(mark) => stored_at(client, queue, mark).await.map_err(ask)?,
        None => None,
    };
    match problem(&progress, first, last, marked) {
        None => Ok(Start { progress, committed: true, lost: None }),
        Some(problem) => go_on(queue, problem, (first, last), rules.out_of_range, &progress),
    }
}

/// When the broker stored the message at the mark's offset; `None` when it has none there.
async fn stored_at(client: &Client, queue: &QueueId, mark: Mark) -> Result<Option<i64>, ClientError> {
    let options = PullOptions { max_messages: 1, ..PullOptions::at(mark.offset.get()) };
    let pulled = client.pull(&client_queue(queue), &options).await?;
    let message = pulled.messages.iter().find(|message| message.offset == mark.offset.get());
    Ok(message.map(|message| message.store_timestamp))
}

/// What stands against going on, when the queue has `first..last` and stored the marked message at `marked`.
fn problem(
    progress: &Progress,
    first: QueueOffset,
    last: QueueOffset,
    marked: Option<i64>,
) -> Option<Problem> {
    if progress.resume > last {
        return Some(Problem::Beyond { at: progress.resume, last });
    }
    if let (Some(mark), Some(stored)) = (progress.mark, marked)
        && mark.stored != stored
    {
        return Some(Problem::Replaced { at: mark.offset });
    }
    (progress.committed() < first).then_some(Problem::Trimmed { at: progress.committed(), first })
}

/// Goes on where the configuration says, if it does.
fn go_on(
    queue: &Arc<QueueId>,
    problem: Problem,
    (first, last): (QueueOffset, QueueOffset),
    policy: OutOfRange,
    before: &Progress,
) -> Result<Start, PositionError> {
    let at = match policy {
        OutOfRange::Fail => {
            return Err(PositionError::OutOfRange { queue: Arc::clone(queue), problem, first, last });
        }
        OutOfRange::Earliest => first,
        OutOfRange::Latest => last,
    };
    let generation = match problem {
        Problem::Trimmed { .. } => before.generation,
        // These offsets are other records now: batches with the same bounds are not the same batches.
        Problem::Beyond { .. } | Problem::Replaced { .. } => now(),
    };
    let lost = format!("{queue}: {problem}; reading went on at offset {at} (offset.out.of.range)");
    Ok(Start { progress: Progress::begin(at, generation), committed: true, lost: Some(lost) })
}

fn offset_of(value: i64) -> QueueOffset {
    QueueOffset::new(value).unwrap_or_default()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Bounds;

    fn at(offset: i64) -> QueueOffset {
        offset_of(offset)
    }

    #[test]
    fn a_queue_that_does_not_have_what_comes_next_is_noticed() {
        let mark = Mark { offset: at(99), stored: 5 };
        let progress = Progress { mark: Some(mark), ..Progress::begin(at(100), 1) };
        let check = |first, last, marked, expected| {
            assert_eq!(
                problem(&progress, at(first), at(last), marked),
                expected,
                "{first}..{last}, {marked:?}"
            );
        };
        check(0, 100, Some(5), None);
        check(50, 200, Some(5), None);
        check(100, 200, None, None);
        check(101, 200, None, Some(Problem::Trimmed { at: at(100), first: at(101) }));
        check(0, 99, None, Some(Problem::Beyond { at: at(100), last: at(99) }));
        check(0, 200, Some(6), Some(Problem::Replaced { at: at(99) }));
    }

    #[test]
    fn a_batch_under_way_has_to_be_there_whole() {
        let mut progress = Progress::begin(at(100), 1);
        progress.bound(Bounds { first: at(100), next: at(200), since: 0 }, None);
        assert_eq!(problem(&progress, at(100), at(200), None), None);
        let trimmed = Some(Problem::Trimmed { at: at(100), first: at(150) });
        assert_eq!(problem(&progress, at(150), at(300), None), trimmed);
        let beyond = Some(Problem::Beyond { at: at(200), last: at(150) });
        assert_eq!(problem(&progress, at(0), at(150), None), beyond);
    }

    #[test]
    fn going_on_elsewhere_is_said_and_begins_a_generation_where_offsets_are_other_records() {
        let queue = Arc::new(QueueId { topic: "t".into(), broker: "b".into(), queue: 0 });
        let before = Progress::begin(at(100), 1);
        let go = |problem, policy| go_on(&queue, problem, (at(150), at(300)), policy, &before);
        let trimmed = Problem::Trimmed { at: at(100), first: at(150) };
        let error = go(trimmed, OutOfRange::Fail).unwrap_err().to_string();
        assert!(error.contains("t/b/0") && error.contains("100") && error.contains("150"), "{error}");
        let start = go(trimmed, OutOfRange::Earliest).unwrap();
        assert_eq!((start.progress.resume, start.progress.generation), (at(150), 1));
        let lost = start.lost.unwrap();
        assert!(lost.contains("offset 100") && lost.contains("150"), "{lost}");
        let start = go(Problem::Replaced { at: at(99) }, OutOfRange::Latest).unwrap();
        assert_eq!(start.progress.resume, at(300));
        assert_ne!(start.progress.generation, 1);
    }
}
