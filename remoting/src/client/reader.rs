//! Speculative pulls of one queue.
//!
//! A broker answers at most 32 messages per pull, so one round trip per pull caps a queue at 32 messages per
//! round trip. Pulls by offset are stateless, which lets several run ahead of what has arrived; what is contiguous is kept
//! ([`window`]), and how many run ahead depends on how far behind the reader is ([`pace`]).

mod pace;
mod status;
mod window;

pub use status::{ReadError, ReaderStatus};

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;

use self::pace::Pace;
use self::status::Verdict;
use self::window::Window;
use super::backoff::Backoff;
use super::error::Malformation;
use super::{Client, Error, PullOptions, PullStatus, Pulled, Queue};
use crate::message::Message;

/// How soon a pull that failed is tried again.
const FIRST_RETRY: Duration = Duration::from_millis(50);
const LONGEST_RETRY: Duration = Duration::from_secs(1);
/// How often a broker that does not let pulls wait is asked.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How often a broker may say something strange about an offset before it is believed.
const STRANGE_ANSWERS: u32 = 5;

/// How a queue is read.
#[derive(Debug, Clone)]
pub struct ReaderOptions {
    /// At most so many pulls at once.
    pub depth: usize,
    /// At most so many bytes of bodies under way and waiting, but always one pull.
    pub budget_bytes: usize,
    /// At most so many messages are asked for at once; a broker gives as many as it likes.
    pub max_messages: i32,
    /// How long a pull waits at the broker where there is nothing to read.
    pub suspend: Duration,
    /// The consumer group the pulls are counted for, if not the client's own.
    pub group: Option<Arc<str>>,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self {
            depth: 16,
            budget_bytes: 8 * 1024 * 1024,
            max_messages: 1024,
            suspend: Duration::from_secs(15),
            group: None,
        }
    }
}

/// Some messages of a queue in offset order, without gaps the broker did not make.
#[derive(Debug, Clone)]
pub struct MessageRun {
    /// The messages; never none.
    pub messages: Vec<Message>,
    /// The offset after the last of them, where reading goes on.
    pub next: i64,
    /// Where the queue ended when the broker was last asked.
    pub max: i64,
}

/// The messages of one queue, in order.
///
/// It reconnects and tries again by itself; [`QueueReader::status`] tells how it is doing meanwhile.
pub struct QueueReader {
    client: Client,
    queue: Queue,
    options: ReaderOptions,
    window: Window,
    pace: Pace,
    pulls: FuturesUnordered<Pulling>,
    /// Pulls of an earlier life carry an earlier number.
    life: u64,
    /// Where the queue ended when the broker was last asked.
    max: Option<i64>,
    resume_at: Option<Instant>,
    backoff: Backoff,
    strange: u32,
    status: watch::Sender<ReaderStatus>,
}

type Pulling = Pin<Box<dyn Future<Output = Answered> + Send>>;

struct Answered {
    life: u64,
    offset: i64,
    asked: i32,
    /// It was to wait for messages, and came back long before its time.
    hurried: bool,
    outcome: Result<Pulled, Error>,
}

impl Client {
    /// Reads `queue` from the offset `from` on. Nothing is asked for before [`QueueReader::next`].
    pub fn reader(&self, queue: Queue, from: i64, options: ReaderOptions) -> QueueReader {
        QueueReader {
            client: self.clone(),
            queue,
            window: Window::new(from),
            pace: Pace::new(options.max_messages, options.depth, options.budget_bytes),
            options,
            pulls: FuturesUnordered::new(),
            life: 0,
            max: None,
            resume_at: None,
            backoff: Backoff::new(FIRST_RETRY, LONGEST_RETRY),
            strange: 0,
            status: watch::channel(ReaderStatus::Starting).0,
        }
    }
}

impl QueueReader {
    /// The next run of contiguous messages, at most `limit` bytes of bodies but always one message.
    ///
    /// Waits until the queue has something, however long. Cancel-safe.
    ///
    /// # Errors
    /// [`ReadError::Trimmed`] when the broker no longer has the next offset, with the first it still has;
    /// [`ReadError::Beyond`] when the queue ends before it. [`QueueReader::seek`] says where to go on.
    pub async fn next(&mut self, limit: usize) -> Result<MessageRun, ReadError> {
        loop {
            self.ask();
            // Asking is done by polling, so this also puts new pulls on their way.
            while let Some(Some(answered)) = self.pulls.next().now_or_never() {
                self.heed(answered)?;
                self.ask();
            }
            let messages = self.window.take(limit);
            if !messages.is_empty() {
                let next = self.window.next();
                return Ok(MessageRun { messages, next, max: self.max.unwrap_or(next).max(next) });
            }
            if self.pulls.is_empty() && self.resume_at.is_none() {
                continue;
            }
            let resume_at = self.resume_at;
            let pause = async {
                match resume_at {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(answered) = self.pulls.next() => self.heed(answered)?,
                () = pause => self.resume_at = None,
            }
        }
    }

    /// The queue.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The offset of the message that comes next.
    pub fn offset(&self) -> i64 {
        self.window.next()
    }

    /// Where the queue ended when the broker was last asked.
    pub fn max_offset(&self) -> Option<i64> {
        self.max
    }

    /// How it is doing; changes with every change.
    pub fn status(&self) -> watch::Receiver<ReaderStatus> {
        self.status.subscribe()
    }

    /// Goes on at `offset`, forgetting what was read ahead.
    pub fn seek(&mut self, offset: i64) {
        self.life += 1;
        self.pulls.clear();
        self.window = Window::new(offset);
        self.max = None;
        self.resume_at = None;
        self.strange = 0;
    }

    /// Asks for what the window lacks, as far as depth and budget go.
    fn ask(&mut self) {
        while self.resume_at.is_none() && self.pulls.len() < self.pace.depth() {
            let Some((offset, count)) = self.window.lacks(self.pace.count(), self.max) else { return };
            // What comes next is asked for whatever waits behind it: nothing else would make room.
            if offset != self.window.next() && !self.has_room() {
                return;
            }
            let caught_up = self.max.is_none_or(|max| offset >= max);
            let alone = self.pulls.is_empty();
            self.window.asked(offset, count);
            self.pace.asked(count);
            let suspend = (caught_up && alone).then_some(self.options.suspend);
            let options = PullOptions {
                offset,
                max_messages: count,
                max_bytes: i32::try_from(self.options.budget_bytes.clamp(64 * 1024, 8 * 1024 * 1024)).ok(),
                suspend,
                group: self.options.group.clone(),
            };
            let (client, queue, life) = (self.client.clone(), self.queue.clone(), self.life);
            self.pulls.push(Box::pin(async move {
                let began = Instant::now();
                let outcome = client.pull(&queue, &options).await;
                let hurried = suspend.is_some_and(|suspend| began.elapsed() < suspend / 2);
                Answered { life, offset, asked: count, hurried, outcome }
            }));
        }
    }

    /// Whether one more pull is likely to stay within the budget.
    fn has_room(&self) -> bool {
        let pulls = (self.pulls.len() + 1).saturating_mul(self.pace.pull_bytes());
        self.window.waiting_bytes() + pulls <= self.options.budget_bytes
    }

    fn heed(&mut self, answered: Answered) -> Result<(), ReadError> {
        let Answered { life, offset, asked, hurried, outcome } = answered;
        if life != self.life {
            return Ok(());
        }
        match outcome {
            Ok(pulled) => {
                self.max = Some(pulled.max);
                match pulled.status {
                    PullStatus::Found if pulled.messages.last().is_some_and(|last| last.offset >= offset) => {
                        self.found(offset, asked, pulled);
                        Ok(())
                    }
                    _ => self.nothing(offset, hurried, &pulled),
                }
            }
            Err(error) => self.failed(offset, error),
        }
    }

    fn found(&mut self, offset: i64, asked: i32, pulled: Pulled) {
        let last = pulled.messages.last().map_or(offset, |message| message.offset);
        let behind = last + 1 < pulled.max;
        self.pace.found(asked, &pulled.messages, behind);
        self.window.arrived(offset, pulled.messages);
        self.strange = 0;
        self.backoff.reset();
        self.is_now(if behind { ReaderStatus::Reading } else { ReaderStatus::CaughtUp });
    }

    /// An answer without messages. One to a pull that ran ahead only says that there was nothing yet.
    fn nothing(&mut self, offset: i64, hurried: bool, pulled: &Pulled) -> Result<(), ReadError> {
        self.window.forget(offset);
        if offset != self.window.next() {
            return Ok(());
        }
        self.pace.caught_up();
        match Verdict::of(offset, pulled) {
            Verdict::CaughtUp => {
                self.strange = 0;
                self.backoff.reset();
                self.is_now(ReaderStatus::CaughtUp);
                if hurried {
                    // This broker does not let pulls wait.
                    self.resume_at = Some(Instant::now() + POLL_INTERVAL);
                }
                Ok(())
            }
            // A broker that has just started, or is just deleting files, may say so only for a moment.
            verdict if self.strange < verdict.patience() => {
                self.strange += 1;
                tracing::debug!(queue = %self.queue, offset, ?pulled.status, pulled.next, pulled.min, pulled.max,
                    "asking again");
                self.pause();
                Ok(())
            }
            verdict => {
                self.strange = 0;
                Err(verdict.into_error(&self.queue, offset, pulled))
            }
        }
    }

    fn failed(&mut self, offset: i64, error: Error) -> Result<(), ReadError> {
        self.window.forget(offset);
        match error {
            Error::Closed => return Err(ReadError::Closed),
            Error::Malformed { problem: Malformation::Messages(source), .. }
                if self.strange >= STRANGE_ANSWERS && offset == self.window.next() =>
            {
                self.strange = 0;
                return Err(ReadError::Torn { queue: self.queue.clone(), offset, source });
            }
            Error::Malformed { .. } => self.strange += 1,
            // One pull may be slow; of several on a connection that works, one was lost.
            Error::Timeout { .. } if !self.pulls.is_empty() && self.resume_at.is_none() => {
                self.pace.overran();
            }
            _ => {}
        }
        // Pulls in flight together fail together: that is one failure.
        if self.resume_at.is_none() {
            self.pause();
            let attempts = self.backoff.attempts();
            if attempts == 1 {
                tracing::warn!(queue = %self.queue, offset, %error, "pull failed, trying again");
            }
            self.pace.caught_up();
            self.status.send_replace(ReaderStatus::Retrying { attempts, error });
        }
        Ok(())
    }

    fn pause(&mut self) {
        self.resume_at = Some(Instant::now() + self.backoff.next());
    }

    fn is_now(&self, status: ReaderStatus) {
        self.status.send_if_modified(|current| {
            let changed = !current.is_same(&status);
            if changed {
                *current = status;
            }
            changed
        });
    }
}

impl fmt::Debug for QueueReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueueReader")
            .field("queue", &self.queue)
            .field("next", &self.window.next())
            .field("max", &self.max)
            .field("pulls", &self.pulls.len())
            .finish_non_exhaustive()
    }
}
