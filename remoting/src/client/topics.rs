//! Creating and deleting topics.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::broker::{Access, masters_of};
use super::json::from_java;
use super::offsets::VERSION_5;
use super::{Client, Error, Queue, Route};
use crate::code::{request, response};
use crate::command::Command;

/// A topic whose configuration brokers copy for new ones.
pub(super) const DEFAULT_TOPIC: &str = "TBW102";
/// How long a new topic may take to reach the name servers, and how often they are asked.
const REGISTRATION: Duration = Duration::from_secs(10);
const REGISTRATION_POLL: Duration = Duration::from_millis(10);

/// A topic as it should be on every broker.
#[derive(Debug, Clone)]
pub struct TopicSpec {
    /// Its name: letters, digits, `_`, `-`, `%`, `|`, at most 127.
    pub name: String,
    /// Queues to read on each broker.
    pub read_queues: i32,
    /// Queues to write on each broker.
    pub write_queues: i32,
    /// What may be done with it.
    pub permission: TopicPermission,
    /// Attributes such as `cleanup.policy`, given when the topic is created.
    pub attributes: Vec<(String, String)>,
}

/// What a broker says about a topic, as far as it is needed (RocketMQ, `TopicConfig`).
#[derive(Deserialize)]
struct WireTopic {
    #[serde(default)]
    attributes: Option<BTreeMap<String, String>>,
}

/// What may be done with a topic (RocketMQ, `PermName`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TopicPermission {
    /// Messages can be sent and read.
    #[default]
    ReadWrite,
    /// Messages can only be read.
    Read,
    /// Messages can only be sent.
    Write,
}

impl TopicSpec {
    /// A topic for reading and writing with `queues` queues on each broker.
    pub fn new(name: impl Into<String>, queues: i32) -> Self {
        Self {
            name: name.into(),
            read_queues: queues,
            write_queues: queues,
            permission: TopicPermission::ReadWrite,
            attributes: Vec::new(),
        }
    }

    fn request(&self) -> Command {
        let command = Command::request(request::UPDATE_AND_CREATE_TOPIC)
            .field("topic", &self.name)
            .field("defaultTopic", DEFAULT_TOPIC)
            .field("readQueueNums", self.read_queues)
            .field("writeQueueNums", self.write_queues)
            .field("perm", self.permission.bits())
            .field("topicFilterType", "SINGLE_TAG")
            .field("topicSysFlag", 0)
            .field("order", false);
        if self.attributes.is_empty() {
            return command;
        }
        let attributes: Vec<_> =
            self.attributes.iter().map(|(name, value)| format!("+{name}={value}")).collect();
        command.field("attributes", attributes.join(","))
    }
}

impl TopicPermission {
    fn bits(self) -> i32 {
        match self {
            Self::ReadWrite => 6,
            Self::Read => 4,
            Self::Write => 2,
        }
    }
}

impl fmt::Display for TopicPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadWrite => "read and write",
            Self::Read => "read only",
            Self::Write => "write only",
        })
    }
}

impl Client {
    /// Creates a topic on every broker, or changes it, and waits until it can be found.
    ///
    /// # Errors
    /// [`Error::Refused`] for a name, number or attribute that brokers do not allow, or behind a proxy, which creates no topics;
    /// [`Error::TopicMissing`] when it does not become known.
    pub async fn create_topic(&self, spec: &TopicSpec) -> Result<(), Error> {
        self.create_at(&self.masters().await?, spec).await?;
        self.wait_known(spec, |_| true).await
    }

    /// Creates a topic on one broker, unless that has it, and waits until it can be found there.
    ///
    /// # Errors
    /// As for [`create_topic`](Self::create_topic); [`Error::NoBroker`] when the name servers know no master of that name.
    pub async fn ensure_topic_on(&self, spec: &TopicSpec, broker: &str) -> Result<(), Error> {
        match self.fetch_route(&spec.name).await {
            Ok(route) if route.is_on(broker) => return Ok(()),
            Ok(_) | Err(Error::TopicMissing { .. }) => {}
            Err(error) => return Err(error),
        }
        let named: Vec<_> =
            self.brokers().await?.into_iter().filter(|known| &*known.name == broker).collect();
        self.create_at(&masters_of(&named, || format!("broker {broker}"))?, spec).await?;
        self.wait_known(spec, |route| route.is_on(broker)).await
    }

    async fn create_at(&self, masters: &[Arc<str>], spec: &TopicSpec) -> Result<(), Error> {
        for address in masters {
            let answer = self.inner.pool.call(address, spec.request(), self.request_timeout()).await?;
            if answer.code != response::SUCCESS {
                return Err(Error::refused(address, request::UPDATE_AND_CREATE_TOPIC, answer));
            }
        }
        Ok(())
    }

    /// Waits until name servers know of the topic what brokers have been told.
    async fn wait_known(&self, spec: &TopicSpec, is_known: impl Fn(&Route) -> bool) -> Result<(), Error> {
        let deadline = Instant::now() + REGISTRATION;
        loop {
            match self.fetch_route(&spec.name).await {
                Ok(route) if is_known(&route) => return Ok(()),
                Ok(_) | Err(Error::TopicMissing { .. }) if Instant::now() < deadline => {
                    tokio::time::sleep(REGISTRATION_POLL).await;
                }
                Ok(_) => return Err(Error::TopicMissing { topic: spec.name.as_str().into() }),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether offsets may be missing between a queue's messages although none was lost: its topic keeps only the newest
    /// message of each key (`cleanup.policy`), or that cannot be found out, as behind a proxy.
    ///
    /// # Errors
    /// [`Error::TopicMissing`], [`Error::QueueMissing`].
    pub async fn may_have_gaps(&self, queue: &Queue) -> Result<bool, Error> {
        let code = request::GET_TOPIC_CONFIG;
        let asked = Command::request(code).field("topic", &queue.topic);
        let (address, answer) = self.call_queue(queue, Access::Read, asked, self.request_timeout()).await?;
        match answer.code {
            response::SUCCESS => {
                let topic: WireTopic =
                    from_java(&answer.body).map_err(|problem| Error::malformed(&address, code, problem))?;
                let policy = topic.attributes.unwrap_or_default().remove("cleanup.policy");
                Ok(policy.is_some_and(|policy| policy.eq_ignore_ascii_case("COMPACTION")))
            }
            // Brokers had no such topics before version 5.
            response::REQUEST_CODE_NOT_SUPPORTED => Ok(answer.version >= VERSION_5),
            _ => Err(Error::refused(&address, code, answer)),
        }
    }

    /// Deletes a topic from all brokers and all name servers; those forget nothing by themselves.
    ///
    /// All are told, even when one fails; a topic that is not there is no error.
    ///
    /// # Errors
    /// The first failure.
    pub async fn delete_topic(&self, topic: &str) -> Result<(), Error> {
        let mut outcome = Ok(());
        let on_broker = Command::request(request::DELETE_TOPIC_IN_BROKER).field("topic", topic);
        for address in self.masters().await? {
            let answer = self.inner.pool.call(&address, on_broker.clone(), self.request_timeout()).await;
            let deleted = answer.and_then(|answer| match answer.code {
                response::SUCCESS | response::TOPIC_NOT_EXIST => Ok(()),
                _ => Err(Error::refused(&address, request::DELETE_TOPIC_IN_BROKER, answer)),
            });
            outcome = outcome.and(deleted);
        }
        let on_name_server = Command::request(request::DELETE_TOPIC_IN_NAMESRV).field("topic", topic);
        for (address, answer) in self.inner.name_servers.call_all(&self.inner.pool, &on_name_server).await {
            let deleted = answer.and_then(|answer| match answer.code {
                response::SUCCESS | response::TOPIC_NOT_EXIST => Ok(()),
                _ => Err(Error::refused(&address, request::DELETE_TOPIC_IN_NAMESRV, answer)),
            });
            outcome = outcome.and(deleted);
        }
        self.inner.routes.remove(topic);
        outcome
    }
}
