//! One batch to the sink until it has it, and what becomes of records that it refuses.

use super::{
    Report,
    counters::Counters,
    dead_letter::{DeadLetters, Refused, Stage},
    error::{Halt, TaskError},
    limit::GivenUp,
    orders::Orders,
    retry::retry_delay,
    settings::ErrorSettings,
};
use crate::causes;
use connector_api::{Batch, BatchId, QueueId, QueueOffset, RecordError, SinkError, SinkTask};
use remoting::message::Message;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Takes batches to a sink.
pub(super) struct Delivery<'a> {
    pub(super) sink: &'a mut dyn SinkTask,
    pub(super) orders: &'a Orders,
    pub(super) report: &'a dyn Fn(Report),
    pub(super) settings: ErrorSettings,
    pub(super) dead_letters: Option<DeadLetters>,
    pub(super) given_up: GivenUp,
    pub(super) counters: Arc<Counters>,
    pub(super) connector: String,
}

impl Delivery<'_> {
    /// Puts `batch` until the sink has it, but for the records that it refuses, which are returned.
    ///
    /// `source` has the messages that the records were made of.
    pub(super) async fn put(&mut self, batch: &Batch, source: &[Message]) -> Result<Vec<Refused>, Halt> {
        let mut attempt = 0;
        let mut failing_since = None;
        let refused = loop {
            match self.orders.unless_abandoned(self.sink.put(batch)).await? {
                Ok(()) => break Vec::new(),
                Err(SinkError::Records(records)) => break refused(batch.id(), records, source)?,
                Err(error @ SinkError::Retriable(_)) => {
                    attempt += 1;
                    let failing = failing_since.get_or_insert_with(Instant::now).elapsed();
                    if let Some(timeout) = self.settings.retry_timeout.filter(|most| *most <= failing) {
                        return Err(retries_over(batch.id(), timeout, error).into());
                    }
                    Counters::add(&self.counters.retries, 1);
                    // The very same batch again, so that a sink which has it already can tell.
                    let delay = retry_delay(attempt, self.settings.max_delay);
                    if attempt == 1 {
                        tracing::warn!(batch = %batch.id(), error = causes(&error), "put failed, trying again");
                    }
                    let what = format!("put failed {attempt} times, trying again");
                    (self.report)(Report::Trouble(format!("{what}: {}", causes(&error))));
                    self.orders.while_running(tokio::time::sleep(delay)).await?;
                }
                Err(error) => return Err(put_error(batch.id(), error).into()),
            }
        };
        if attempt > 0 {
            tracing::info!(batch = %batch.id(), attempts = attempt + 1, "put succeeded again");
            (self.report)(Report::Recovered);
        }
        Counters::add(&self.counters.batches, 1);
        Counters::add(&self.counters.put, batch.records().len().saturating_sub(refused.len()));
        Ok(refused)
    }

    /// Takes note that none of the messages in `source` was refused.
    pub(super) fn none_refused(&mut self, source: &[Message]) {
        self.given_up.delivered(source.len());
    }

    /// Skips those of the messages in `source` that cannot be delivered, and sends them elsewhere if the configuration says so.
    pub(super) async fn give_up(
        &mut self,
        queue: &Arc<QueueId>,
        refused: Vec<Refused>,
        source: &[Message],
    ) -> Result<(), Halt> {
        self.tolerate(queue, &refused, source)?;
        for record in refused {
            self.send_dead_letter(queue, &record).await?;
            Counters::add(&self.counters.skipped, 1);
            if self.settings.log {
                let (connector, reason, stage) = (&self.connector, &record.reason, record.stage);
                match self.settings.log_positions {
                    true => {
                        tracing::error!(connector, %queue, offset = %record.offset, reason, ?stage, "record skipped");
                    }
                    false => tracing::error!(connector, reason, ?stage, "record skipped"),
                }
            }
        }
        Ok(())
    }

    /// # Errors
    /// When more have been given up of late than is tolerated.
    fn tolerate(
        &mut self,
        queue: &Arc<QueueId>,
        refused: &[Refused],
        source: &[Message],
    ) -> Result<(), TaskError> {
        let place =
            |refused: &Refused| source.partition_point(|message| message.offset < refused.offset.get());
        let Err(limit) = self.given_up.add(source.len(), refused.iter().map(place)) else { return Ok(()) };
        let Some(Refused { offset, reason, .. }) = refused.first() else { return Ok(()) };
        Err(TaskError::Intolerable {
            queue: Arc::clone(queue),
            offset: *offset,
            reason: reason.clone(),
            limit,
        })
    }

    /// Sends a record to the dead-letter topic, if there is one, until the broker has it.
    async fn send_dead_letter(&mut self, queue: &Arc<QueueId>, record: &Refused) -> Result<(), Halt> {
        let mut attempt = 0;
        loop {
            let Some(letters) = &mut self.dead_letters else { return Ok(()) };
            // Invariant 1: the record counts as done with only once the broker has it.
            match letters.send(queue, record).await {
                Ok(()) => break,
                Err(error) if error.is_transient() => {
                    attempt += 1;
                    let what = "the dead-letter topic does not answer, trying again";
                    (self.report)(Report::Trouble(format!("{what}: {}", causes(&error))));
                    let delay = retry_delay(attempt, self.settings.max_delay);
                    self.orders.while_running(tokio::time::sleep(delay)).await?;
                }
                Err(error) => return Err(letters.error(queue, record, error).into()),
            }
        }
        if attempt > 0 {
            (self.report)(Report::Recovered);
        }
        Counters::add(&self.counters.dead_letters, 1);
        Ok(())
    }
}

fn put_error(batch: &BatchId, source: SinkError) -> TaskError {
    TaskError::Put { queue: Arc::clone(&batch.queue), first: batch.first, last: batch.next.get() - 1, source }
}

fn retries_over(batch: &BatchId, timeout: Duration, source: SinkError) -> TaskError {
    let (first, last) = (batch.first, batch.next.get() - 1);
    TaskError::RetriesOver { queue: Arc::clone(&batch.queue), first, last, timeout, source }
}

/// The records that a sink has refused, in offset order, with the messages that they were made of.
fn refused(
    batch: &BatchId,
    mut records: Vec<RecordError>,
    source: &[Message],
) -> Result<Vec<Refused>, TaskError> {
    records.sort_by_key(|record| record.offset);
    records.dedup_by_key(|record| record.offset);
    // Messages are in offset order.
    let find = |offset: QueueOffset| {
        source.binary_search_by_key(&offset.get(), |message| message.offset).ok().map(|index| &source[index])
    };
    records
        .into_iter()
        .map(|RecordError { offset, reason }| match find(offset) {
            Some(message) => Ok(Refused { offset, reason, stage: Stage::Put, message: message.clone() }),
            // Skipping what cannot be found would lose something else.
            None => Err(TaskError::ForeignRefusal { offset, batch: batch.to_string() }),
        })
        .collect()
}
