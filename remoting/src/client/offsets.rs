//! Where queues begin and end, and what groups have committed.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::broker::Access;
use super::{Client, Error, PullOptions, Queue, json::from_java};
use crate::code::{request, response};
use crate::command::Command;

/// The ordinal of `V5_0_0` in RocketMQ's `MQVersion`.
pub(super) const VERSION_5: i32 = 413;

/// RocketMQ, `ConsumerOffsetSerializeWrapper`: offsets by queue id by `topic@group`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOffsets {
    offset_table: Option<HashMap<String, HashMap<String, i64>>>,
}

impl Client {
    /// The first offset the queue still has.
    ///
    /// # Errors
    /// [`Error::TopicMissing`] and [`Error::QueueMissing`]; a broker would say 0.
    pub async fn min_offset(&self, queue: &Queue) -> Result<i64, Error> {
        self.offset(queue, queue_request(request::GET_MIN_OFFSET, queue)).await
    }

    /// The offset after the queue's last message.
    ///
    /// # Errors
    /// [`Error::TopicMissing`] and [`Error::QueueMissing`]; a broker would say 0.
    pub async fn max_offset(&self, queue: &Queue) -> Result<i64, Error> {
        self.offset(queue, queue_request(request::GET_MAX_OFFSET, queue)).await
    }

    /// The offset of the first message stored at `timestamp` (milliseconds since 1970) or later.
    ///
    /// # Errors
    /// [`Error::TopicMissing`] and [`Error::QueueMissing`].
    pub async fn offset_at(&self, queue: &Queue, timestamp: i64) -> Result<i64, Error> {
        let asked = queue_request(request::SEARCH_OFFSET_BY_TIMESTAMP, queue).field("timestamp", timestamp);
        self.offset(queue, asked).await
    }

    async fn offset(&self, queue: &Queue, asked: Command) -> Result<i64, Error> {
        let code = asked.code;
        let (address, answer) = self.call_queue(queue, Access::Read, asked, self.request_timeout()).await?;
        match answer.code {
            response::SUCCESS => {
                let offset = answer.fields.get_i64("offset");
                offset.map_err(|problem| Error::malformed(&address, code, problem))
            }
            _ => Err(Error::refused(&address, code, answer)),
        }
    }

    /// The offset `group` has committed for `queue`, none when it never has.
    ///
    /// # Errors
    /// [`Error::TopicMissing`] and [`Error::QueueMissing`].
    pub async fn query_offset(&self, group: &str, queue: &Queue) -> Result<Option<i64>, Error> {
        let code = request::QUERY_CONSUMER_OFFSET;
        let asked =
            queue_request(code, queue).field("consumerGroup", group).field("setZeroIfNotFound", false);
        let (address, answer) = self.call_queue(queue, Access::Read, asked, self.request_timeout()).await?;
        match answer.code {
            response::SUCCESS => {
                let offset = answer.fields.get_i64("offset");
                let offset = offset.map_err(|problem| Error::malformed(&address, code, problem))?;
                // Brokers before version 5 say 0 for "never" as long as the queue begins at 0.
                if offset == 0 && answer.version < VERSION_5 {
                    return self.committed_zero(&address, group, queue).await;
                }
                Ok(Some(offset))
            }
            response::QUERY_NOT_FOUND => Ok(None),
            _ => Err(Error::refused(&address, code, answer)),
        }
    }

    /// Whether a 0 stands in the broker's table of all committed offsets.
    async fn committed_zero(
        &self,
        address: &Arc<str>,
        group: &str,
        queue: &Queue,
    ) -> Result<Option<i64>, Error> {
        let code = request::GET_ALL_CONSUMER_OFFSET;
        let answer = self.inner.pool.call(address, Command::request(code), self.request_timeout()).await?;
        if answer.code != response::SUCCESS {
            return Err(Error::refused(address, code, answer));
        }
        let offsets: WireOffsets =
            from_java(&answer.body).map_err(|problem| Error::malformed(address, code, problem))?;
        let table = offsets.offset_table.unwrap_or_default();
        let committed = table.get(&format!("{}@{group}", queue.topic));
        Ok(committed.and_then(|queues| queues.get(&queue.id.to_string()).copied()))
    }

    /// Commits `offset`, the next one to be read, for `group`. Creates the group where the broker asks for it.
    ///
    /// A broker writes what was committed to disk every five seconds; when it is killed, it comes back with less.
    ///
    /// # Errors
    /// [`Error::InvalidOffset`] below 0, [`Error::TopicMissing`], [`Error::QueueMissing`].
    pub async fn update_offset(&self, group: &str, queue: &Queue, offset: i64) -> Result<(), Error> {
        if offset < 0 {
            return Err(Error::InvalidOffset { queue: queue.clone(), offset });
        }
        match self.try_update_offset(group, queue, offset).await {
            Err(Error::GroupMissing { group, address }) => {
                self.make_group(&address, &group, queue).await?;
                self.try_update_offset(&group, queue, offset).await
            }
            other => other,
        }
    }

    /// A proxy creates no groups on request, but a pull through it does.
    async fn make_group(&self, address: &Arc<str>, group: &str, queue: &Queue) -> Result<(), Error> {
        match self.ensure_group_on(address, group).await {
            Err(Error::Refused { code: response::REQUEST_CODE_NOT_SUPPORTED, .. }) => {
                let group = Some(group.into());
                let glance = PullOptions { max_messages: 1, group, ..PullOptions::at(0) };
                self.pull(queue, &glance).await.map(drop)
            }
            other => other,
        }
    }

    async fn try_update_offset(&self, group: &str, queue: &Queue, offset: i64) -> Result<(), Error> {
        let code = request::UPDATE_CONSUMER_OFFSET;
        let asked = queue_request(code, queue).field("consumerGroup", group).field("commitOffset", offset);
        let (address, answer) = self.call_queue(queue, Access::Write, asked, self.request_timeout()).await?;
        match answer.code {
            response::SUCCESS => Ok(()),
            response::SUBSCRIPTION_GROUP_NOT_EXIST => {
                Err(Error::GroupMissing { group: group.to_owned(), address })
            }
            _ => Err(Error::refused(&address, code, answer)),
        }
    }
}

fn queue_request(code: i32, queue: &Queue) -> Command {
    Command::request(code).field("topic", &queue.topic).field("queueId", queue.id)
}
