//! Queue locks (RocketMQ remoting, `LOCK_BATCH_MQ` = 41, `UNLOCK_BATCH_MQ` = 42).
//!
//! As weak as a Java broker's, on purpose: a lease of 60 s in memory, gone after a restart, not freed by a closed
//! connection, given back by whoever says the holder's client id. No fence.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use remoting::command::Command;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Broker;
use crate::answer::{Answer, body, done, done_with};

/// How long a lock lasts that is not renewed (Java: `rocketmq.broker.rebalance.lockMaxLiveTime`).
const LEASE: Duration = Duration::from_secs(60);

/// A queue as clients name it. None of it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageQueue {
    topic: String,
    broker_name: String,
    queue_id: i32,
}

#[derive(Debug)]
struct Held {
    client: String,
    since: Instant,
}

/// Who holds which queue, by group.
#[derive(Debug, Default)]
pub(crate) struct QueueLocks {
    held: Mutex<HashMap<(String, MessageQueue), Held>>,
}

impl QueueLocks {
    /// Takes or renews a lock; whether the client has it now.
    fn lock(&self, group: &str, queue: &MessageQueue, client: &str, now: Instant) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let holder = held
            .entry((group.to_owned(), queue.clone()))
            .or_insert_with(|| Held { client: client.to_owned(), since: now });
        if holder.client != client && now.duration_since(holder.since) <= LEASE {
            return false;
        }
        *holder = Held { client: client.to_owned(), since: now };
        true
    }

    fn unlock(&self, group: &str, queue: &MessageQueue, client: &str) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (group.to_owned(), queue.clone());
        if held.get(&key).is_some_and(|holder| holder.client == client) {
            held.remove(&key);
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LockRequest {
    consumer_group: String,
    client_id: String,
    #[serde(default)]
    mq_set: Vec<MessageQueue>,
}

/// `LOCK_BATCH_MQ`: tells which of the queues the client holds now.
pub(crate) fn lock(broker: &Broker, request: &Command) -> Answer {
    let asked: LockRequest = body(request)?;
    let now = Instant::now();
    let locked: Vec<_> = asked
        .mq_set
        .into_iter()
        .filter(|queue| broker.locks.lock(&asked.consumer_group, queue, &asked.client_id, now))
        .collect();
    done_with(request, &json!({ "lockOKMQSet": locked }))
}

/// `UNLOCK_BATCH_MQ`: what the named client does not hold stays as it is.
pub(crate) fn unlock(broker: &Broker, request: &Command) -> Answer {
    let asked: LockRequest = body(request)?;
    for queue in &asked.mq_set {
        broker.locks.unlock(&asked.consumer_group, queue, &asked.client_id);
    }
    Ok(done(request))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> MessageQueue {
        MessageQueue { topic: "t".to_owned(), broker_name: "b".to_owned(), queue_id: 0 }
    }

    #[test]
    fn a_lock_is_its_holders_until_the_lease_ends() {
        let (locks, start) = (QueueLocks::default(), Instant::now());
        assert!(locks.lock("g", &queue(), "a", start));
        assert!(!locks.lock("g", &queue(), "b", start + LEASE));
        assert!(locks.lock("other group", &queue(), "b", start));
        assert!(locks.lock("g", &queue(), "a", start + LEASE), "renewed");
        assert!(!locks.lock("g", &queue(), "b", start + LEASE + LEASE));
        assert!(locks.lock("g", &queue(), "b", start + LEASE + LEASE + Duration::from_millis(1)));
    }

    #[test]
    fn only_the_holders_name_unlocks() {
        let (locks, now) = (QueueLocks::default(), Instant::now());
        assert!(locks.lock("g", &queue(), "a", now));
        locks.unlock("g", &queue(), "b");
        assert!(!locks.lock("g", &queue(), "b", now));
        locks.unlock("g", &queue(), "a");
        assert!(locks.lock("g", &queue(), "b", now));
    }
}
