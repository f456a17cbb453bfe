//! The reader of one queue of a task.

use super::{
    Budget, FetchError, Fetched, client_queue,
    look::{is_same, mark_of},
    message_bytes,
};
use crate::{causes, store::Mark};
use connector_api::QueueId;
use remoting::{
    Client, Error as ClientError, MessageRun, ReadError, ReaderOptions, ReaderStatus, message::Message,
};
use std::{ops::ControlFlow, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long a queue that still has messages counts as the one that it was.
const SURE: Duration = Duration::from_secs(1);
/// A queue from which nothing comes for so long is looked at: it may be another one, and shorter.
const QUIET: Duration = Duration::from_secs(10);

/// Reads one queue ahead and hands over what it has.
pub(super) struct Reader {
    pub(super) client: Client,
    pub(super) index: usize,
    pub(super) queue: Arc<QueueId>,
    /// The offset that comes next.
    pub(super) at: i64,
    /// The message before, if it is known.
    pub(super) mark: Option<Mark>,
    /// When the queue was last known to be the one that was read before.
    pub(super) confirmed: Option<Instant>,
    /// Whether offsets may be missing without anything being lost, once that was asked.
    pub(super) gaps_allowed: Option<bool>,
    /// At most so many bytes beside the budget.
    pub(super) ahead: usize,
    pub(super) group: Arc<str>,
    pub(super) budget: Arc<Budget>,
    pub(super) fetched: mpsc::UnboundedSender<Fetched>,
}

impl Reader {
    /// Reads until the queue cannot be read on, or nobody wants it any more.
    pub(super) async fn run(mut self) {
        let options = ReaderOptions {
            group: Some(Arc::clone(&self.group)),
            budget_bytes: self.ahead,
            ..ReaderOptions::default()
        };
        let mut reader = self.client.reader(client_queue(&self.queue), self.at, options);
        let mut status = reader.status();
        let mut in_trouble = false;
        loop {
            let sent = tokio::select! {
                run = reader.next(self.ahead) => match run {
                    Ok(run) => self.hand_over(run).await,
                    Err(error) => self.fail(FetchError::of(&self.queue, error)),
                },
                Ok(()) = status.changed() => match trouble_of(&mut status) {
                    Some(error) => {
                        in_trouble = true;
                        self.confirmed = None;
                        self.send(self.trouble(&error))
                    }
                    None if std::mem::take(&mut in_trouble) => self.recover().await,
                    None => ControlFlow::Continue(()),
                },
                () = tokio::time::sleep(QUIET) => self.confirm(self.mark).await,
            };
            if sent.is_break() {
                return;
            }
        }
    }

    async fn hand_over(&mut self, mut run: MessageRun) -> ControlFlow<()> {
        // Without one before, its own first message has to be what it was: its pulls may have met two queues.
        if self.confirmed.is_none_or(|at| at.elapsed() >= SURE) {
            self.confirm(self.mark.or_else(|| run.messages.first().and_then(mark_of))).await?;
        }
        if run.next >= run.max {
            // What comes next is waited for, and meanwhile anything may happen to the topic.
            self.confirmed = None;
        }
        let gap = self.gap_in(&run.messages).await?;
        let behind = gap.map(|index| run.messages.split_off(index));
        if let Some(last) = run.messages.last() {
            (self.at, self.mark) = (last.offset + 1, mark_of(last));
            let bytes = run.messages.iter().map(message_bytes).sum();
            let reservation = self.budget.reserve(bytes).await;
            self.send(Fetched::Run { queue: self.index, messages: run.messages, reservation })?;
        }
        match behind.iter().flatten().next() {
            None => ControlFlow::Continue(()),
            Some(next) => {
                let (queue, wanted) = (client_queue(&self.queue), self.at);
                let error = ReadError::Trimmed { queue, wanted, min: next.offset };
                self.fail(FetchError::of(&self.queue, error))
            }
        }
    }

    /// Makes sure that what was read since `mark` is of the same queue: a topic may be deleted, created again and filled beyond this
    /// offset between two pulls. It costs a request, and so is not done for every run of a queue that has many messages.
    async fn confirm(&mut self, mark: Option<Mark>) -> ControlFlow<()> {
        let Some(mark) = mark else { return ControlFlow::Continue(()) };
        let Self { client, queue, group, .. } = &*self;
        let is_same = self.insist(|| is_same(client, queue, group, mark));
        // If it went after this was read and comes back, that is noticed then.
        match is_same.await?.unwrap_or(true) {
            true => {
                self.confirmed = Some(Instant::now());
                ControlFlow::Continue(())
            }
            false => self.fail(FetchError::Replaced { queue: Arc::clone(&self.queue), at: mark.offset }),
        }
    }

    /// Where offsets are missing that somebody has lost. A broker that deletes old files tells what is behind them before it
    /// tells that its queue does not begin any more where it did.
    async fn gap_in(&mut self, messages: &[Message]) -> ControlFlow<(), Option<usize>> {
        let Some(index) = gap(self.at, messages.iter().map(|message| message.offset)) else {
            return ControlFlow::Continue(None);
        };
        let allowed = match self.gaps_allowed {
            Some(allowed) => allowed,
            None => {
                let (client, queue) = (&self.client, &client_queue(&self.queue));
                let allowed = self.insist(|| client.may_have_gaps(queue)).await?;
                *self.gaps_allowed.insert(allowed.unwrap_or(true))
            }
        };
        ControlFlow::Continue((!allowed).then_some(index))
    }

    /// Asks until there is an answer; `None` when the queue is gone.
    async fn insist<T, A: Future<Output = Result<T, ClientError>>>(
        &self,
        ask: impl Fn() -> A,
    ) -> ControlFlow<(), Option<T>> {
        let mut in_trouble = false;
        let answer = loop {
            match ask().await {
                Ok(answer) => break Some(answer),
                Err(ClientError::TopicMissing { .. } | ClientError::QueueMissing { .. }) => break None,
                Err(ClientError::Closed) => {
                    self.fail(FetchError::of(&self.queue, ReadError::Closed))?;
                }
                Err(error) => {
                    in_trouble = true;
                    self.send(self.trouble(&error))?;
                }
            }
            tokio::time::sleep(RETRY_AFTER).await;
        };
        if in_trouble {
            self.send(Fetched::Recovered)?;
        }
        ControlFlow::Continue(answer)
    }

    /// It can be read again; what was away may have come back as another queue that ends where this one did.
    async fn recover(&mut self) -> ControlFlow<()> {
        self.send(Fetched::Recovered)?;
        self.confirm(self.mark).await
    }

    fn trouble(&self, error: &ClientError) -> Fetched {
        Fetched::Trouble(format!("{} cannot be read at the moment: {}", self.queue, causes(error)))
    }

    fn fail(&self, error: FetchError) -> ControlFlow<()> {
        self.send(Fetched::Failed(error))?;
        ControlFlow::Break(())
    }

    fn send(&self, fetched: Fetched) -> ControlFlow<()> {
        match self.fetched.send(fetched) {
            Ok(()) => ControlFlow::Continue(()),
            // The task has ended.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn trouble_of(status: &mut watch::Receiver<ReaderStatus>) -> Option<ClientError> {
    match &*status.borrow_and_update() {
        ReaderStatus::Retrying { error, .. } => Some(error.clone()),
        _ => None,
    }
}

/// The index of the first of these offsets with others missing before it, when `at` is the one that comes next.
fn gap(at: i64, offsets: impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + Clone) -> Option<usize> {
    let last = offsets.clone().next_back()?;
    // Offsets only grow, so this tells at a glance.
    if usize::try_from(last - at) == Ok(offsets.len() - 1) {
        return None;
    }
    (at..).zip(offsets).position(|(expected, offset)| offset > expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_that_are_missing_are_noticed_wherever_they_are() {
        let check = |at, offsets: &[i64], expected| {
            assert_eq!(gap(at, offsets.iter().copied()), expected, "{at}, {offsets:?}");
        };
        check(5, &[], None);
        check(5, &[5], None);
        check(5, &[5, 6, 7], None);
        check(5, &[6, 7], Some(0));
        check(5, &[5, 6, 9, 10], Some(2));
        check(5, &[5, 7, 9], Some(1));
    }
}
