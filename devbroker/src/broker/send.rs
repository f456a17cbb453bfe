//! Sending messages (RocketMQ remoting, `SEND_MESSAGE` = 10, `SEND_MESSAGE_V2` = 310, `SEND_BATCH_MESSAGE` = 320).
//!
//! Limits and codes are the Java broker's, with one difference: a batch of more than 32,767 messages is refused, where a Java
//! broker acknowledges it and ruins the queue.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::{Bytes, BytesMut};
use remoting::{
    code::{request, response},
    command::{Command, Fields},
    message::{self, MAX_BODY_BYTES, MAX_PROPERTIES_BYTES, StoredMessage, batch},
};

use super::Broker;
use crate::{
    answer::{Refusal, done},
    connection::{Connection, Reply},
    store::{Append, Appended, Change, Topic},
    topic::{self, AUTO_CREATE_TOPIC, DEAD_LETTER_PREFIX, RETRY_PREFIX, TopicConfig},
};

/// More messages in one batch than this overflow a counter of the Java broker.
const MAX_BATCH_MESSAGES: usize = 32_767;
/// Properties a stored message may have that ask for something this broker does not do.
const UNSUPPORTED: [(&str, &str); 5] = [
    ("TRAN_MSG", "transactions"),
    ("DELAY", "delayed delivery"),
    ("TIMER_DELIVER_MS", "timed delivery"),
    ("TIMER_DELAY_SEC", "timed delivery"),
    ("TIMER_DELAY_MS", "timed delivery"),
];

/// Takes one message.
pub(crate) async fn send(broker: &Arc<Broker>, connection: &Connection, request: Command, reply: Reply) {
    match prepare(broker, connection, &request).await {
        Ok(prepared) => append(broker, request, prepared, reply).await,
        Err(refusal) => reply.send(refusal.response_to(&request)),
    }
}

/// Takes many messages for one queue: all or none.
pub(crate) async fn send_batch(
    broker: &Arc<Broker>,
    connection: &Connection,
    request: Command,
    reply: Reply,
) {
    match prepare_batch(broker, connection, &request).await {
        Ok(prepared) => append(broker, request, prepared, reply).await,
        Err(refusal) => reply.send(refusal.response_to(&request)),
    }
}

struct Prepared {
    topic: Arc<Topic>,
    queue: u32,
    messages: BytesMut,
}

/// What a send's header says; version 2 has one-letter names.
struct Header<'a> {
    topic: &'a str,
    default_topic: &'a str,
    default_queues: i32,
    queue: i32,
    sys_flag: i32,
    born_timestamp: i64,
    flag: i32,
    properties: &'a str,
    reconsume_times: i32,
    is_batch: bool,
}

impl<'a> Header<'a> {
    fn read(request: &'a Command) -> Result<Self, Refusal> {
        let fields: &Fields = &request.fields;
        let long = request.code == request::SEND_MESSAGE;
        let name = |long_name: &'static str, short: &'static str| if long { long_name } else { short };
        fields.require(name("producerGroup", "a"))?;
        Ok(Self {
            topic: fields.require(name("topic", "b"))?,
            default_topic: fields.require(name("defaultTopic", "c"))?,
            default_queues: fields.get_i32(name("defaultTopicQueueNums", "d"))?,
            queue: fields.get_i32(name("queueId", "e"))?,
            sys_flag: fields.get_i32(name("sysFlag", "f"))?,
            born_timestamp: fields.get_i64(name("bornTimestamp", "g"))?,
            flag: fields.get_i32(name("flag", "h"))?,
            properties: fields.get(name("properties", "i")).unwrap_or_default(),
            reconsume_times: fields.find_i32(name("reconsumeTimes", "j"))?.unwrap_or(0),
            is_batch: fields.get_bool(name("batch", "m")),
        })
    }
}

async fn prepare(
    broker: &Arc<Broker>,
    connection: &Connection,
    request: &Command,
) -> Result<Prepared, Refusal> {
    let header = Header::read(request)?;
    if header.is_batch {
        return prepare_batch(broker, connection, request).await;
    }
    let (topic, queue) = place(broker, &header).await?;
    if request.body.is_empty() {
        return Err(Refusal::new(response::SYSTEM_ERROR, "the message has no body"));
    }
    let mut messages = BytesMut::new();
    let body = (header.flag, &request.body, header.properties.as_bytes());
    encode(broker, connection, &header, queue, body, &mut messages)?;
    Ok(Prepared { topic, queue, messages })
}

async fn prepare_batch(
    broker: &Arc<Broker>,
    connection: &Connection,
    request: &Command,
) -> Result<Prepared, Refusal> {
    let header = Header::read(request)?;
    let (topic, queue) = place(broker, &header).await?;
    if header.topic.starts_with(RETRY_PREFIX) {
        return Err(Refusal::new(response::MESSAGE_ILLEGAL, "batch request does not support retry group"));
    }
    if request.body.len() > MAX_BODY_BYTES {
        return Err(Refusal::new(
            response::SYSTEM_ERROR,
            format!(
                "message body size exceeded: the batch has {} bytes, at most {MAX_BODY_BYTES} are taken",
                request.body.len()
            ),
        ));
    }
    let entries = batch::decode(&request.body)
        .map_err(|error| Refusal::new(response::SYSTEM_ERROR, error.to_string()))?;
    if entries.is_empty() || entries.len() > MAX_BATCH_MESSAGES {
        return Err(Refusal::new(
            response::MESSAGE_ILLEGAL,
            format!("a batch has 1 to {MAX_BATCH_MESSAGES} messages, this one has {}", entries.len()),
        ));
    }
    let mut messages = BytesMut::with_capacity(request.body.len() + entries.len() * 128);
    for entry in &entries {
        let body = (entry.flag, &entry.body, entry.properties.as_bytes().as_ref());
        encode(broker, connection, &header, queue, body, &mut messages)?;
    }
    Ok(Prepared { topic, queue, messages })
}

/// The topic and queue a send goes to; the topic is created if that is allowed.
async fn place(broker: &Arc<Broker>, header: &Header<'_>) -> Result<(Arc<Topic>, u32), Refusal> {
    if let Some(fault) = topic::topic_name_fault(header.topic) {
        return Err(Refusal::new(response::INVALID_PARAMETER, fault));
    }
    if topic::is_system_topic(header.topic) {
        return Err(Refusal::new(
            response::NO_PERMISSION,
            format!("Sending message to topic[{}] is forbidden.", header.topic),
        ));
    }
    let topic = match broker.store.topic(header.topic) {
        Some(topic) => topic,
        None => create(broker, header).await?,
    };
    let config = &topic.config;
    if !config.writable() {
        return Err(Refusal::new(
            response::NO_PERMISSION,
            format!("the topic[{}] sending message is forbidden", header.topic),
        ));
    }
    let queue = match u32::try_from(header.queue) {
        Ok(queue) => queue,
        Err(_) if config.write_queue_nums > 0 => next_queue(config.write_queue_nums),
        Err(_) => u32::MAX,
    };
    if queue >= config.queues() {
        return Err(Refusal::new(
            response::INVALID_PARAMETER,
            format!(
                "request queueId[{}] is illegal, topic[{}] has {} write queues",
                header.queue, header.topic, config.write_queue_nums
            ),
        ));
    }
    Ok((topic, queue))
}

/// A queue for a sender that left the choice to the broker.
fn next_queue(queues: u32) -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed) % queues
}

async fn create(broker: &Arc<Broker>, header: &Header<'_>) -> Result<Arc<Topic>, Refusal> {
    let own = header.topic.starts_with(RETRY_PREFIX) || header.topic.starts_with(DEAD_LETTER_PREFIX);
    let config = if own {
        TopicConfig::new(header.topic, 1)
    } else if header.default_topic == AUTO_CREATE_TOPIC && broker.settings.auto_create_topics() {
        let asked = u32::try_from(header.default_queues).unwrap_or(0);
        TopicConfig::new(header.topic, asked.min(broker.options.default_topic_queues))
    } else {
        return Err(Refusal::unknown_topic(header.topic));
    };
    tracing::info!(topic = header.topic, queues = config.write_queue_nums, "topic created by a send");
    broker.store.change(Change::PutTopic(config)).await?;
    broker.store.topic(header.topic).ok_or_else(|| Refusal::unknown_topic(header.topic))
}

fn encode(
    broker: &Broker,
    connection: &Connection,
    header: &Header<'_>,
    queue: u32,
    (flag, body, properties): (i32, &Bytes, &[u8]),
    into: &mut BytesMut,
) -> Result<(), Refusal> {
    if body.len() > MAX_BODY_BYTES || properties.len() > MAX_PROPERTIES_BYTES {
        return Err(Refusal::new(
            response::MESSAGE_ILLEGAL,
            format!(
                "the message is illegal, maybe msg body or properties length not matched. msg body length limit \
                 {MAX_BODY_BYTES}B, msg properties length limit 32KB; this one has {}B and {}B",
                body.len(),
                properties.len()
            ),
        ));
    }
    refuse_unsupported(properties)?;
    let message = StoredMessage {
        topic: header.topic,
        queue_id: i32::try_from(queue).unwrap_or(i32::MAX),
        offset: 0,
        physical_offset: 0,
        flag,
        sys_flag: header.sys_flag,
        born_timestamp: header.born_timestamp,
        born_host: connection.peer(),
        store_timestamp: 0,
        store_host: broker.address,
        reconsume_times: header.reconsume_times,
        prepared_transaction_offset: 0,
        body,
        properties,
    };
    message::encode_stored(&message, into)
        .map_err(|error| Refusal::new(response::MESSAGE_ILLEGAL, error.to_string()))?;
    Ok(())
}

/// Delivering such a message at once would be wrong without anyone noticing.
fn refuse_unsupported(properties: &[u8]) -> Result<(), Refusal> {
    for property in properties.split(|byte| *byte == 2) {
        let mut parts = property.splitn(2, |byte| *byte == 1);
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else { continue };
        let asked = UNSUPPORTED.iter().find(|(unsupported, _)| unsupported.as_bytes() == name);
        if let Some((name, what)) = asked
            && !matches!(value, b"false" | b"0")
        {
            return Err(Refusal::new(
                response::MESSAGE_ILLEGAL,
                format!("the dev-broker has no {what}: the message has the property {name}"),
            ));
        }
    }
    Ok(())
}

async fn append(broker: &Arc<Broker>, request: Command, prepared: Prepared, reply: Reply) {
    let Prepared { topic, queue, messages } = prepared;
    let store_host = broker.address;
    let head = Command { body: Bytes::new(), fields: Fields::new(), ..request };
    let unsent = head.clone();
    let acknowledge = Box::new(move |outcome: Result<Appended, crate::StoreError>| {
        let answer = match outcome {
            Ok(appended) => {
                let ids: Vec<_> = appended
                    .physical_offsets
                    .iter()
                    .map(|offset| message::offset_id(store_host, i64::try_from(*offset).unwrap_or(i64::MAX)))
                    .collect();
                done(&head)
                    .field("msgId", ids.join(","))
                    .field("queueId", queue)
                    .field("queueOffset", appended.first_offset)
                    .field("MSG_REGION", "DefaultRegion")
                    .field("TRACE_ON", "true")
            }
            Err(error) => Refusal::from(error).response_to(&head),
        };
        reply.send(answer);
    });
    if let Err(error) = broker.store.append(Append { topic, queue, messages, acknowledge }).await {
        // The reply went with the append: the connection of a closed broker is ending.
        tracing::debug!(%error, opaque = unsent.opaque, "a message came after the store was closed");
    }
}

/// Milliseconds since the epoch.
pub(super) fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}
