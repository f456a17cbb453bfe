//! What was acknowledged is there after a restart, however the process ended.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]

mod client;

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command as Process, Stdio},
    time::Duration,
};

use client::{Client, create_topic, heartbeat, send, send_batch, send_header};
use remoting::{
    code::{request, response},
    command::Command,
};

/// A dev-broker in a process of its own, killed when dropped.
struct Broker {
    process: Child,
    address: SocketAddr,
}

impl Broker {
    fn start(data: &Path) -> Self {
        let mut process = Process::new(env!("CARGO_BIN_EXE_devbroker"))
            .arg(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { address: line.trim().parse().expect("an address"), process }
    }

    async fn client(&self) -> Client {
        Client::connect(self.address).await
    }

    /// `kill -9`.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn stop(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Already ended in most tests.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn commit(queue: i32, offset: i64) -> Command {
    Command::request(request::UPDATE_CONSUMER_OFFSET)
        .field("consumerGroup", "readers")
        .field("topic", "orders")
        .field("queueId", queue)
        .field("commitOffset", offset)
}

fn committed(queue: i32) -> Command {
    Command::request(request::QUERY_CONSUMER_OFFSET)
        .field("consumerGroup", "readers")
        .field("topic", "orders")
        .field("queueId", queue)
        .field("setZeroIfNotFound", false)
}

#[tokio::test]
async fn everything_acknowledged_survives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let broker = Broker::start(dir.path());
    let client = broker.client().await;
    client.create_topic("orders", 2).await;
    client.ok(heartbeat("me", "readers")).await;
    client.ok(commit(0, 17)).await;
    client.ok(commit(1, 4)).await;
    client.ok(commit(1, 5)).await;

    // Killed while hundreds of sends are under way.
    let mut waiting = Vec::new();
    for number in 0..2000 {
        waiting.push(client.begin(send("orders", 0, format!("message {number}"))).await);
    }
    for answer in waiting.drain(..1000) {
        assert_eq!(answer.await.unwrap().code, response::SUCCESS);
    }
    broker.kill();
    let mut acknowledged = 1000;
    for answer in waiting {
        acknowledged += usize::from(answer.await.is_ok_and(|answer| answer.code == response::SUCCESS));
    }

    let broker = Broker::start(dir.path());
    let client = broker.client().await;
    let messages = client.read_all("orders", 0, 0).await;
    assert!(
        messages.len() >= acknowledged,
        "{} of {acknowledged} acknowledged messages are there",
        messages.len()
    );
    for (number, message) in messages.iter().enumerate() {
        assert_eq!(message.body, format!("message {number}"));
    }
    for (queue, offset) in [(0, "17"), (1, "5")] {
        assert_eq!(client.ok(committed(queue)).await.fields.get("offset"), Some(offset), "queue {queue}");
    }
    let next = client.send("orders", 0, "after").await;
    assert_eq!(next, u64::try_from(messages.len()).unwrap(), "offsets go on without a gap");
    let group = Command::request(request::GET_SUBSCRIPTIONGROUP_CONFIG).field("group", "readers");
    client.ok(group).await;
}

/// Each acknowledgement is followed at once by the kill: no timer could have helped.
#[tokio::test]
async fn one_acknowledged_change_of_each_kind_survives_a_kill_right_behind_it() {
    let dir = tempfile::tempdir().unwrap();
    let group = || {
        Command::request(request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP).with_body(r#"{"groupName":"readers"}"#)
    };
    let setting =
        || Command::request(request::UPDATE_BROKER_CONFIG).with_body("maxTransferCountOnMessageInMemory=77");
    let batch = || send_batch("orders", 0, ["a".into(), "b".into()]);
    let steps: [(&str, Command); 8] = [
        ("topic", create_topic("orders", 2)),
        ("message", send("orders", 0, "x")),
        ("batch", batch()),
        ("automatic topic", send("other", 0, "x")),
        ("group", group()),
        ("offset", commit(0, 2)),
        ("setting", setting()),
        ("deletion", Command::request(request::DELETE_TOPIC_IN_BROKER).field("topic", "other")),
    ];
    for (what, step) in steps {
        let broker = Broker::start(dir.path());
        let client = broker.client().await;
        let answer = client.call(step).await;
        broker.kill();
        assert_eq!(answer.code, response::SUCCESS, "{what}: {:?}", answer.remark);
    }
    let broker = Broker::start(dir.path());
    let client = broker.client().await;
    assert_eq!(client.max_offset("orders", 0).await, 3);
    assert_eq!(client.ok(committed(0)).await.fields.get("offset"), Some("2"));
    let config = client.ok(Command::request(request::GET_BROKER_CONFIG)).await.body;
    assert!(std::str::from_utf8(&config).unwrap().contains("maxTransferCountOnMessageInMemory=77"));
    let route = Command::request(request::GET_ROUTEINFO_BY_TOPIC).field("topic", "other");
    assert_eq!(client.call(route).await.code, response::TOPIC_NOT_EXIST);
    broker.stop();
}

#[tokio::test]
async fn tens_of_thousands_of_messages_are_whole_after_kills_in_between() {
    let dir = tempfile::tempdir().unwrap();
    let mut sent = 0;
    for _ in 0..3 {
        let broker = Broker::start(dir.path());
        let client = broker.client().await;
        client.create_topic("orders", 3).await;
        for _ in 0..20 {
            for queue in 0..3 {
                let bodies = (sent..sent + 500).map(|number| format!("{number:0>600}").into());
                client.ok(send_batch("orders", queue, bodies)).await;
            }
            sent += 500;
        }
        broker.kill();
    }
    let broker = Broker::start(dir.path());
    let client = broker.client().await;
    for queue in 0..3 {
        let messages = client.read_all("orders", queue, 0).await;
        assert_eq!(messages.len(), sent, "queue {queue}");
        for (number, message) in messages.iter().enumerate() {
            assert_eq!((message.offset, &message.fault), (i64::try_from(number).unwrap(), &None));
            assert_eq!(message.body, format!("{number:0>600}"));
        }
    }
}

#[tokio::test]
async fn an_unacknowledged_one_way_send_is_stored_too() {
    let dir = tempfile::tempdir().unwrap();
    let broker = Broker::start(dir.path());
    let client = broker.client().await;
    client.create_topic("orders", 1).await;
    let oneway = send_header(request::SEND_MESSAGE_V2, "orders", 0).with_body("x").oneway();
    let unanswered = client.begin(oneway).await;
    client::until("the message", async || client.max_offset("orders", 0).await == 1).await;
    let answered = tokio::time::timeout(Duration::from_millis(50), unanswered).await;
    assert!(answered.is_err(), "a one-way request gets no answer");
    broker.stop();
}
