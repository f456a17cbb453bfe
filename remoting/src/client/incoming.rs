//! What brokers ask a client on its own connections.

use serde_json::json;
use tokio::sync::watch;

use super::membership::Groups;
use crate::code::{request, response};
use crate::command::Command;

/// Answers brokers' requests, and tells the rest of the client what they say.
#[derive(Debug)]
pub(super) struct Incoming {
    client_id: String,
    groups: Groups,
    /// Counts connections made and lost.
    connections: watch::Sender<u64>,
}

impl Incoming {
    pub(super) fn new(client_id: &str) -> Self {
        Self { client_id: client_id.to_owned(), groups: Groups::default(), connections: watch::channel(0).0 }
    }

    pub(super) fn groups(&self) -> &Groups {
        &self.groups
    }

    /// A connection was made or lost.
    pub(super) fn connections_changed(&self) {
        self.connections.send_modify(|count| *count += 1);
    }

    pub(super) fn connections(&self) -> watch::Receiver<u64> {
        self.connections.subscribe()
    }

    /// The answer to `request`, where there is something to answer.
    pub(super) fn answer(&self, asked: &Command) -> Option<Command> {
        match asked.code {
            request::NOTIFY_CONSUMER_IDS_CHANGED => {
                if let Some(group) = asked.fields.get("consumerGroup") {
                    self.groups.changed(group);
                }
                Some(Command::response_to(asked, response::SUCCESS))
            }
            // Where a reader goes on is decided by who made it, so a broker cannot reset it; and sends here are not transactions.
            request::RESET_CONSUMER_CLIENT_OFFSET => {
                Some(refusal(asked, "this client's positions are kept by its application"))
            }
            request::CHECK_TRANSACTION_STATE => Some(refusal(asked, "this client sends no transactions")),
            request::CONSUME_MESSAGE_DIRECTLY => {
                Some(refusal(asked, "this client consumes no message out of turn"))
            }
            request::GET_CONSUMER_STATUS_FROM_CLIENT => {
                let body = json!({ "messageQueueTable": {}, "consumerTable": {} }).to_string();
                Some(Command::response_to(asked, response::SUCCESS).with_body(body))
            }
            request::GET_CONSUMER_RUNNING_INFO => Some(self.running_info(asked)),
            code => {
                let remark = format!("request {code} is not known to this client");
                Some(Command::response_to(asked, response::REQUEST_CODE_NOT_SUPPORTED).with_remark(remark))
            }
        }
    }

    /// RocketMQ, `ConsumerRunningInfo`.
    fn running_info(&self, asked: &Command) -> Command {
        let group = asked.fields.get("consumerGroup").unwrap_or_default();
        if !self.groups.contains(group) {
            return refusal(asked, &format!("the consumer group {group} is not in this client"));
        }
        let body = json!({
            "properties": {
                "PROP_CLIENT_VERSION": env!("CARGO_PKG_VERSION"),
                "PROP_CONSUME_TYPE": "CONSUME_ACTIVELY",
                "PROP_CONSUMEORDERLY": "false",
                "PROP_CONSUMER_START_TIMESTAMP": self.groups.joined_at(group).to_string(),
                "PROP_THREADPOOL_CORE_SIZE": "0",
                "clientId": self.client_id,
            },
            "subscriptionSet": [],
            "mqTable": {},
            "mqPopTable": {},
            "statusTable": {},
            "userConsumerInfo": {},
        });
        Command::response_to(asked, response::SUCCESS).with_body(body.to_string())
    }
}

fn refusal(asked: &Command, remark: &str) -> Command {
    Command::response_to(asked, response::SYSTEM_ERROR).with_remark(remark)
}
