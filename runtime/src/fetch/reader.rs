//! The reader of one queue of a task.

use super::{
    Budget, FetchError, Fetched, client_queue,
    look::{is_same, mark_of},
    message_bytes,
};
use crate::{causes, store::Mark};
use connector_api::{QueueId, QueueOffset};
use remoting::{Client, Error as ClientError, MessageRun, ReadError, ReaderOptions, ReaderStatus};
use std::{ops::ControlFlow, sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};

const RETRY_AFTER: Duration = Duration::from_secs(1);
/// A queue from which nothing comes for so long is looked at: it may be another one, and shorter.
const QUIET: Duration = Duration::from_secs(10);

/// Reads one queue ahead and hands over what it has.
pub(super) struct Reader {
    pub(super) client: Client,
    pub(super) index: usize,
    pub(super) queue: Arc<QueueId>,
    pub(super) at: QueueOffset,
    /// The message before, if it is known.
    pub(super) mark: Option<Mark>,
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
        let mut reader = self.client.reader(client_queue(&self.queue), self.at.get(), options);
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

    async fn hand_over(&mut self, run: MessageRun) -> ControlFlow<()> {
        // Without one before, its own first message has to be what it was: its pulls may have met two queues.
        self.confirm(self.mark.or_else(|| run.messages.first().and_then(mark_of))).await?;
        self.mark = run.messages.last().and_then(mark_of);
        let bytes = run.messages.iter().map(message_bytes).sum();
        let reservation = self.budget.reserve(bytes).await;
        self.send(Fetched::Run { queue: self.index, messages: run.messages, reservation })
    }

    /// Makes sure that what was read since `mark` is of the same queue: a topic may be deleted, created again and filled beyond this
    /// offset between two pulls.
    ///
    /// Pulls that run ahead are under way meanwhile, so this costs a request and not its time.
    async fn confirm(&self, mark: Option<Mark>) -> ControlFlow<()> {
        let Some(mark) = mark else { return ControlFlow::Continue(()) };
        let mut in_trouble = false;
        loop {
            match is_same(&self.client, &self.queue, &self.group, mark).await {
                Ok(true) => break,
                Ok(false) => {
                    let queue = Arc::clone(&self.queue);
                    return self.fail(FetchError::Replaced { queue, at: mark.offset });
                }
                // It went after this was read. If it comes back, that is noticed then.
                Err(ClientError::TopicMissing { .. } | ClientError::QueueMissing { .. }) => break,
                Err(ClientError::Closed) => {
                    return self.fail(FetchError::of(&self.queue, ReadError::Closed));
                }
                Err(error) => {
                    in_trouble = true;
                    self.send(self.trouble(&error))?;
                }
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
        if in_trouble { self.send(Fetched::Recovered) } else { ControlFlow::Continue(()) }
    }

    /// It can be read again; what was away may have come back as another queue that ends where this one did.
    async fn recover(&self) -> ControlFlow<()> {
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
