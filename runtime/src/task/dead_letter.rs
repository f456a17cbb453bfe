//! Records that cannot be delivered, sent to another topic.
//!
//! The message is the original body with the original properties, and with what `errors.deadletterqueue.context.properties.enable`
//! adds: the `__connect.errors.*` properties of RocketMQ Connect, and the broker, without which a queue is not known.

use super::{error::TaskError, settings::DeadLetterSettings};
use connector_api::{QueueId, QueueOffset, TaskId};
use remoting::{
    Client, Error as ClientError, OutgoingMessage, Queue, TopicSpec,
    message::{Message, names},
};
use std::sync::Arc;

/// Room for the reason in a message's properties, in bytes.
const MAX_REASON: usize = 4 * 1024;

/// Where a record failed, in the words of RocketMQ Connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The converter refused it.
    Converter,
    /// A transform cannot work on it.
    Transformation,
    /// The sink refused it.
    Put,
}

/// A record that cannot be delivered.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) offset: QueueOffset,
    pub(super) reason: String,
    pub(super) stage: Stage,
    pub(super) message: Message,
}

/// The dead-letter topic of a connector.
#[derive(Debug)]
pub(super) struct DeadLetters {
    client: Client,
    settings: DeadLetterSettings,
    task: TaskId,
    worker_id: String,
    queues: Vec<Queue>,
    turn: usize,
}

impl DeadLetters {
    pub(super) fn new(client: Client, settings: DeadLetterSettings, task: TaskId, worker_id: String) -> Self {
        Self { client, settings, task, worker_id, queues: Vec::new(), turn: 0 }
    }

    /// Sends a record. `Ok` means that the broker has it.
    pub(super) async fn send(&mut self, from: &QueueId, refused: &Refused) -> Result<(), ClientError> {
        if self.queues.is_empty() {
            self.queues = self.write_queues().await?;
        }
        let message = self.letter(from, refused);
        self.turn = self.turn.wrapping_add(1);
        let index = self.turn % self.queues.len().max(1);
        let Some(queue) = self.queues.get(index) else {
            return Err(ClientError::NoBroker { what: format!("sends to topic {}", self.settings.topic) });
        };
        let sent = self.client.send(queue, &message).await;
        if sent.is_err() {
            // Next time by a new route, which may have a broker that is there.
            self.queues.clear();
        }
        sent.map(drop)
    }

    /// What stands in the task's status when it cannot be sent.
    pub(super) fn error(&self, from: &Arc<QueueId>, refused: &Refused, source: ClientError) -> TaskError {
        TaskError::DeadLetter {
            queue: Arc::clone(from),
            offset: refused.offset,
            reason: refused.reason.clone(),
            topic: self.settings.topic.clone(),
            source: Box::new(source),
        }
    }

    async fn write_queues(&self) -> Result<Vec<Queue>, ClientError> {
        let topic = &self.settings.topic;
        let route = match self.client.route(topic).await {
            Err(ClientError::TopicMissing { .. }) => {
                let (read_queues, write_queues) = (self.settings.read_queues, self.settings.write_queues);
                let spec = TopicSpec { read_queues, write_queues, ..TopicSpec::new(topic, write_queues) };
                self.client.create_topic(&spec).await?;
                tracing::info!(%topic, "dead-letter topic created");
                self.client.route(topic).await?
            }
            route => route?,
        };
        Ok(route.write_queues())
    }

    fn letter(&self, from: &QueueId, refused: &Refused) -> OutgoingMessage {
        // What brokers and producers write themselves would be refused or wrong the second time.
        const OWN: [&str; 6] =
            [names::KEYS, names::TAGS, names::UNIQ_KEY, names::WAIT, "MSG_REGION", "TRACE_ON"];
        let original = &refused.message;
        let mut properties: Vec<(String, String)> = original
            .properties
            .iter()
            .filter(|(name, _)| !OWN.contains(name) && !name.starts_with("__connect.errors."))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        if self.settings.reason_in_properties {
            let reason = &refused.reason[..refused.reason.floor_char_boundary(MAX_REASON)];
            // The wire form of properties has no way to hold these two.
            let reason = reason.replace(['\u{1}', '\u{2}'], " ");
            let stage = match refused.stage {
                Stage::Converter => "CONVERTER",
                Stage::Transformation => "TRANSFORMATION",
                Stage::Put => "TASK_PUT",
            };
            let context = [
                ("topic", from.topic.to_string()),
                ("broker", from.broker.to_string()),
                ("partition", from.queue.to_string()),
                ("offset", refused.offset.to_string()),
                ("connector.name", self.task.connector.to_string()),
                ("task.id", self.task.task.to_string()),
                ("cluster.id", self.worker_id.clone()),
                ("stage", stage.to_owned()),
                ("exception.message", reason),
            ];
            properties
                .extend(context.into_iter().map(|(name, value)| (format!("__connect.errors.{name}"), value)));
        }
        OutgoingMessage {
            keys: original.keys().map(str::to_owned),
            tags: original.tags().map(str::to_owned),
            properties,
            body: original.body.clone(),
        }
    }
}
