//! Consumer groups: that they exist, and who is in them.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use super::{Client, Error, json::from_java};
use crate::code::{request, response};
use crate::command::Command;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMembers {
    consumer_id_list: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireGroups {
    subscription_group_table: Option<HashMap<String, IgnoredAny>>,
}

impl Client {
    /// Creates a consumer group on every broker that does not have it. One that exists is left as it is.
    ///
    /// # Errors
    /// [`Error::Refused`] for a name that is not allowed.
    pub async fn ensure_group(&self, group: &str) -> Result<(), Error> {
        for address in self.masters().await? {
            self.ensure_group_on(&address, group).await?;
        }
        Ok(())
    }

    pub(super) async fn ensure_group_on(&self, address: &Arc<str>, group: &str) -> Result<(), Error> {
        if self.has_group(address, group).await? {
            return Ok(());
        }
        let code = request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP;
        let created = Command::request(code).with_body(group_config(group));
        let answer = self.inner.pool.call(address, created, self.request_timeout()).await?;
        match answer.code {
            response::SUCCESS => Ok(()),
            _ => Err(Error::refused(address, code, answer)),
        }
    }

    async fn has_group(&self, address: &Arc<str>, group: &str) -> Result<bool, Error> {
        let timeout = self.request_timeout();
        let one = Command::request(request::GET_SUBSCRIPTIONGROUP_CONFIG).field("group", group);
        let answer = self.inner.pool.call(address, one, timeout).await?;
        if answer.code != response::REQUEST_CODE_NOT_SUPPORTED {
            return Ok(answer.code == response::SUCCESS);
        }
        // Brokers before version 5 only give all groups at once.
        let code = request::GET_ALL_SUBSCRIPTIONGROUP_CONFIG;
        let answer = self.inner.pool.call(address, Command::request(code), timeout).await?;
        if answer.code != response::SUCCESS {
            return Ok(false);
        }
        let groups: WireGroups =
            from_java(&answer.body).map_err(|problem| Error::malformed(address, code, problem))?;
        Ok(groups.subscription_group_table.unwrap_or_default().contains_key(group))
    }

    /// The client ids in a group, sorted, each once; empty when nobody is in it.
    ///
    /// Brokers are asked in the order of their names until one has members: each knows those that are connected to it.
    ///
    /// # Errors
    /// When no broker answers: who is in the group is not known then, which is not the same as nobody.
    pub async fn members(&self, group: &str) -> Result<Vec<String>, Error> {
        let mut outcome = Ok(Vec::new());
        for address in self.group_brokers(group).await? {
            match self.members_on(&address, group).await {
                Ok(members) if members.is_empty() => {}
                Ok(members) => return Ok(members),
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
        outcome
    }

    async fn members_on(&self, address: &Arc<str>, group: &str) -> Result<Vec<String>, Error> {
        let code = request::GET_CONSUMER_LIST_BY_GROUP;
        let asked = Command::request(code).field("consumerGroup", group);
        let answer = self.inner.pool.call(address, asked, self.request_timeout()).await?;
        match answer.code {
            response::SUCCESS => {
                let members: WireMembers =
                    from_java(&answer.body).map_err(|problem| Error::malformed(address, code, problem))?;
                let mut members = members.consumer_id_list.unwrap_or_default();
                members.sort();
                members.dedup();
                Ok(members)
            }
            // How a broker says that the group is empty.
            response::SYSTEM_ERROR
                if answer.remark.as_deref().is_some_and(|remark| remark.contains("no consumer")) =>
            {
                Ok(Vec::new())
            }
            _ => Err(Error::refused(address, code, answer)),
        }
    }

    /// The brokers a group's members are connected to: those of its topics where it has joined here, or else all.
    pub(super) async fn group_brokers(&self, group: &str) -> Result<Vec<Arc<str>>, Error> {
        self.brokers_of(&self.inner.incoming.groups().topics_of(group)).await
    }

    pub(super) async fn brokers_of(&self, topics: &[String]) -> Result<Vec<Arc<str>>, Error> {
        if topics.is_empty() { self.masters().await } else { self.masters_of_topics(topics).await }
    }
}

/// RocketMQ, `SubscriptionGroupConfig` with Java's defaults.
fn group_config(group: &str) -> Vec<u8> {
    let config = json!({
        "groupName": group,
        "consumeEnable": true,
        "consumeFromMinEnable": true,
        "consumeBroadcastEnable": true,
        "consumeMessageOrderly": false,
        "retryQueueNums": 1,
        "retryMaxTimes": 16,
        "brokerId": 0,
        "whichBrokerWhenConsumeSlowly": 1,
        "notifyConsumerIdsChangedEnable": true,
    });
    config.to_string().into_bytes()
}
