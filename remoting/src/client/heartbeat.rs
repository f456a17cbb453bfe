//! Telling brokers that this client is alive in its groups.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::backoff::Backoff;
use super::{Client, Error, Inner};
use crate::code::{request, response};
use crate::command::Command;

/// How soon a heartbeat that failed is tried again.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

impl Client {
    /// One heartbeat to every broker that has to do with this client's groups; the first failure, once all were tried.
    pub(super) async fn heartbeat(&self) -> Result<(), Error> {
        let groups = self.inner.incoming.groups().all();
        if groups.is_empty() {
            return Ok(());
        }
        let mut addresses = BTreeSet::new();
        let mut outcome = Ok(());
        for (group, _) in &groups {
            // A group whose topics are gone does not cost the others their places.
            match self.group_brokers(group).await {
                Ok(found) => addresses.extend(found),
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        let body = heartbeat_body(self.id(), &groups);
        for address in addresses {
            let told = self.heartbeat_to(&address, body.clone()).await;
            outcome = outcome.and(told);
        }
        outcome
    }

    /// One heartbeat to the brokers of `group`; enough when one of them takes it, as the others are tried again by and by.
    pub(super) async fn announce(&self, group: &str) -> Result<(), Error> {
        let body = heartbeat_body(self.id(), &self.inner.incoming.groups().all());
        let mut outcome = Ok(());
        let mut told = false;
        for address in self.group_brokers(group).await? {
            match self.heartbeat_to(&address, body.clone()).await {
                Ok(()) => told = true,
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        if told { Ok(()) } else { outcome }
    }

    async fn heartbeat_to(&self, address: &Arc<str>, body: Vec<u8>) -> Result<(), Error> {
        let asked = Command::request(request::HEART_BEAT).with_body(body);
        let answer = self.inner.pool.call(address, asked, self.request_timeout()).await?;
        match answer.code {
            response::SUCCESS => Ok(()),
            _ => Err(Error::refused(address, request::HEART_BEAT, answer)),
        }
    }

    /// Heartbeats for as long as the client lives: regularly, and at once when a connection was made or lost.
    pub(super) fn keep_heartbeating(&self) {
        let inner = Arc::downgrade(&self.inner);
        let mut connections = self.inner.incoming.connections();
        let interval = self.inner.options.heartbeat_interval;
        let closed = self.inner.closed.clone();
        let beat = async move {
            let mut backoff = Backoff::new(FIRST_RETRY, LONGEST_RETRY);
            loop {
                connections.mark_unchanged();
                match heartbeat_of(&inner).await {
                    None => return,
                    Some(Ok(())) => {
                        backoff.reset();
                        // Whichever comes first; a sender that is gone means that the client is.
                        if let Ok(Err(_)) = tokio::time::timeout(interval, connections.changed()).await {
                            return;
                        }
                    }
                    Some(Err(error)) => {
                        if backoff.attempts() == 0 {
                            tracing::warn!(%error, "heartbeat failed");
                        }
                        tokio::time::sleep(backoff.next()).await;
                    }
                }
            }
        };
        let task = async move {
            closed.run_until_cancelled(beat).await;
        };
        self.inner.tasks.spawn_on(task, &self.inner.runtime);
    }
}

/// Holds the client only while it beats, so that a client nobody uses any more can go.
async fn heartbeat_of(inner: &Weak<Inner>) -> Option<Result<(), Error>> {
    let client = Client { inner: inner.upgrade()? };
    Some(client.heartbeat().await)
}

/// RocketMQ, `HeartbeatData`.
fn heartbeat_body(client_id: &str, groups: &[(String, Vec<String>)]) -> Vec<u8> {
    let version = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    // The version is compared as a signed 64-bit number.
    let version = i64::try_from(version).unwrap_or(i64::MAX);
    let consumers: Vec<Value> = groups
        .iter()
        .map(|(group, topics)| {
            let subscriptions: Vec<Value> = topics
                .iter()
                .map(|topic| {
                    json!({
                        "topic": topic,
                        "subString": "*",
                        "subVersion": version,
                        "classFilterMode": false,
                        "expressionType": "TAG",
                        "tagsSet": [],
                        "codeSet": [],
                    })
                })
                .collect();
            json!({
                "groupName": group,
                "consumeType": "CONSUME_ACTIVELY",
                "messageModel": "CLUSTERING",
                "consumeFromWhere": "CONSUME_FROM_LAST_OFFSET",
                "subscriptionDataSet": subscriptions,
                "unitMode": false,
            })
        })
        .collect();
    json!({ "clientID": client_id, "consumerDataSet": consumers, "producerDataSet": [] })
        .to_string()
        .into_bytes()
}
