//! From messages to a batch that may be put: converted, and with bounds that are durable where the sink needs them to be.

use super::{
    Report,
    batch::Gathered,
    counters::Counters,
    dead_letter::Refused,
    error::Halt,
    orders::Orders,
    record::{AtRefused, Conversion},
    retry::retry_delay,
    settings::Tolerance,
    thread::TaskSpec,
};
use crate::{
    causes,
    fault::{self, Point},
    fetch::{Again, Loss, Reservation, mark_of},
    now_millis,
    store::{Bounds, Lease, Mark},
};
use connector_api::{Batch, BatchId, Delivery, QueueOffset};
use remoting::message::Message;
use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use transforms::Chain;

/// Makes batches of messages.
pub(super) struct Prepare<'a> {
    pub(super) spec: &'a TaskSpec,
    pub(super) orders: &'a Orders,
    pub(super) report: &'a dyn Fn(Report),
    /// The transforms of the connector.
    pub(super) chain: RefCell<Chain>,
}

/// A batch that may be put.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    pub(super) lease: &'a Lease,
    pub(super) batch: Batch,
    pub(super) bounds: Bounds,
    /// The last of its messages.
    pub(super) mark: Option<Mark>,
    /// What converters and transforms refused, within the bounds or right behind them.
    pub(super) refused: Vec<Refused>,
    /// What the batch was made of.
    pub(super) messages: Vec<Message>,
    /// The memory they take; a batch that comes again takes what was there for it before.
    pub(super) reservation: Option<Reservation>,
    /// What is gone of a batch that comes again.
    pub(super) loss: Option<Loss>,
}

impl Prepare<'_> {
    /// A new batch of what was gathered from the queue of one of `leases`.
    pub(super) async fn new_batch<'l>(
        &self,
        leases: &'l [Lease],
        gathered: Gathered,
    ) -> Result<Prepared<'l>, Halt> {
        let Gathered { queue, messages, reservation } = gathered;
        let lease = &leases[queue];
        fault::point(Point::AfterFetch);
        // Where a record may stop the task the batch ends before it.
        let at_refused = match self.spec.settings.errors.tolerance {
            Tolerance::All => AtRefused::GoOn,
            Tolerance::None => AtRefused::End,
        };
        let bounds = |messages: &[Message], refused: &[Refused]| {
            let first = lease.progress().resume;
            let stop = refused.first().filter(|_| at_refused == AtRefused::End).map(|refused| refused.offset);
            let end = messages.last().and_then(|last| QueueOffset::new(last.offset)).map(QueueOffset::next);
            Bounds { first, next: stop.or(end).unwrap_or(first), since: now_millis() }
        };
        let prepared = self.convert(lease, messages, at_refused, bounds);
        let Prepared { bounds, mark, .. } = prepared;
        if self.is_idempotent() && bounds.first < bounds.next {
            lease.change(|progress| progress.bound(bounds, mark));
        }
        self.made_durable(Prepared { reservation: Some(reservation), ..prepared }).await
    }

    /// A batch that was under way before, with the bounds that it has.
    pub(super) async fn again<'l>(
        &self,
        lease: &'l Lease,
        again: Again,
        bounds: Bounds,
    ) -> Result<Prepared<'l>, Halt> {
        let loss = again.loss(lease.queue(), &bounds);
        let Again { messages, gone_below } = again;
        let prepared = self.convert(lease, messages, AtRefused::GoOn, |_, _| bounds);
        let batch = prepared.batch.with_gone_below(gone_below);
        self.made_durable(Prepared { batch, loss, ..prepared }).await
    }

    pub(super) fn is_idempotent(&self) -> bool {
        self.spec.class.delivery() == Delivery::Idempotent
    }

    fn convert<'l>(
        &self,
        lease: &'l Lease,
        messages: Vec<Message>,
        at_refused: AtRefused,
        bounds: impl FnOnce(&[Message], &[Refused]) -> Bounds,
    ) -> Prepared<'l> {
        Counters::add(&self.spec.counters.read, messages.len());
        let mut chain = self.chain.borrow_mut();
        let mut conversion =
            Conversion { settings: &self.spec.settings, chain: &mut chain, queue: lease.queue() };
        let (records, refused) = conversion.convert(&messages, at_refused);
        let bounds = bounds(&messages, &refused);
        let id = BatchId {
            connector: self.spec.id.connector.clone(),
            queue: Arc::clone(lease.queue()),
            generation: lease.progress().generation,
            first: bounds.first,
            next: bounds.next,
        };
        let since = UNIX_EPOCH + Duration::from_millis(u64::try_from(bounds.since).unwrap_or_default());
        let batch = Batch::new(id, records).bounded_at(since);
        let mark = mark(&messages, bounds.next);
        Prepared { lease, batch, bounds, mark, refused, messages, reservation: None, loss: None }
    }

    async fn made_durable<'l>(&self, prepared: Prepared<'l>) -> Result<Prepared<'l>, Halt> {
        if !self.is_idempotent() {
            return Ok(prepared);
        }
        let mut attempt = 0;
        // Invariant 2: the bounds are durable before the sink sees the batch.
        while let Err(error) = self.orders.unless_abandoned(prepared.lease.store()).await? {
            if !error.is_transient() {
                return Err(error.into());
            }
            attempt += 1;
            (self.report)(Report::Trouble(format!("no batch can begin: {}", causes(&error))));
            let delay = retry_delay(attempt, self.spec.settings.errors.max_delay);
            self.orders.while_running(tokio::time::sleep(delay)).await?;
        }
        if attempt > 0 {
            (self.report)(Report::Recovered);
        }
        fault::point(Point::AfterIntent);
        Ok(prepared)
    }
}

/// The last of the messages before `next`, by which the queue is recognised later.
fn mark(messages: &[Message], next: QueueOffset) -> Option<Mark> {
    messages.iter().rfind(|message| message.offset < next.get()).and_then(mark_of)
}
