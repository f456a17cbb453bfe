//! The result codes of a Java broker, request by request.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]

mod client;

use std::time::Duration;

use bytes::Bytes;
use client::{Client, Fixture, create_topic, decoded, heartbeat, pull, send, send_batch, send_header, until};
use remoting::{
    code::{request, response},
    command::Command,
};

async fn check(client: &Client, what: &str, command: Command, expected: i32) -> Command {
    let answer = client.call(command).await;
    assert_eq!(answer.code, expected, "{what}: {:?}", answer.remark);
    answer
}

/// `nextBeginOffset`, `minOffset` and `maxOffset` of a pull's answer.
fn offsets(answer: &Command) -> (i64, i64, i64) {
    let field = |name| answer.fields.get_i64(name).unwrap();
    for name in ["suggestWhichBrokerId", "topicSysFlag", "groupSysFlag"] {
        assert_eq!(field(name), 0, "{name}");
    }
    (field("nextBeginOffset"), field("minOffset"), field("maxOffset"))
}

#[tokio::test]
async fn topic_names_and_attributes_are_checked() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    let (long, longest) = ("t".repeat(128), "t".repeat(127));
    for (name, expected) in [
        ("bad name", response::INVALID_PARAMETER),
        ("", response::INVALID_PARAMETER),
        (&long, response::INVALID_PARAMETER),
        ("TBW102", response::INVALID_PARAMETER),
        (&longest, response::SUCCESS),
        ("%RETRY%group", response::SUCCESS),
    ] {
        check(&client, name, create_topic(name, 1), expected).await;
    }
    check(&client, "no queues", create_topic("none", 0), response::SUCCESS).await;
    check(&client, "many queues", create_topic("many", 200_000), response::SUCCESS).await;
    let bad = create_topic("t", 1).field("attributes", "+colour=red");
    check(&client, "unknown attribute", bad, response::SYSTEM_ERROR).await;
    check(&client, "deleted twice", delete("never-there"), response::SUCCESS).await;
}

fn delete(topic: &str) -> Command {
    Command::request(request::DELETE_TOPIC_IN_BROKER).field("topic", topic)
}

#[tokio::test]
async fn sends_are_limited_as_by_a_java_broker() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 2).await;
    let body = |bytes| Bytes::from(vec![b'x'; bytes]);
    const MIB_4: usize = 4 * 1024 * 1024;
    let properties =
        |bytes: usize| send("orders", 0, "x").field("i", format!("k\u{1}{}\u{2}", "v".repeat(bytes - 3)));
    for (what, command, expected) in [
        ("4 MiB", send("orders", 0, body(MIB_4)), response::SUCCESS),
        ("over 4 MiB", send("orders", 0, body(MIB_4 + 1)), response::MESSAGE_ILLEGAL),
        ("32767 bytes of properties", properties(32767), response::SUCCESS),
        ("too many properties", properties(32768), response::MESSAGE_ILLEGAL),
        ("no body", send("orders", 0, ""), response::SYSTEM_ERROR),
        ("no such queue", send("orders", 2, "x"), response::INVALID_PARAMETER),
        ("queue left to the broker", send("orders", -1, "x"), response::SUCCESS),
        ("a system topic", send("TBW102", 0, "x"), response::NO_PERMISSION),
        ("a bad name", send("bad name", 0, "x"), response::INVALID_PARAMETER),
        ("a large batch", send_batch("orders", 0, [body(MIB_4)]), response::SYSTEM_ERROR),
        ("an empty batch", send_batch("orders", 0, []), response::MESSAGE_ILLEGAL),
        ("no header", Command::request(request::SEND_MESSAGE_V2), response::SYSTEM_ERROR),
        ("delayed", send("orders", 0, "x").field("i", "DELAY\u{1}3\u{2}"), response::MESSAGE_ILLEGAL),
        (
            "in a transaction",
            send("orders", 0, "x").field("i", "TRAN_MSG\u{1}true\u{2}"),
            response::MESSAGE_ILLEGAL,
        ),
    ] {
        check(&client, what, command, expected).await;
    }
    assert_eq!(client.max_offset("orders", 0).await + client.max_offset("orders", 1).await, 3);
}

#[tokio::test]
async fn a_batch_that_would_ruin_a_java_queue_is_refused_and_the_queue_goes_on() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    let many = |count| send_batch("orders", 0, (0..count).map(|_| Bytes::from_static(b"x")));
    check(&client, "32768 messages", many(32_768), response::MESSAGE_ILLEGAL).await;
    check(&client, "32767 messages", many(32_767), response::SUCCESS).await;
    assert_eq!(client.send("orders", 0, "after").await, 32_767);
    assert_eq!(client.read_all("orders", 0, 32_700).await.last().unwrap().body, "after");
}

#[tokio::test]
async fn an_unknown_topic_is_created_by_a_send_only_if_that_is_allowed() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    let route = |topic: &str| Command::request(request::GET_ROUTEINFO_BY_TOPIC).field("topic", topic);
    check(&client, "no route yet", route("new"), response::TOPIC_NOT_EXIST).await;
    client.send("new", 3, "first").await;
    let answer = check(&client, "a route", route("new"), response::SUCCESS).await;
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(body.contains(r#""writeQueueNums":4"#), "as many as the producer asked for: {body}");
    assert!(body.contains(&format!(r#""0":"{}""#, fixture.broker.addr())), "{body}");
    let generous = send("generous", 0, "x").field("d", 64);
    check(&client, "asks for 64 queues", generous, response::SUCCESS).await;
    let answer = check(&client, "a route", route("generous"), response::SUCCESS).await;
    assert!(
        std::str::from_utf8(&answer.body).unwrap().contains(r#""writeQueueNums":8"#),
        "at most the default"
    );
    check(&client, "not inherited", send("other", 0, "x").field("c", "orders"), response::TOPIC_NOT_EXIST)
        .await;
    update_config(&client, "autoCreateTopicEnable=false\nnoSuchSetting=1").await;
    check(&client, "switched off", send("other", 0, "x"), response::TOPIC_NOT_EXIST).await;
}

async fn update_config(client: &Client, properties: &str) {
    client.ok(Command::request(request::UPDATE_BROKER_CONFIG).with_body(properties.to_owned())).await;
}

#[tokio::test]
async fn pulls_outside_a_queue_are_told_where_it_is() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 2).await;
    for _ in 0..10 {
        client.send("orders", 0, "x").await;
    }
    for (what, queue, offset, expected, at) in [
        ("in the queue", 0, 4, response::SUCCESS, (10, 0, 10)),
        ("at its end", 0, 10, response::PULL_NOT_FOUND, (10, 0, 10)),
        ("behind its end", 0, 11, response::PULL_OFFSET_MOVED, (10, 0, 10)),
        ("before its start", 0, -1, response::PULL_OFFSET_MOVED, (0, 0, 10)),
        ("an empty queue", 1, 0, response::PULL_NOT_FOUND, (0, 0, 0)),
        ("behind an empty queue", 1, 5, response::PULL_OFFSET_MOVED, (0, 0, 0)),
    ] {
        let answer = check(&client, what, pull("orders", queue, offset), expected).await;
        assert_eq!(offsets(&answer), at, "{what}");
    }
    for (what, command, expected) in [
        ("no such topic", pull("nothing", 0, 0), response::TOPIC_NOT_EXIST),
        ("no such queue", pull("orders", 2, 0), response::INVALID_PARAMETER),
        ("a negative queue", pull("orders", -1, 0), response::INVALID_PARAMETER),
        ("SQL92", pull("orders", 0, 0).field("expressionType", "SQL92"), response::SYSTEM_ERROR),
        ("no subscription", pull("orders", 0, 0).field("sysFlag", 0), response::SUBSCRIPTION_NOT_EXIST),
        (
            "a bad group",
            pull("orders", 0, 0).field("consumerGroup", "a b"),
            response::SUBSCRIPTION_GROUP_NOT_EXIST,
        ),
    ] {
        check(&client, what, command, expected).await;
    }
    client.ok(heartbeat("me", "test-group")).await;
    check(&client, "subscribed by heartbeat", pull("orders", 0, 0).field("sysFlag", 0), response::SUCCESS)
        .await;
}

#[tokio::test]
async fn a_pull_is_capped_but_never_empty() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    client.ok(send_batch("orders", 0, (0..1000).map(|_| Bytes::from(vec![b'x'; 1024])))).await;
    let count =
        async |asked: i32| decoded(&client.call(pull("orders", 0, 0).field("maxMsgNums", asked)).await).len();
    assert_eq!(count(1024).await, 32, "the default");
    assert_eq!((count(5).await, count(0).await, count(-1).await), (5, 1, 1));
    update_config(&client, "maxTransferCountOnMessageInMemory=1024").await;
    let capped_by_bytes = count(1024).await;
    assert!((220..256).contains(&capped_by_bytes), "{capped_by_bytes} messages in 256 KiB");
    update_config(
        &client,
        "maxTransferCountOnMessageInMemory=4096\nmaxTransferBytesOnMessageInMemory=4194304",
    )
    .await;
    assert_eq!(count(4096).await, 1000);
    update_config(&client, "maxTransferBytesOnMessageInMemory=10").await;
    assert_eq!(count(4096).await, 1, "at least one");
    let bad =
        Command::request(request::UPDATE_BROKER_CONFIG).with_body("maxTransferBytesOnMessageInMemory=many");
    check(&client, "not a number", bad, response::SYSTEM_ERROR).await;
}

#[tokio::test]
async fn tags_select_messages_and_skipped_ones_are_not_asked_for_again() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    for number in 0..1000 {
        let tag = if number == 999 { "rare" } else { "common" };
        let message = send("orders", 0, format!("{number}")).field("i", format!("TAGS\u{1}{tag}\u{2}"));
        client.ok(message).await;
    }
    let rare = |offset| pull("orders", 0, offset).field("subscription", "rare || never");
    let answer = check(&client, "800 looked at", rare(0), response::PULL_RETRY_IMMEDIATELY).await;
    assert_eq!(offsets(&answer), (800, 0, 1000));
    let answer = check(&client, "found", rare(800), response::SUCCESS).await;
    assert_eq!(decoded(&answer).iter().map(|message| message.offset).collect::<Vec<_>>(), [999]);
    let answer =
        check(&client, "some", pull("orders", 0, 990).field("subscription", "common"), response::SUCCESS)
            .await;
    assert_eq!(decoded(&answer).len(), 9);
}

#[tokio::test]
async fn offsets_are_committed_and_read_back_as_by_a_java_broker() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 2).await;
    client.send("orders", 0, "x").await;
    let query = |queue| {
        Command::request(request::QUERY_CONSUMER_OFFSET)
            .field("consumerGroup", "readers")
            .field("topic", "orders")
            .field("queueId", queue)
    };
    let strict = |queue| query(queue).field("setZeroIfNotFound", false);
    let commit = |topic: &str, offset: i64| {
        Command::request(request::UPDATE_CONSUMER_OFFSET)
            .field("consumerGroup", "readers")
            .field("topic", topic)
            .field("queueId", 0)
            .field("commitOffset", offset)
    };
    check(&client, "never committed", strict(0), response::QUERY_NOT_FOUND).await;
    let zero = check(&client, "zero allowed", query(0), response::SUCCESS).await;
    assert_eq!(zero.fields.get("offset"), Some("0"));
    check(&client, "zero allowed, nothing there", query(1), response::QUERY_NOT_FOUND).await;
    check(&client, "no such group", commit("orders", 1), response::SUBSCRIPTION_GROUP_NOT_EXIST).await;
    let group = Command::request(request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP)
        .with_body(r#"{"groupName":"readers"}"#);
    client.ok(group).await;
    check(&client, "no such topic", commit("nothing", 1), response::TOPIC_NOT_EXIST).await;
    for offset in [5, 3, 1_000_000] {
        client.ok(commit("orders", offset)).await;
        assert_eq!(client.ok(strict(0)).await.fields.get_i64("offset"), Ok(offset));
    }
    client.ok(commit("orders", -7)).await;
    check(&client, "a negative one", strict(0), response::QUERY_NOT_FOUND).await;
    let pulled =
        pull("orders", 0, 0).field("consumerGroup", "readers").field("sysFlag", 5).field("commitOffset", 42);
    client.ok(pulled).await;
    assert_eq!(client.ok(strict(0)).await.fields.get("offset"), Some("42"));
}

#[tokio::test]
async fn what_is_not_there_is_empty_or_unknown() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    assert_eq!((client.max_offset("nothing", 0).await, client.min_offset("nothing", 9).await), (0, 0));
    let by = |code, name: &'static str| Command::request(code).field(name, "nothing");
    for (what, command, expected) in [
        ("a code", Command::request(9_999), response::REQUEST_CODE_NOT_SUPPORTED),
        ("a topic's configuration", by(request::GET_TOPIC_CONFIG, "topic"), response::TOPIC_NOT_EXIST),
        ("a topic's statistics", by(request::GET_TOPIC_STATS_INFO, "topic"), response::TOPIC_NOT_EXIST),
        (
            "a group's members",
            by(request::GET_CONSUMER_LIST_BY_GROUP, "consumerGroup"),
            response::SYSTEM_ERROR,
        ),
        (
            "a group's connections",
            by(request::GET_CONSUMER_CONNECTION_LIST, "consumerGroup"),
            response::CONSUMER_NOT_ONLINE,
        ),
        ("a missing field", Command::request(request::GET_MAX_OFFSET), response::SYSTEM_ERROR),
    ] {
        check(&client, what, command, expected).await;
    }
}

#[tokio::test]
async fn times_are_found() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    for _ in 0..5 {
        client.send("orders", 0, "x").await;
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    let messages = client.read_all("orders", 0, 0).await;
    let at = async |time: i64, boundary: &str| {
        let search = Command::request(request::SEARCH_OFFSET_BY_TIMESTAMP)
            .field("topic", "orders")
            .field("queueId", 0)
            .field("timestamp", time)
            .field("boundaryType", boundary);
        client.ok(search).await.fields.get_i64("offset").unwrap()
    };
    let third = messages[2].store_timestamp;
    assert_eq!((at(third, "LOWER").await, at(third, "UPPER").await), (2, 2));
    assert_eq!((at(third + 1, "lower").await, at(third - 1, "upper").await), (3, 1));
    assert_eq!((at(0, "LOWER").await, at(i64::MAX, "LOWER").await), (0, 5));
    assert_eq!((at(0, "UPPER").await, at(i64::MAX, "UPPER").await), (0, 4));
}

#[tokio::test]
async fn a_deleted_topic_starts_anew() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    for _ in 0..10 {
        client.send("orders", 0, "old").await;
    }
    client.ok(delete("orders")).await;
    check(&client, "deleted", pull("orders", 0, 0), response::TOPIC_NOT_EXIST).await;
    client.create_topic("orders", 1).await;
    assert_eq!(client.send("orders", 0, "new").await, 0);
    assert_eq!(client.read_all("orders", 0, 0).await.len(), 1);
}

#[tokio::test]
async fn old_messages_go_and_the_queue_says_where_it_starts() {
    let fixture = Fixture::with(|options| options.retention = Some(Duration::from_millis(300))).await;
    let client = fixture.client().await;
    client.create_topic("orders", 1).await;
    for _ in 0..10 {
        client.send("orders", 0, "x").await;
    }
    until("all to go", async || client.min_offset("orders", 0).await == 10).await;
    let answer = check(&client, "trimmed", pull("orders", 0, 3), response::PULL_OFFSET_MOVED).await;
    assert_eq!(offsets(&answer), (10, 10, 10));
    let answer = check(&client, "at the end", pull("orders", 0, 10), response::PULL_NOT_FOUND).await;
    assert_eq!(offsets(&answer), (10, 10, 10));
    assert_eq!(client.send("orders", 0, "offsets are not used again").await, 10);
    let data = fixture.dir.path().join("data");
    fixture.broker.shutdown().await;
    let options = devbroker::Options::new(([127, 0, 0, 1], 0).into(), data);
    let broker = devbroker::DevBroker::start(options).await.unwrap();
    let client = Client::connect(broker.addr()).await;
    assert!(client.min_offset("orders", 0).await >= 10, "still trimmed after a restart");
    assert_eq!(client.max_offset("orders", 0).await, 11);
}

#[tokio::test]
async fn a_request_in_the_long_form_and_in_binary_is_understood() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    let mut command = Command::request(request::SEND_MESSAGE)
        .field("producerGroup", "p")
        .field("topic", "orders")
        .field("defaultTopic", "TBW102")
        .field("defaultTopicQueueNums", 4)
        .field("queueId", 0)
        .field("sysFlag", 0)
        .field("bornTimestamp", 1)
        .field("flag", 7)
        .with_body("x");
    command.encoding = remoting::command::Encoding::Binary;
    let answer = client.ok(command).await;
    assert_eq!(answer.fields.get("queueOffset"), Some("0"));
    assert_eq!(client.read_all("orders", 0, 0).await[0].flag, 7);
    let unfinished = send_header(request::SEND_MESSAGE_V2, "orders", 0);
    check(&client, "no body", unfinished, response::SYSTEM_ERROR).await;
}
