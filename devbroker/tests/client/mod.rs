//! A bare remoting client for tests: one connection, requests and answers, notices kept.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]
#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI32, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::BytesMut;
use devbroker::{DevBroker, Options, Running};
use remoting::{
    code::{request, response},
    codec::FrameCodec,
    command::Command,
    message::{DecodeOptions, Message, batch, decode_all},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::OwnedWriteHalf},
    sync::oneshot,
    task::JoinHandle,
};
use tokio_util::codec::{Decoder, Encoder};

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// A broker in a directory of its own that goes with it.
pub(crate) struct Fixture {
    pub(crate) broker: Running,
    pub(crate) dir: tempfile::TempDir,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(adjust: impl FnOnce(&mut Options)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = options(&dir);
        adjust(&mut options);
        Self { broker: DevBroker::start(options).await.unwrap(), dir }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(self.broker.addr()).await
    }
}

pub(crate) fn options(dir: &tempfile::TempDir) -> Options {
    Options::new(([127, 0, 0, 1], 0).into(), dir.path().join("data"))
}

type Waiting = Arc<Mutex<HashMap<i32, oneshot::Sender<Command>>>>;

/// One connection.
pub(crate) struct Client {
    writer: tokio::sync::Mutex<OwnedWriteHalf>,
    waiting: Waiting,
    notices: Arc<Mutex<Vec<Command>>>,
    reader: JoinHandle<()>,
    next: AtomicI32,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut read, write) = stream.into_split();
        let (waiting, notices) = (Waiting::default(), Arc::<Mutex<Vec<Command>>>::default());
        let (calls, noticed) = (Arc::clone(&waiting), Arc::clone(&notices));
        let reader = tokio::spawn(async move {
            let (mut codec, mut buffer) = (FrameCodec::new(), BytesMut::new());
            loop {
                while let Some(command) = codec.decode(&mut buffer).unwrap() {
                    if command.is_response() {
                        if let Some(call) = calls.lock().unwrap().remove(&command.opaque) {
                            let _gone = call.send(command);
                        }
                    } else {
                        noticed.lock().unwrap().push(command);
                    }
                }
                if read.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                    calls.lock().unwrap().clear();
                    return;
                }
            }
        });
        Self { writer: write.into(), waiting, notices, reader, next: AtomicI32::new(1) }
    }

    /// Sends a request; the answer comes through the receiver.
    pub(crate) async fn begin(&self, mut command: Command) -> oneshot::Receiver<Command> {
        command.opaque = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.waiting.lock().unwrap().insert(command.opaque, sender);
        let mut frame = BytesMut::new();
        FrameCodec::new().encode(&command, &mut frame).unwrap();
        self.writer.lock().await.write_all(&frame).await.unwrap();
        receiver
    }

    pub(crate) async fn call(&self, command: Command) -> Command {
        let code = command.code;
        let answer = self.begin(command).await;
        tokio::time::timeout(Duration::from_secs(30), answer)
            .await
            .unwrap_or_else(|_| panic!("no answer to {code}"))
            .unwrap_or_else(|_| panic!("the connection ended before an answer to {code}"))
    }

    pub(crate) async fn ok(&self, command: Command) -> Command {
        let code = command.code;
        let answer = self.call(command).await;
        assert_eq!(answer.code, response::SUCCESS, "request {code}: {:?}", answer.remark);
        answer
    }

    pub(crate) fn notices(&self) -> Vec<Command> {
        self.notices.lock().unwrap().clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.reader.is_finished()
    }

    pub(crate) async fn create_topic(&self, topic: &str, queues: u32) {
        self.ok(create_topic(topic, queues)).await;
    }

    /// Sends one message and returns its offset.
    pub(crate) async fn send(&self, topic: &str, queue: i32, body: &str) -> u64 {
        let answer = self.ok(send(topic, queue, body.to_owned())).await;
        answer.fields.get("queueOffset").unwrap().parse().unwrap()
    }

    pub(crate) async fn max_offset(&self, topic: &str, queue: i32) -> i64 {
        let asked = Command::request(request::GET_MAX_OFFSET).field("topic", topic).field("queueId", queue);
        self.ok(asked).await.fields.get_i64("offset").unwrap()
    }

    pub(crate) async fn min_offset(&self, topic: &str, queue: i32) -> i64 {
        let asked = Command::request(request::GET_MIN_OFFSET).field("topic", topic).field("queueId", queue);
        self.ok(asked).await.fields.get_i64("offset").unwrap()
    }

    /// Everything in a queue from `offset` on.
    pub(crate) async fn read_all(&self, topic: &str, queue: i32, offset: i64) -> Vec<Message> {
        let mut messages = Vec::new();
        let mut next = offset;
        loop {
            let answer = self.call(pull(topic, queue, next)).await;
            match answer.code {
                response::SUCCESS => messages.extend(decoded(&answer)),
                response::PULL_NOT_FOUND => return messages,
                other => panic!("pull at {next} was answered {other}: {:?}", answer.remark),
            }
            next = answer.fields.get_i64("nextBeginOffset").unwrap();
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

pub(crate) fn create_topic(topic: &str, queues: u32) -> Command {
    Command::request(request::UPDATE_AND_CREATE_TOPIC)
        .field("topic", topic)
        .field("defaultTopic", "TBW102")
        .field("readQueueNums", queues)
        .field("writeQueueNums", queues)
        .field("perm", 6)
        .field("topicFilterType", "SINGLE_TAG")
        .field("topicSysFlag", 0)
        .field("order", false)
}

pub(crate) fn send(topic: &str, queue: i32, body: impl Into<bytes::Bytes>) -> Command {
    send_header(request::SEND_MESSAGE_V2, topic, queue).with_body(body)
}

pub(crate) fn send_header(code: i32, topic: &str, queue: i32) -> Command {
    Command::request(code)
        .field("a", "test-producer")
        .field("b", topic)
        .field("c", "TBW102")
        .field("d", 4)
        .field("e", queue)
        .field("f", 0)
        .field("g", 1_700_000_000_000_i64)
        .field("h", 0)
        .field("i", "")
        .field("j", 0)
        .field("k", false)
        .field("m", code == request::SEND_BATCH_MESSAGE)
}

pub(crate) fn send_batch(topic: &str, queue: i32, bodies: impl IntoIterator<Item = bytes::Bytes>) -> Command {
    let entries: Vec<_> =
        bodies.into_iter().map(|body| batch::BatchEntry { body, ..batch::BatchEntry::default() }).collect();
    send_header(request::SEND_BATCH_MESSAGE, topic, queue).with_body(batch::encode(&entries))
}

/// A pull with its own subscription to everything, not waiting.
pub(crate) fn pull(topic: &str, queue: i32, offset: i64) -> Command {
    Command::request(request::PULL_MESSAGE)
        .field("consumerGroup", "test-group")
        .field("topic", topic)
        .field("queueId", queue)
        .field("queueOffset", offset)
        .field("maxMsgNums", 1024)
        .field("sysFlag", 4)
        .field("commitOffset", 0)
        .field("suspendTimeoutMillis", 0)
        .field("subscription", "*")
        .field("subVersion", 0)
        .field("expressionType", "TAG")
}

/// As [`pull`], waiting up to `wait` for a message.
pub(crate) fn long_pull(topic: &str, queue: i32, offset: i64, wait: Duration) -> Command {
    pull(topic, queue, offset).field("sysFlag", 6).field("suspendTimeoutMillis", wait.as_millis())
}

pub(crate) fn heartbeat(client: &str, group: &str) -> Command {
    let body = format!(
        r#"{{"clientID":"{client}","consumerDataSet":[{{"groupName":"{group}","consumeType":"CONSUME_PASSIVELY",
        "messageModel":"CLUSTERING","consumeFromWhere":"CONSUME_FROM_FIRST_OFFSET","unitMode":false,"subscriptionDataSet":[
        {{"topic":"orders","subString":"*","subVersion":1,"expressionType":"TAG","tagsSet":[],"codeSet":[]}}]}}],
        "producerDataSet":[]}}"#
    );
    Command::request(request::HEART_BEAT).with_body(body)
}

pub(crate) fn decoded(answer: &Command) -> Vec<Message> {
    decode_all(&answer.body, &DecodeOptions::default()).unwrap()
}

/// Waits until `done` says so.
pub(crate) async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done().await {
        assert!(Instant::now() < end, "still waiting for: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
