//! Who is in a group, and how the others learn of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]

mod client;

use std::time::{Duration, Instant};

use client::{Client, Fixture, heartbeat, pull, until};
use remoting::{
    code::{request, response},
    command::Command,
};

async fn members(client: &Client, group: &str) -> Vec<String> {
    let asked = Command::request(request::GET_CONSUMER_LIST_BY_GROUP).field("consumerGroup", group);
    let answer = client.call(asked).await;
    if answer.code == response::SYSTEM_ERROR {
        return Vec::new();
    }
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let mut ids: Vec<String> = serde_json::from_value(body["consumerIdList"].clone()).unwrap();
    ids.sort();
    ids
}

#[tokio::test]
async fn members_come_with_heartbeats_and_go_with_their_connections() {
    let fixture = Fixture::start().await;
    let (one, two, three) = (fixture.client().await, fixture.client().await, fixture.client().await);
    one.ok(heartbeat("one", "workers")).await;
    two.ok(heartbeat("two", "workers")).await;
    three.ok(heartbeat("three", "workers")).await;
    assert_eq!(members(&one, "workers").await, ["one", "three", "two"]);

    let leave = Command::request(request::UNREGISTER_CLIENT)
        .field("clientID", "two")
        .field("consumerGroup", "workers");
    two.ok(leave).await;
    assert_eq!(members(&one, "workers").await, ["one", "three"]);
    let told = one.notices().len();
    let start = Instant::now();
    drop(three);
    until("the closed connection to be noticed", async || members(&one, "workers").await == ["one"]).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    until("a notice of it", async || one.notices().len() > told).await;
    let notice = one.notices().pop().unwrap();
    assert_eq!((notice.code, notice.is_oneway()), (request::NOTIFY_CONSUMER_IDS_CHANGED, true));
    assert_eq!(notice.fields.get("consumerGroup"), Some("workers"));
}

#[tokio::test]
async fn one_client_on_two_connections_is_listed_twice() {
    let fixture = Fixture::start().await;
    let (one, two) = (fixture.client().await, fixture.client().await);
    for _ in 0..2 {
        one.ok(heartbeat("same", "workers")).await;
        two.ok(heartbeat("same", "workers")).await;
    }
    assert_eq!(members(&one, "workers").await, ["same", "same"]);
}

#[tokio::test]
async fn who_is_silent_or_sends_no_heartbeats_is_gone_after_a_while() {
    let fixture = Fixture::with(|options| options.client_expiry = Duration::from_millis(500)).await;
    let (silent, talking, other) = (fixture.client().await, fixture.client().await, fixture.client().await);
    silent.ok(heartbeat("silent", "workers")).await;
    talking.ok(heartbeat("talking", "workers")).await;
    talking.create_topic("orders", 1).await;
    until("the silent one to go", async || {
        other.ok(heartbeat("other", "workers")).await;
        silent.is_closed() && !members(&other, "workers").await.contains(&"silent".to_owned())
    })
    .await;
    until("the one without heartbeats to go", async || {
        other.ok(heartbeat("other", "workers")).await;
        if !talking.is_closed() {
            let _answer = talking.begin(pull("orders", 0, 0)).await;
        }
        talking.is_closed()
    })
    .await;
    assert_eq!(members(&other, "workers").await, ["other"]);
}

#[tokio::test]
async fn a_heartbeat_makes_the_group_and_its_retry_topic() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    client.ok(heartbeat("one", "workers")).await;
    let route = Command::request(request::GET_ROUTEINFO_BY_TOPIC).field("topic", "%RETRY%workers");
    client.ok(route).await;
    let group = Command::request(request::GET_SUBSCRIPTIONGROUP_CONFIG).field("group", "workers");
    let body: serde_json::Value = serde_json::from_slice(&client.ok(group).await.body).unwrap();
    assert_eq!((&body["groupName"], &body["consumeEnable"]), (&"workers".into(), &true.into()));
}

#[tokio::test]
async fn locks_are_shared_out_among_clients() {
    let fixture = Fixture::start().await;
    let client = fixture.client().await;
    let ask = |code, id: &str| {
        let queue = r#"{"topic":"orders","brokerName":"dev-broker","queueId":0}"#;
        let body = format!(r#"{{"consumerGroup":"workers","clientId":"{id}","mqSet":[{queue}]}}"#);
        Command::request(code).with_body(body)
    };
    let locked = async |id: &str| {
        let body = client.ok(ask(request::LOCK_BATCH_MQ, id)).await.body;
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        body["lockOKMQSet"].as_array().unwrap().len()
    };
    assert_eq!((locked("a").await, locked("b").await, locked("a").await), (1, 0, 1));
    client.ok(ask(request::UNLOCK_BATCH_MQ, "b")).await;
    assert_eq!(locked("b").await, 0);
    client.ok(ask(request::UNLOCK_BATCH_MQ, "a")).await;
    assert_eq!(locked("b").await, 1);
}
