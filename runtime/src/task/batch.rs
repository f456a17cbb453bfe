//! Gathering messages to batches: per queue, by rows, bytes or time.

use super::{Report, settings::BatchBounds};
use crate::fetch::{Budget, Fetch, FetchError, Fetched, Reservation, message_bytes};
use remoting::message::Message;
use std::{collections::VecDeque, sync::Arc};
use tokio::time::Instant;

/// Messages that were fetched and belong to no batch yet.
#[derive(Debug)]
pub(super) struct Gather {
    bounds: BatchBounds,
    budget: Arc<Budget>,
    queues: Vec<Waiting>,
    /// Why no more comes, once what was fetched before is delivered: the broker may not have it any longer.
    failed: Option<FetchError>,
}

/// Messages of one queue, to be delivered together.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) queue: usize,
    pub(super) messages: Vec<Message>,
    /// The memory they take, until they are delivered.
    pub(super) reservation: Reservation,
}

/// Which batches are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Also one that has waited long enough.
    Due,
    /// Only one that would not grow any more.
    Full,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Message>,
    bytes: usize,
    reservation: Option<Reservation>,
    since: Option<Instant>,
}

impl Gather {
    pub(super) fn new(bounds: BatchBounds, budget: Arc<Budget>, queues: usize) -> Self {
        Self { bounds, budget, queues: (0..queues).map(|_| Waiting::default()).collect(), failed: None }
    }

    /// The next batch, as soon as a bound of it is reached. Cancel-safe.
    ///
    /// Waits for messages; what arrived while the sink was busy is taken first, so that batches grow with the load.
    pub(super) async fn next(
        &mut self,
        fetch: &mut Fetch,
        when: When,
        report: &dyn Fn(Report),
    ) -> Result<Gathered, FetchError> {
        loop {
            while self.failed.is_none()
                && let Some(fetched) = fetch.try_next()
            {
                self.take(fetched, report);
            }
            let now = Instant::now();
            if let Some(queue) = self.due(now, when) {
                return Ok(self.cut(queue, now));
            }
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            let budget = Arc::clone(&self.budget);
            let waiting = self.oldest();
            let linger = async {
                match waiting {
                    None => std::future::pending().await,
                    // Who waits for memory waits for this batch.
                    Some(since) => tokio::select! {
                        () = tokio::time::sleep_until(since + self.bounds.linger), if when == When::Due => {}
                        () = budget.until_short() => {}
                    },
                }
            };
            tokio::select! {
                fetched = fetch.next() => {
                    let Some(fetched) = fetched else { std::future::pending().await };
                    self.take(fetched, report);
                }
                () = linger => {}
            }
        }
    }

    fn take(&mut self, fetched: Fetched, report: &dyn Fn(Report)) {
        match fetched {
            Fetched::Run { queue, messages, reservation } => {
                let waiting = &mut self.queues[queue];
                waiting.bytes += messages.iter().map(message_bytes).sum::<usize>();
                waiting.messages.extend(messages);
                waiting.since.get_or_insert_with(Instant::now);
                match &mut waiting.reservation {
                    Some(all) => all.add(reservation),
                    none => *none = Some(reservation),
                }
            }
            Fetched::Trouble(cause) => report(Report::Trouble(cause)),
            Fetched::Recovered => report(Report::Recovered),
            Fetched::Failed(error) => self.failed = Some(error),
        }
    }

    /// The queue whose batch is to go: of those with a bound reached, the one that waits longest.
    fn due(&self, now: Instant, when: When) -> Option<usize> {
        let short = self.budget.is_short() || self.failed.is_some();
        let due = |waiting: &Waiting, since: Instant| {
            let lingered = now.saturating_duration_since(since) >= self.bounds.linger;
            short || waiting.is_full(&self.bounds()) || (when == When::Due && lingered)
        };
        self.queues
            .iter()
            .enumerate()
            .filter_map(|(index, waiting)| Some((index, waiting, waiting.since?)))
            .filter(|(_, waiting, since)| due(waiting, *since))
            .min_by_key(|(_, _, since)| *since)
            .map(|(index, ..)| index)
    }

    fn oldest(&self) -> Option<Instant> {
        self.queues.iter().filter_map(|waiting| waiting.since).min()
    }

    /// A batch takes at most half of the memory, so that the next one is gathered while it is on its way.
    fn bounds(&self) -> BatchBounds {
        BatchBounds { max_bytes: self.bounds.max_bytes.min(self.budget.limit() / 2), ..self.bounds }
    }

    fn cut(&mut self, queue: usize, now: Instant) -> Gathered {
        let bounds = self.bounds();
        let waiting = &mut self.queues[queue];
        let mut bytes = 0;
        let fits = waiting.messages.iter().take(bounds.max_records).take_while(|message| {
            let first = bytes == 0;
            bytes += message_bytes(message);
            let fits = first || bytes <= bounds.max_bytes;
            if !fits {
                bytes -= message_bytes(message);
            }
            fits
        });
        let count = fits.count();
        let messages: Vec<_> = waiting.messages.drain(..count).collect();
        waiting.bytes -= bytes;
        waiting.since = (!waiting.messages.is_empty()).then_some(now);
        let reservation = match &mut waiting.reservation {
            Some(all) if !waiting.messages.is_empty() => all.split(bytes),
            all => all.take().unwrap_or_else(|| self.budget.nothing()),
        };
        Gathered { queue, messages, reservation }
    }
}

impl Waiting {
    fn is_full(&self, bounds: &BatchBounds) -> bool {
        self.messages.len() >= bounds.max_records || self.bytes >= bounds.max_bytes
    }
}
