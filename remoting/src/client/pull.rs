//! Pulling messages of a queue from an offset on.

use std::sync::Arc;
use std::time::Duration;

use super::broker::Access;
use super::{Client, Error, Queue};
use crate::code::{request, response};
use crate::command::{Command, FieldError};
use crate::message::{DecodeOptions, Message, decode_all};

/// Bits of a pull's `sysFlag` (RocketMQ, `PullSysFlag`): it may wait; it brings its own subscription, so no membership is needed.
const SUSPEND: i32 = 1 << 1;
const SUBSCRIPTION: i32 = 1 << 2;
/// A broker looks only every five seconds whether a pull has waited long enough.
const SUSPEND_SLACK: Duration = Duration::from_secs(5);

/// What to pull.
#[derive(Debug, Clone)]
pub struct PullOptions {
    /// From which offset on.
    pub offset: i64,
    /// At most so many messages. A broker gives fewer: 32 from memory and 8 from disk unless it is configured otherwise.
    pub max_messages: i32,
    /// At most so many bytes, one message at least. Brokers before version 5 do not look at it.
    pub max_bytes: Option<i32>,
    /// How long to wait for a message where there is none; up to five seconds more.
    pub suspend: Option<Duration>,
    /// The consumer group to count the pull for, if not the client's own.
    pub group: Option<Arc<str>>,
}

impl Default for PullOptions {
    fn default() -> Self {
        Self { offset: 0, max_messages: 1024, max_bytes: None, suspend: None, group: None }
    }
}

impl PullOptions {
    /// Whatever the broker gives from `offset` on, without waiting.
    pub fn at(offset: i64) -> Self {
        Self { offset, ..Self::default() }
    }
}

/// What came of a pull.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullStatus {
    /// There are messages (code 0).
    Found,
    /// Nothing at this offset yet (code 19).
    NoNew,
    /// Nothing here for this reader, or the file is just being removed (code 20).
    NoMatched,
    /// The offset is not within the queue (code 21).
    Illegal,
}

/// The answer to a pull.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// What came of it.
    pub status: PullStatus,
    /// The messages, in order; may begin before the offset where it lies within a batch stored as one.
    pub messages: Vec<Message>,
    /// Where the broker would go on. Not to be followed without looking at [`Pulled::min`] and [`Pulled::max`]:
    /// after a topic was deleted and created again it can point far beyond the end.
    pub next: i64,
    /// The first offset the queue still has.
    pub min: i64,
    /// The offset after the last message.
    pub max: i64,
}

impl Client {
    /// Pulls messages. Creates the consumer group where the broker asks for it.
    ///
    /// # Errors
    /// [`Error::TopicMissing`], [`Error::QueueMissing`], [`Error::GroupMissing`] when the group cannot be created either;
    /// [`Error::Malformed`] when the messages are torn.
    pub async fn pull(&self, queue: &Queue, options: &PullOptions) -> Result<Pulled, Error> {
        match self.try_pull(queue, options).await {
            Err(Error::GroupMissing { group, address }) => {
                self.ensure_group_on(&address, &group).await?;
                self.try_pull(queue, options).await
            }
            other => other,
        }
    }

    async fn try_pull(&self, queue: &Queue, options: &PullOptions) -> Result<Pulled, Error> {
        let group = options.group.as_deref().unwrap_or(&self.inner.options.consumer_group);
        let asked = pull_request(queue, options, group);
        let timeout = patience(options.suspend, self.request_timeout());
        let (address, answer) = self.call_queue(queue, Access::Read, asked, timeout).await?;
        let status = match answer.code {
            response::SUCCESS => PullStatus::Found,
            response::PULL_NOT_FOUND => PullStatus::NoNew,
            response::PULL_RETRY_IMMEDIATELY => PullStatus::NoMatched,
            response::PULL_OFFSET_MOVED => PullStatus::Illegal,
            response::SUBSCRIPTION_GROUP_NOT_EXIST => {
                return Err(Error::GroupMissing { group: group.to_owned(), address });
            }
            _ => return Err(Error::refused(&address, request::PULL_MESSAGE, answer)),
        };
        let (next, min, max, delta) = positions(&answer)
            .map_err(|problem| Error::malformed(&address, request::PULL_MESSAGE, problem))?;
        let messages = match status {
            PullStatus::Found => decode(queue, &answer, delta)
                .map_err(|problem| Error::malformed(&address, request::PULL_MESSAGE, problem))?,
            _ => Vec::new(),
        };
        Ok(Pulled { status, messages, next, min, max })
    }
}

/// How long the answer to a pull may take.
fn patience(suspend: Option<Duration>, request_timeout: Duration) -> Duration {
    suspend.map_or(Duration::ZERO, |suspend| suspend + SUSPEND_SLACK) + request_timeout
}

/// RocketMQ remoting, `PullMessageRequestHeader`.
fn pull_request(queue: &Queue, options: &PullOptions, group: &str) -> Command {
    let flags = SUBSCRIPTION | if options.suspend.is_some() { SUSPEND } else { 0 };
    let command = Command::request(request::PULL_MESSAGE)
        .field("consumerGroup", group)
        .field("topic", &queue.topic)
        .field("queueId", queue.id)
        .field("queueOffset", options.offset)
        .field("maxMsgNums", options.max_messages)
        .field("sysFlag", flags)
        .field("commitOffset", 0)
        .field("suspendTimeoutMillis", options.suspend.unwrap_or_default().as_millis())
        .field("subscription", "*")
        .field("subVersion", 0)
        .field("expressionType", "TAG");
    match options.max_bytes {
        Some(bytes) => command.field("maxMsgBytes", bytes),
        None => command,
    }
}

/// Next, min, max, and what a topic spread over brokers adds to each offset.
fn positions(answer: &Command) -> Result<(i64, i64, i64, i64), FieldError> {
    let fields = &answer.fields;
    Ok((
        fields.get_i64("nextBeginOffset")?,
        fields.get_i64("minOffset")?,
        fields.get_i64("maxOffset")?,
        fields.find_i64("offsetDelta")?.unwrap_or(0),
    ))
}

fn decode(queue: &Queue, answer: &Command, delta: i64) -> Result<Vec<Message>, crate::message::DecodeError> {
    let options = DecodeOptions { topic: Some(Arc::clone(&queue.topic)), ..DecodeOptions::default() };
    let mut messages = decode_all(&answer.body, &options)?;
    if delta != 0 {
        for message in &mut messages {
            message.offset += delta;
        }
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_that_waits_gets_five_seconds_and_the_usual_time_on_top() {
        let seconds = Duration::from_secs;
        assert_eq!(patience(Some(seconds(15)), seconds(3)), seconds(23));
        assert_eq!(patience(None, seconds(3)), seconds(3));
    }
}
