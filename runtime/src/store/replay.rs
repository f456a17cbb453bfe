//! Reading an internal topic to its end, before anything is concluded from it.

use super::{
    error::{StoreError, Unreadable},
    log::InternalLog,
    record::{Location, LogRecord},
};
use remoting::{Queue, ReadError, ReaderOptions, message::Message};
use std::{
    collections::BTreeMap,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// How much is read at once, in bytes.
const REPLAY_BYTES: usize = 1024 * 1024;
/// How long a broker may send nothing, although there is more.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a long replay says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// What a queue had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Replayed {
    /// Its first offset; greater than 0 when its broker has dropped what stood before.
    pub(super) first: i64,
    /// Where it ended.
    pub(super) end: i64,
}

/// What a record was to its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// One of ours.
    Taken,
    /// One of ours that stands for all before it with its key, also for those that cannot be read: whoever wrote it may be
    /// supposed to have known of them.
    Healing,
    /// Something that is not Connect's, or not for this topic.
    Foreign,
}

impl InternalLog {
    /// Reads the queues with these indices from their beginnings to where their ends are now.
    ///
    /// Records that are not Connect's are warned of once. One that is ours and cannot be read is an error, unless a healing one
    /// with the same key stands behind it in the same queue.
    pub(super) async fn replay(
        &self,
        indices: Range<usize>,
        mut read: impl FnMut(&LogRecord) -> Result<Read, Unreadable>,
    ) -> Result<Vec<Replayed>, StoreError> {
        let mut replayed = Vec::with_capacity(indices.len());
        let mut unreadable = BTreeMap::new();
        let mut foreign: Option<Location> = None;
        let mut foreign_count = 0u64;
        for index in indices {
            let queue = self.replay_queue(index, |message, location| {
                let Some(record) = LogRecord::of(message, index, location.clone()) else {
                    foreign.get_or_insert(location);
                    foreign_count += 1;
                    return;
                };
                match read(&record) {
                    Ok(Read::Taken) => {}
                    Ok(Read::Healing) => drop(unreadable.remove(&(index, record.key))),
                    Ok(Read::Foreign) => {
                        foreign.get_or_insert(location);
                        foreign_count += 1;
                    }
                    Err(why) => {
                        let key = record.key.clone();
                        unreadable.insert((index, record.key), StoreError::Unreadable { location, key, why });
                    }
                }
            });
            replayed.push(queue.await?);
        }
        if let Some(first) = foreign {
            tracing::warn!(%first, count = foreign_count, "an internal topic has records that are not ours; they are left alone");
        }
        // Invariant 7: what cannot be read is not taken for "nothing there".
        unreadable.into_values().next().map_or(Ok(replayed), Err)
    }

    async fn replay_queue(
        &self,
        index: usize,
        mut each: impl FnMut(&Message, Location),
    ) -> Result<Replayed, StoreError> {
        let unanswered = |source| StoreError::Read { topic: self.topic().to_string(), source };
        let unread = |source| StoreError::Replay { topic: self.topic().to_string(), source };
        let stalled = |queue: &Queue| StoreError::Stalled {
            topic: self.topic().to_string(),
            broker: Arc::clone(&queue.broker),
            after: PATIENCE,
        };
        let Some(queue) = self.queues.get(index) else { return Ok(Replayed { first: 0, end: 0 }) };
        let end = self.client.max_offset(queue).await.map_err(unanswered)?;
        let first = self.client.min_offset(queue).await.map_err(unanswered)?;
        let mut at = first;
        let mut told = Instant::now();
        let mut reader = self.client.reader(queue.clone(), at, ReaderOptions::default());
        while at < end {
            let read = timeout(PATIENCE, reader.next(REPLAY_BYTES)).await.map_err(|_| stalled(queue))?;
            let run = match read {
                // Dropped since it was asked where the queue begins; what is live was published again before.
                Err(ReadError::Trimmed { min, .. }) if min > at => {
                    at = min;
                    reader.seek(min);
                    continue;
                }
                run => run.map_err(unread)?,
            };
            for message in run.messages.iter().filter(|message| message.offset < end) {
                each(message, self.location(queue, message.offset));
            }
            at = run.next;
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                tracing::info!(%queue, read = at - first, of = end - first, "reading an internal topic before anything starts");
            }
        }
        Ok(Replayed { first, end })
    }
}
