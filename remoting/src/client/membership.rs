//! Being a member of consumer groups.
//!
//! A member is whoever heartbeats in a group; brokers tell the others when that changes. A member here reads nothing through the group.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::{Client, Error};
use crate::code::request;
use crate::command::Command;

/// A client's place in a consumer group. Dropping it leaves the group without waiting.
#[derive(Debug)]
pub struct Membership {
    client: Client,
    group: String,
    changes: watch::Receiver<u64>,
    left: bool,
}

impl Client {
    /// Joins a consumer group as a reader of `topics` and stays in it, heartbeating to their brokers (to all brokers if there are none).
    ///
    /// # Errors
    /// When no broker could be told; the client is not in the group then.
    pub async fn join<T: Into<String>>(
        &self,
        group: &str,
        topics: impl IntoIterator<Item = T>,
    ) -> Result<Membership, Error> {
        let topics = topics.into_iter().map(Into::into).collect();
        let (changes, first) = self.inner.incoming.groups().join(group, topics);
        let membership = Membership { client: self.clone(), group: group.to_owned(), changes, left: false };
        if first {
            self.keep_heartbeating();
        }
        self.announce(group).await?;
        Ok(membership)
    }

    pub(super) async fn leave_all(&self) {
        for (group, topics) in self.inner.incoming.groups().forget_all() {
            self.leave_quietly(&group, &topics).await;
        }
    }

    async fn leave_quietly(&self, group: &str, topics: &[String]) {
        if let Err(error) = self.unregister(group, topics).await {
            tracing::debug!(group, %error, "a broker was not told that this client leaves");
        }
    }

    async fn unregister(&self, group: &str, topics: &[String]) -> Result<(), Error> {
        let asked = Command::request(request::UNREGISTER_CLIENT)
            .field("clientID", self.id())
            .field("consumerGroup", group);
        let mut outcome = Ok(());
        for address in self.brokers_of(topics).await? {
            // One that cannot be told does not keep the others from it.
            let told = self.inner.pool.call(&address, asked.clone(), self.request_timeout()).await;
            outcome = outcome.and(told.map(drop));
        }
        outcome
    }
}

impl Membership {
    /// The group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Changes its value whenever a broker says that the members have changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Leaves the group; the other members are told.
    ///
    /// # Errors
    /// When a broker could not be told: it notices when the connection closes.
    pub async fn leave(mut self) -> Result<(), Error> {
        self.left = true;
        match self.client.inner.incoming.groups().leave(&self.group) {
            Some(topics) => self.client.unregister(&self.group, &topics).await,
            None => Ok(()),
        }
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        let Some(topics) = self.client.inner.incoming.groups().leave(&self.group) else { return };
        let (client, group) = (self.client.clone(), std::mem::take(&mut self.group));
        let inner = Arc::clone(&self.client.inner);
        let leaving = async move { client.leave_quietly(&group, &topics).await };
        inner.tasks.spawn_on(leaving, &inner.runtime);
    }
}

/// The groups a client is in.
#[derive(Debug, Default)]
pub(super) struct Groups {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ever_joined: bool,
    groups: BTreeMap<String, Group>,
}

#[derive(Debug)]
struct Group {
    topics: Vec<String>,
    memberships: usize,
    changes: watch::Sender<u64>,
    joined_at: u128,
}

impl Groups {
    /// Joins; true for the first join of any group.
    fn join(&self, group: &str, topics: Vec<String>) -> (watch::Receiver<u64>, bool) {
        let mut state = self.lock();
        let first = !std::mem::replace(&mut state.ever_joined, true);
        let entry = state.groups.entry(group.to_owned()).or_insert_with(|| Group {
            topics: Vec::new(),
            memberships: 0,
            changes: watch::channel(0).0,
            joined_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis(),
        });
        entry.topics = topics;
        entry.memberships += 1;
        (entry.changes.subscribe(), first)
    }

    /// Ends one membership; the group's topics when the client is no longer in it.
    fn leave(&self, group: &str) -> Option<Vec<String>> {
        let mut state = self.lock();
        let entry = state.groups.get_mut(group)?;
        entry.memberships -= 1;
        if entry.memberships > 0 {
            return None;
        }
        state.groups.remove(group).map(|entry| entry.topics)
    }

    fn forget_all(&self) -> Vec<(String, Vec<String>)> {
        let groups = std::mem::take(&mut self.lock().groups);
        groups.into_iter().map(|(name, group)| (name, group.topics)).collect()
    }

    /// A broker says that the members of `group` have changed.
    pub(super) fn changed(&self, group: &str) {
        if let Some(entry) = self.lock().groups.get(group) {
            entry.changes.send_modify(|count| *count += 1);
        }
    }

    pub(super) fn contains(&self, group: &str) -> bool {
        self.lock().groups.contains_key(group)
    }

    /// When it was joined, milliseconds since 1970.
    pub(super) fn joined_at(&self, group: &str) -> u128 {
        self.lock().groups.get(group).map_or(0, |entry| entry.joined_at)
    }

    pub(super) fn topics_of(&self, group: &str) -> Vec<String> {
        self.lock().groups.get(group).map(|entry| entry.topics.clone()).unwrap_or_default()
    }

    /// Every group with its topics.
    pub(super) fn all(&self) -> Vec<(String, Vec<String>)> {
        self.lock().groups.iter().map(|(name, group)| (name.clone(), group.topics.clone())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while holding it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
