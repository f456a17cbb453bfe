//! Reading an internal topic on, behind its replay, as long as a worker lives.

use super::{log::InternalLog, record::LogRecord};
use crate::causes;
use remoting::{Queue, ReadError, ReaderOptions};
use std::time::Duration;
use tokio::sync::watch;

/// How much is read at once, in bytes.
const FOLLOW_BYTES: usize = 1024 * 1024;
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Who is told what an internal topic has.
pub(super) trait Follower {
    /// The next record with a key; those of one queue come in order, and may come again.
    fn take(&self, record: LogRecord);

    /// The queue with this index could not be read on, so some of its records may have been missed; it is read from its
    /// beginning again.
    fn missed(&self, index: usize, why: ReadError);
}

impl InternalLog {
    /// Reads the queue with this index on from where `read` says, for ever; `read` is told up to where all of it has been taken.
    pub(super) async fn follow(&self, index: usize, read: &watch::Sender<i64>, follower: &impl Follower) {
        let Some(queue) = self.queues.get(index) else { return };
        let mut at = *read.borrow();
        loop {
            let Err(error) = self.follow_from(at, queue, index, read, follower).await;
            let topic = self.topic();
            tracing::error!(%topic, index, error = causes(&error), "an internal topic is read from its beginning again");
            follower.missed(index, error);
            loop {
                tokio::time::sleep(AGAIN_AFTER).await;
                if let Ok(first) = self.client.min_offset(queue).await {
                    at = first;
                    read.send_replace(at);
                    break;
                }
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
    ) -> Result<std::convert::Infallible, ReadError> {
        let options = ReaderOptions { depth: 2, budget_bytes: FOLLOW_BYTES, ..ReaderOptions::default() };
        let mut reader = self.client.reader(queue.clone(), at, options);
        loop {
            let run = reader.next(FOLLOW_BYTES).await?;
            for message in &run.messages {
                let location = self.location(queue, message.offset);
                if let Some(record) = LogRecord::of(message, index, location) {
                    follower.take(record);
                }
            }
            read.send_replace(run.next);
        }
    }
}
