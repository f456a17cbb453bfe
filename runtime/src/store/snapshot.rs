//! Publishing live records again before their brokers drop them.
//!
//! Internal topics are ordinary ones: a broker keeps messages for some time (72 hours unless configured otherwise) and then
//! drops them, whatever they say. So what is worth keeping is published again, as it was, when it is old.

use super::{
    log::InternalLog,
    record::{NewRecord, Place},
};
use crate::{causes, now_millis};
use futures_util::future::join_all;
use remoting::{Error as ClientError, PullOptions, Queue};
use std::{collections::BTreeSet, convert::Infallible, time::Duration};

/// At most so many records are published after one look.
pub(super) const AT_ONCE: usize = 100;

/// It is looked for old records so many times within the interval, and this often at least and at most.
const LOOKS: u32 = 8;
const SHORTEST_PERIOD: Duration = Duration::from_millis(50);
const LONGEST_PERIOD: Duration = Duration::from_secs(300);
/// From one record to the next, so that others are not held up.
const PAUSE: Duration = Duration::from_millis(10);
/// From one look to the next while there are more; until then what was published has been read.
const MORE_AFTER: Duration = Duration::from_secs(1);
/// A broker that drops messages early has them again after this part of the time that it keeps them.
const PART_OF_RETENTION: i64 = 3;

/// A record to be published again.
#[derive(Debug)]
pub(super) struct Again {
    /// Index of the queue that it goes to.
    pub(super) index: usize,
    pub(super) record: NewRecord,
}

/// Publishes what `due` finds, at most [`AT_ONCE`] each time it is asked, for ever.
pub(super) async fn publish_again(
    log: &InternalLog,
    interval: Duration,
    due: impl Fn(&Horizon) -> Vec<Again>,
) -> Infallible {
    let period = (interval / LOOKS).clamp(SHORTEST_PERIOD, LONGEST_PERIOD);
    loop {
        let missed = log.missed.notified();
        let due = due(&Horizon::look(log, interval).await);
        let are_more = due.len() >= AT_ONCE;
        let all_taken = publish(log, due).await;
        let pause = if are_more && all_taken { MORE_AFTER } else { period };
        // It may also be that nothing is there any more.
        drop(tokio::time::timeout(pause, missed).await);
    }
}

/// Publishes records one after the other. Whether brokers have taken them all.
async fn publish(log: &InternalLog, due: Vec<Again>) -> bool {
    let (mut taken, mut refusing) = (0u32, BTreeSet::new());
    for Again { index, record } in due {
        // One that has not taken a record for so long hardly takes the next.
        if refusing.contains(&index) {
            continue;
        }
        match log.append_to(index, &record.again()).await {
            Ok(_) => taken += 1,
            Err(error) => {
                tracing::warn!(
                    error = causes(&error),
                    "a record could not be published again; it is tried again later"
                );
                refusing.insert(index);
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    if taken > 0 {
        tracing::debug!(topic = %log.topic(), taken, "records were published again before they are dropped");
    }
    refusing.is_empty()
}

/// Which records brokers still have, and which they are going to drop.
#[derive(Debug)]
pub(super) struct Horizon {
    now: i64,
    /// After how long a record is published again, in milliseconds.
    interval: i64,
    /// Nothing for a queue whose broker does not answer.
    queues: Vec<Option<Kept>>,
}

/// What a broker has of a queue.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// The first offset.
    first: i64,
    /// When that message was stored, if there were others before it.
    since: Option<i64>,
}

impl Horizon {
    async fn look(log: &InternalLog, interval: Duration) -> Self {
        let queues = join_all(log.queues.iter().map(|queue| Kept::of(log, queue))).await;
        let queues = queues.into_iter().map(Result::ok).collect();
        Self { now: now_millis(), interval: i64::try_from(interval.as_millis()).unwrap_or(i64::MAX), queues }
    }

    /// Whether a record has to be published again whose newest copy stands there; nobody knows where when there is no place.
    pub(super) fn is_due(&self, place: Option<Place>) -> bool {
        let Some(place) = place else { return true };
        let Some(Some(kept)) = self.queues.get(place.index) else { return false };
        let interval = match kept.since {
            Some(since) => self.interval.min(self.now.saturating_sub(since) / PART_OF_RETENTION),
            None => self.interval,
        };
        place.offset < kept.first || self.now.saturating_sub(place.stored) >= interval
    }

    /// Whether the record at this offset may still be there.
    pub(super) fn may_have(&self, index: usize, offset: i64) -> bool {
        !matches!(self.queues.get(index), Some(Some(kept)) if offset < kept.first)
    }
}

impl Kept {
    async fn of(log: &InternalLog, queue: &Queue) -> Result<Self, ClientError> {
        let first = log.client.min_offset(queue).await?;
        if first == 0 {
            return Ok(Self { first, since: None });
        }
        let options = PullOptions { max_messages: 1, ..PullOptions::at(first) };
        let pulled = log.client.pull(queue, &options).await?;
        Ok(Self { first, since: pulled.messages.first().map(|message| message.store_timestamp) })
    }
}

#[cfg(test)]
impl Horizon {
    /// At `now`, with queues whose first offset and its age are these.
    pub(super) fn of(now: i64, interval: i64, queues: &[Option<(i64, Option<i64>)>]) -> Self {
        let queues = queues.iter().map(|kept| kept.map(|(first, since)| Kept { first, since })).collect();
        Self { now, interval, queues }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn place(offset: i64, stored: i64) -> Place {
        Place { index: 0, offset, stored }
    }

    #[track_caller]
    fn check(kept: Option<(i64, Option<i64>)>, place: Place, expected: bool) {
        let horizon = Horizon::of(NOW, 600, &[kept]);
        assert_eq!(horizon.is_due(Some(place)), expected, "{horizon:?}");
    }

    #[test]
    fn what_is_old_or_gone_is_due() {
        let all = Some((0, None));
        check(all, place(5, NOW - 599), false);
        check(all, place(5, NOW - 600), true);
        check(Some((5, Some(NOW - 100_000))), place(5, NOW), false);
        check(Some((6, None)), place(5, NOW), true);
        // The clock of its broker is ahead.
        check(all, place(5, NOW + 50), false);
        // It could not be published anyway.
        check(None, place(5, 0), false);
        assert!(Horizon::of(NOW, 600, &[all]).is_due(None), "nobody knows where it is");
    }

    #[test]
    fn a_broker_that_drops_messages_early_has_them_again_earlier() {
        let dropping = Some((5, Some(NOW - 300)));
        check(dropping, place(9, NOW - 99), false);
        check(dropping, place(9, NOW - 100), true);
        check(Some((0, None)), place(9, NOW - 100), false);
    }

    #[test]
    fn a_record_may_be_there_unless_its_broker_says_otherwise() {
        let horizon = Horizon::of(NOW, 600, &[Some((5, None)), None]);
        let check = |index, offset, expected| assert_eq!(horizon.may_have(index, offset), expected);
        check(0, 4, false);
        check(0, 5, true);
        check(1, 0, true);
    }
}
