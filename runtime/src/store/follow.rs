//! Reading an internal topic on, behind its replay, as long as a worker lives.

use super::{
    log::{InternalLog, LOOK_EVERY},
    record::{Location, LogRecord},
    replay::Read,
};
use crate::causes;
use remoting::{Queue, ReadError, ReaderOptions, TopicSpec};
use std::{convert::Infallible, time::Duration};
use tokio::sync::watch;

/// How much is read at once, in bytes.
const FOLLOW_BYTES: usize = 1024 * 1024;
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Who is told what an internal topic has.
pub(super) trait Follower {
    /// The next record with a key; those of one queue come in order, and may come again. Answers with what it is.
    fn take(&self, record: LogRecord) -> Read;

    /// The queue with this index could not be read on, so some of its records may have been missed; it is read from its
    /// beginning again.
    fn missed(&self, index: usize, why: ReadError);
}

impl InternalLog {
    /// Reads the queue with this index on from where `read` says, for ever; `read` is told up to where all of it has been taken.
    pub(super) async fn follow(&self, index: usize, read: &watch::Sender<i64>, follower: &impl Follower) {
        let Some(queue) = self.queues.get(index) else { return };
        let mut at = *read.borrow();
        let mut foreign = Foreign::default();
        loop {
            let error = tokio::select! {
                Err(error) = self.follow_from(at, queue, index, read, follower, &mut foreign) => error,
                never = self.keep_there(queue) => match never {},
            };
            let topic = self.topic();
            tracing::error!(%topic, index, error = causes(&error), "an internal topic is read from its beginning again");
            follower.missed(index, error);
            loop {
                tokio::time::sleep(AGAIN_AFTER).await;
                if let Ok(first) = self.client.min_offset(queue).await {
                    at = first;
                    read.send_replace(at);
                    self.missed.notify_waiters();
                    break;
                }
            }
        }
    }

    /// Creates the topic again if somebody has deleted it: this worker still knows what was in it.
    async fn keep_there(&self, queue: &Queue) -> Infallible {
        let ids = self.queues.iter().filter(|other| other.broker == queue.broker).map(|other| other.id);
        let spec = TopicSpec::new(&*queue.topic, ids.max().unwrap_or_default() + 1);
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if let Err(error) = self.client.ensure_topic_on(&spec, &queue.broker).await {
                tracing::debug!(%queue, error = causes(&error), "nobody knows whether it is still there");
            }
        }
    }

    async fn follow_from(
        &self,
        at: i64,
        queue: &Queue,
        index: usize,
        read: &watch::Sender<i64>,
        follower: &impl Follower,
        foreign: &mut Foreign,
    ) -> Result<Infallible, ReadError> {
        let options = ReaderOptions { depth: 2, budget_bytes: FOLLOW_BYTES, ..ReaderOptions::default() };
        let mut reader = self.client.reader(queue.clone(), at, options);
        loop {
            let run = reader.next(FOLLOW_BYTES).await?;
            for message in &run.messages {
                let location = self.location(queue, message.offset);
                match LogRecord::of(message, index, location.clone()).map(|record| follower.take(record)) {
                    Some(Read::Taken | Read::Healing) => {}
                    None | Some(Read::Foreign) => foreign.warn(&location),
                }
            }
            read.send_replace(run.next);
        }
    }
}

/// Whether records were seen that are not Connect's: somebody else writes to the topic.
#[derive(Default)]
struct Foreign {
    is_known: bool,
}

impl Foreign {
    /// Says so once.
    fn warn(&mut self, location: &Location) {
        if !std::mem::replace(&mut self.is_known, true) {
            tracing::warn!(%location, "an internal topic has a record that is not ours; it is left alone, and so is each further one");
        }
    }
}
