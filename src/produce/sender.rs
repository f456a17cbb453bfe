//! Batches on their way to the queues of a topic.
//!
//! Each queue has at most one batch on its way, so that lines of one queue keep their order, and all queues together
//! keep the connection busy.

use super::{
    ledger::Ledger,
    lines::{Batch, InputError, Line},
    progress::Progress,
};
use remoting::{Client, OutgoingMessage, Queue};
use std::{collections::VecDeque, ops::RangeInclusive};
use tokio::{sync::mpsc, task::JoinSet};

/// How sending ended.
#[derive(Debug)]
pub(super) enum End {
    /// The input was sent.
    Done,
    /// The input is wrong somewhere; all before it was sent.
    Input(InputError),
    /// A batch was not acknowledged.
    Send {
        /// The numbers of its first and last line.
        numbers: RangeInclusive<u64>,
        /// Why not.
        source: remoting::Error,
    },
    /// A signal came; what was on its way was waited for.
    Interrupted(&'static str),
}

/// Sends to the queues of one topic.
pub(super) struct Sender {
    client: Client,
    idle: VecDeque<Queue>,
    on_the_way: JoinSet<Sent>,
    ledger: Ledger,
}

/// A batch that came to an end.
struct Sent {
    queue: Queue,
    numbers: RangeInclusive<u64>,
    messages: usize,
    result: Result<(), remoting::Error>,
}

impl Sender {
    pub(super) fn new(client: Client, queues: Vec<Queue>) -> Self {
        Self { client, idle: queues.into(), on_the_way: JoinSet::new(), ledger: Ledger::default() }
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Sends all batches, and stops early at the first failure or when `interrupted` is done. Nothing is on its way
    /// when this returns.
    pub(super) async fn run(
        &mut self,
        mut batches: mpsc::Receiver<Result<Batch, InputError>>,
        interrupted: impl Future<Output = &'static str>,
        progress: &mut Progress,
    ) -> End {
        tokio::pin!(interrupted);
        let end = loop {
            tokio::select! {
                Some(joined) = self.on_the_way.join_next() => {
                    if let Err(end) = self.settle(joined, progress) {
                        break end;
                    }
                }
                next = batches.recv(), if !self.idle.is_empty() => match next {
                    Some(Ok(batch)) => self.send(batch),
                    Some(Err(error)) => break End::Input(error),
                    None => break End::Done,
                },
                signal = &mut interrupted => break End::Interrupted(signal),
            }
        };
        self.drain(end, progress).await
    }

    /// Waits for what is on its way. A failure there counts for more than that the input came to its end.
    async fn drain(&mut self, mut end: End, progress: &mut Progress) -> End {
        while let Some(joined) = self.on_the_way.join_next().await {
            if let Err(failed) = self.settle(joined, progress)
                && !matches!(end, End::Send { .. })
            {
                end = failed;
            }
        }
        progress.end();
        end
    }

    fn send(&mut self, batch: Batch) {
        let Some(queue) = self.idle.pop_front() else { return };
        self.ledger.sent(&batch.numbers);
        let client = self.client.clone();
        self.on_the_way.spawn(async move {
            let messages: Vec<_> = batch.lines.into_iter().map(message).collect();
            let result = match messages.as_slice() {
                // A message of the largest size has no room for what a batch adds.
                [one] => client.send(&queue, one).await.map(drop),
                many => client.send_batch(&queue, many).await.map(drop),
            };
            Sent { queue, numbers: batch.numbers, messages: messages.len(), result }
        });
    }

    fn settle(
        &mut self,
        joined: Result<Sent, tokio::task::JoinError>,
        progress: &mut Progress,
    ) -> Result<(), End> {
        let sent = match joined {
            Ok(sent) => sent,
            Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
        };
        match sent.result {
            Ok(()) => {
                self.ledger.acknowledged(&sent.numbers, sent.messages);
                progress.show(self.ledger.messages());
                self.idle.push_back(sent.queue);
                Ok(())
            }
            Err(source) => Err(End::Send { numbers: sent.numbers, source }),
        }
    }
}

fn message(line: Line) -> OutgoingMessage {
    OutgoingMessage { keys: line.key, ..OutgoingMessage::new(line.body) }
}
