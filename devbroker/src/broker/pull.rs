//! Pulling messages (RocketMQ remoting, `PULL_MESSAGE` = 11, `LITE_PULL_MESSAGE` = 361).
//!
//! A pull at the end of its queue may wait there until a message comes. Waiting pulls hold up nothing else on their connection.

use std::{sync::Arc, time::Duration};

use remoting::{code::response, command::Command};
use tokio::time::{Instant, timeout_at};

use super::Broker;
use crate::{
    answer::Refusal,
    connection::{Connection, Reply},
    store::{Change, Queue, ReadLimits, TagFilter, Topic},
};

/// Bits of a pull's `sysFlag` (RocketMQ `PullSysFlag`).
const COMMIT_OFFSET: i32 = 1;
const SUSPEND: i32 = 1 << 1;
const SUBSCRIPTION: i32 = 1 << 2;

/// Longest a pull may wait, whatever it asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Answers a pull, at once or when a message comes.
pub(crate) async fn pull(broker: &Arc<Broker>, connection: &Connection, request: Command, reply: Reply) {
    let pull = match Pull::accept(broker, &request).await {
        Ok(pull) => pull,
        Err(refusal) => return reply.send(refusal.response_to(&request)),
    };
    let answer = pull.look(broker, pull.offset);
    match pull.wait {
        Some(wait) if matches!(&answer, Ok(seen) if seen.code == response::PULL_NOT_FOUND) => {
            let (broker, waiting) = (Arc::clone(broker), connection.clone());
            connection.spawn(async move {
                tokio::select! {
                    () = waiting.closed() => {}
                    answer = pull.wait(&broker, wait) => respond(&waiting, &request, answer, reply).await,
                }
            });
        }
        _ => respond(connection, &request, answer, reply).await,
    }
}

async fn respond(connection: &Connection, request: &Command, answer: Result<Seen, Refusal>, reply: Reply) {
    match answer {
        Ok(seen) => {
            let room = connection.reserve(seen.messages.len()).await;
            reply.send_reserved(seen.response_to(request), room);
        }
        Err(refusal) => reply.send(refusal.response_to(request)),
    }
}

/// An accepted pull.
struct Pull {
    topic: Arc<Topic>,
    queue: Arc<Queue>,
    offset: i64,
    limits: ReadLimits,
    filter: TagFilter,
    group_sys_flag: i64,
    wait: Option<Duration>,
}

impl Pull {
    /// Reads the header, creates an unknown group, commits the offset that may come along.
    async fn accept(broker: &Arc<Broker>, request: &Command) -> Result<Self, Refusal> {
        let fields = &request.fields;
        let group_name = fields.require("consumerGroup")?;
        let topic_name = fields.require("topic")?;
        let queue = fields.get_i32("queueId")?;
        let offset = fields.get_i64("queueOffset")?;
        let asked = fields.get_i32("maxMsgNums")?;
        let sys_flag = fields.get_i32("sysFlag")?;
        let commit = fields.get_i64("commitOffset")?;
        let wait = fields.get_i64("suspendTimeoutMillis")?;
        let version = fields.get_i64("subVersion")?;

        let group = super::group::find_or_create(broker, group_name).await?;
        if !group.consume_enable {
            return Err(Refusal::new(
                response::NO_PERMISSION,
                format!("subscription group no permission, {group_name}"),
            ));
        }
        let topic = broker.store.topic(topic_name).ok_or_else(|| Refusal::unknown_topic(topic_name))?;
        if !topic.config.readable() {
            return Err(Refusal::new(
                response::NO_PERMISSION,
                format!("the topic[{topic_name}] pulling message is forbidden"),
            ));
        }
        let Some(queue) = u32::try_from(queue).ok().filter(|queue| *queue < topic.config.read_queue_nums)
        else {
            return Err(Refusal::new(
                response::INVALID_PARAMETER,
                format!(
                    "queueId[{queue}] is illegal, topic:[{topic_name}] topicConfig.readQueueNums:[{}]",
                    topic.config.read_queue_nums
                ),
            ));
        };
        let filter = if sys_flag & SUBSCRIPTION != 0 {
            filter(fields.get("subscription"), fields.get("expressionType"))?
        } else {
            let (expression, kind) = broker.members.subscription(group_name, topic_name, version)?;
            filter(Some(&expression), Some(&kind))?
        };
        if sys_flag & COMMIT_OFFSET != 0 {
            let (group, topic) = (group_name.to_owned(), topic_name.to_owned());
            broker.store.change(Change::Offset { group, topic, queue, offset: commit }).await?;
        }
        Ok(Self {
            queue: topic.queue(queue),
            topic,
            offset,
            limits: broker.settings.pull_limits(asked, fields.find_i32("maxMsgBytes")?),
            filter,
            group_sys_flag: group.sys_flag(),
            wait: (sys_flag & SUSPEND != 0).then(|| wait_of(wait)),
        })
    }

    /// What the queue has at `offset` now.
    fn look(&self, broker: &Broker, offset: i64) -> Result<Seen, Refusal> {
        if self.topic.is_deleted() {
            return Err(Refusal::unknown_topic(&self.topic.config.topic_name));
        }
        let bounds = self.queue.bounds();
        let seen = |code, remark, next_offset| Seen {
            code,
            remark,
            next_offset,
            min: bounds.min,
            max: bounds.max,
            topic_sys_flag: self.topic.config.topic_sys_flag,
            group_sys_flag: self.group_sys_flag,
            messages: bytes::Bytes::new(),
        };
        let offset = match u64::try_from(offset) {
            Ok(0) if bounds.max == 0 => return Ok(seen(response::PULL_NOT_FOUND, "NO_MESSAGE_IN_QUEUE", 0)),
            _ if bounds.max == 0 => return Ok(seen(response::PULL_OFFSET_MOVED, "NO_MESSAGE_IN_QUEUE", 0)),
            Ok(offset) if offset >= bounds.min => offset,
            _ => return Ok(seen(response::PULL_OFFSET_MOVED, "OFFSET_TOO_SMALL", bounds.min)),
        };
        if offset == bounds.max {
            return Ok(seen(response::PULL_NOT_FOUND, "OFFSET_OVERFLOW_ONE", offset));
        }
        if offset > bounds.max {
            return Ok(seen(response::PULL_OFFSET_MOVED, "OFFSET_OVERFLOW_BADLY", bounds.max));
        }
        let read = broker.store.read(&self.queue, offset, self.limits, &self.filter)?;
        if read.count > 0 {
            return Ok(Seen {
                messages: read.messages,
                ..seen(response::SUCCESS, "FOUND", read.next_offset)
            });
        }
        if read.next_offset > offset {
            return Ok(seen(response::PULL_NOT_FOUND, "", read.next_offset).nothing_matched());
        }
        // The head of the queue went while it was read.
        let next = self.queue.bounds().min.max(offset);
        Ok(seen(response::PULL_RETRY_IMMEDIATELY, "MESSAGE_WAS_REMOVING", next))
    }

    /// As [`Pull::look`], once there is something else to say than "nothing yet", or the wait is over.
    async fn wait(&self, broker: &Broker, wait: Duration) -> Result<Seen, Refusal> {
        let until = Instant::now() + wait;
        let mut bounds = self.queue.watch();
        let mut from = self.offset;
        loop {
            // Marked before looking, so that what moves behind the look ends the wait.
            bounds.mark_unchanged();
            let seen = self.look(broker, from)?;
            match seen.code {
                response::PULL_NOT_FOUND => {}
                // Messages came that the filter does not select: the wait goes on behind them.
                response::PULL_RETRY_IMMEDIATELY => {
                    from = i64::try_from(seen.next_offset).unwrap_or(i64::MAX);
                    continue;
                }
                _ => return Ok(seen),
            }
            if timeout_at(until, bounds.changed()).await.is_err() {
                let looked_at_some = from > self.offset;
                return Ok(if looked_at_some { seen.nothing_matched() } else { seen });
            }
        }
    }
}

fn wait_of(asked_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(asked_ms).unwrap_or(0)).min(LONGEST_WAIT)
}

/// The filter of a subscription; only tags are filtered by, as in a Java broker without `enablePropertyFilter`.
pub(super) fn filter(expression: Option<&str>, kind: Option<&str>) -> Result<TagFilter, Refusal> {
    match kind {
        None | Some("" | "TAG") => Ok(TagFilter::parse(expression.unwrap_or_default())),
        Some(other) => Err(Refusal::new(
            response::SYSTEM_ERROR,
            format!("The broker does not support consumer to filter message by {other}"),
        )),
    }
}

/// What a pull is told.
struct Seen {
    code: i32,
    remark: &'static str,
    next_offset: u64,
    min: u64,
    max: u64,
    topic_sys_flag: i32,
    group_sys_flag: i64,
    messages: bytes::Bytes,
}

impl Seen {
    fn nothing_matched(self) -> Self {
        Self { code: response::PULL_RETRY_IMMEDIATELY, remark: "NO_MATCHED_MESSAGE", ..self }
    }

    fn response_to(self, request: &Command) -> Command {
        Command::response_to(request, self.code)
            .with_remark(self.remark)
            .field("nextBeginOffset", self.next_offset)
            .field("minOffset", self.min)
            .field("maxOffset", self.max)
            .field("suggestWhichBrokerId", 0)
            .field("topicSysFlag", self.topic_sys_flag)
            .field("groupSysFlag", self.group_sys_flag)
            .with_body(self.messages)
    }
}
