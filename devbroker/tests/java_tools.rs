//! RocketMQ's own client and admin tool work against the dev-broker.
//!
//! Skipped without Java and Maven, unless `ROCKETMQ_CONNECT_REQUIRE_JAVA=1`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test says so by panicking"
)]

mod client;

use client::Fixture;
use test_support::{
    java::{self, Version},
    requirements::skip_without_java,
};

#[tokio::test(flavor = "multi_thread")]
async fn mqadmin_of_5_5_0_manages_topics_and_shows_progress() {
    admin_tools_work(Version::V5_5_0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mqadmin_of_4_9_7_manages_topics_and_shows_progress() {
    admin_tools_work(Version::V4_9_7).await;
}

async fn admin_tools_work(version: Version) {
    if skip_without_java().unwrap() {
        return;
    }
    let fixture = Fixture::start().await;
    let address = fixture.broker.addr().to_string();
    let mqadmin = async |arguments: &[&str]| java::mqadmin(version, &address, arguments).await.unwrap();

    let printed = mqadmin(&["updateTopic", "-b", &address, "-t", "orders", "-r", "3", "-w", "3"]).await;
    assert!(printed.contains("create topic to") && printed.contains("success"), "{printed}");
    let printed =
        mqadmin(&["updateTopic", "-c", "DefaultCluster", "-t", "bills", "-r", "1", "-w", "1"]).await;
    assert!(printed.contains("create topic to") && printed.contains("success"), "{printed}");
    let printed = mqadmin(&["topicList"]).await;
    assert!(["orders", "bills", "TBW102"].iter().all(|topic| printed.contains(topic)), "{printed}");

    let printed = mqadmin(&["sendMessage", "-t", "orders", "-p", "a body", "-k", "key", "-c", "tag"]).await;
    assert!(printed.contains("SEND_OK"), "{printed}");
    java::send(version, &address, "orders", &["first", "second"]).await.unwrap();
    let consumed = java::consume(version, &address, "orders", "readers", 3).await.unwrap();
    assert_eq!(consumed.len(), 3, "{consumed:?}");

    let printed = mqadmin(&["consumerProgress", "-g", "readers"]).await;
    assert!(printed.contains("orders") && printed.contains("Diff Total"), "{printed}");
    let printed = mqadmin(&["clusterList"]).await;
    assert!(printed.contains("dev-broker") && printed.contains(&address), "{printed}");
    let printed = mqadmin(&["topicStatus", "-t", "orders"]).await;
    assert_eq!(printed.matches("dev-broker").count(), 3, "{printed}");
    let printed = mqadmin(&["deleteTopic", "-c", "DefaultCluster", "-t", "bills"]).await;
    assert!(printed.contains("success"), "{printed}");
    let printed = mqadmin(&["topicList"]).await;
    assert!(!printed.contains("bills"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn java_producers_create_topics_and_java_consumers_read_them() {
    if skip_without_java().unwrap() {
        return;
    }
    let fixture = Fixture::start().await;
    let address = fixture.broker.addr().to_string();
    let bodies: Vec<_> = (0..500).map(|number| format!("line {number}")).collect();
    java::send(Version::V5_5_0, &address, "created-by-send", &bodies).await.unwrap();
    let consumed =
        java::consume(Version::V5_5_0, &address, "created-by-send", "readers", bodies.len()).await.unwrap();
    let mut read: Vec<_> = consumed.iter().filter_map(|line| line.splitn(4, ' ').nth(3)).collect();
    read.sort_unstable();
    let mut sent: Vec<_> = bodies.iter().map(String::as_str).collect();
    sent.sort_unstable();
    assert_eq!(read, sent);
}
