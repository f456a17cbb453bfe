//! The starter itself: every version comes up, survives what tests do to it, and leaves nothing behind.

use std::collections::BTreeSet;
use std::net::TcpStream;
use std::path::Path;

use test_support::java::{self, RocketMq, Tuning, Version};
use test_support::requirements::skip_without_java;

#[tokio::test]
async fn every_version_comes_up_and_serves_its_own_client() -> anyhow::Result<()> {
    if skip_without_java()? {
        return Ok(());
    }
    for version in Version::ALL {
        let rocketmq = RocketMq::start(version, Tuning::default()).await?;
        let name_server = rocketmq.name_server();
        let bodies: Vec<String> = (0..20).map(|i| format!("body {i}")).collect();
        java::send(version, &name_server, "starter", &bodies).await?;
        let lines = java::consume(version, &name_server, "starter", "starter-group", bodies.len()).await?;
        let found: BTreeSet<&str> = lines.iter().filter_map(|line| line.splitn(4, ' ').nth(3)).collect();
        let sent: BTreeSet<&str> = bodies.iter().map(String::as_str).collect();
        assert_eq!(found, sent, "RocketMQ {version}");
    }
    Ok(())
}

#[tokio::test]
async fn a_broker_comes_back_with_its_store_and_a_name_server_with_its_broker() -> anyhow::Result<()> {
    if skip_without_java()? {
        return Ok(());
    }
    let mut rocketmq = RocketMq::start(Version::V5_5_0, Tuning::default()).await?;
    java::send(Version::V5_5_0, &rocketmq.name_server(), "kept", &["a", "b"]).await?;

    rocketmq.kill_broker()?;
    assert!(TcpStream::connect(rocketmq.broker()).is_err(), "a killed broker listens");
    rocketmq.restart_broker().await?;

    rocketmq.kill_name_server()?;
    assert!(TcpStream::connect(rocketmq.name_server()).is_err(), "a killed name server listens");
    rocketmq.restart_name_server().await?;

    let lines = java::consume(Version::V5_5_0, &rocketmq.name_server(), "kept", "kept-group", 2).await?;
    assert_eq!(lines.len(), 2);
    Ok(())
}

#[tokio::test]
async fn the_proxy_serves_a_remoting_client_and_the_admin_tool_sees_the_topic() -> anyhow::Result<()> {
    if skip_without_java()? {
        return Ok(());
    }
    let rocketmq = RocketMq::start(Version::V5_5_0, Tuning::default().with_proxy()).await?;
    let name_server = rocketmq.name_server();
    let created = java::mqadmin(
        Version::V5_5_0,
        &name_server,
        &["updateTopic", "-t", "through-proxy", "-b", &rocketmq.broker().to_string(), "-r", "4", "-w", "4"],
    )
    .await?;
    assert!(created.contains("success"), "{created}");

    let proxy = rocketmq.proxy().expect("started with a proxy").to_string();
    java::send(Version::V5_5_0, &proxy, "through-proxy", &["a", "b", "c"]).await?;
    let topics = java::mqadmin(Version::V5_5_0, &name_server, &["topicList"]).await?;
    assert!(topics.lines().any(|topic| topic.trim() == "through-proxy"), "{topics}");
    Ok(())
}

#[tokio::test]
async fn settings_of_a_test_reach_the_broker_and_everything_is_gone_after_it() -> anyhow::Result<()> {
    if skip_without_java()? {
        return Ok(());
    }
    let tuning = Tuning::default().broker("autoCreateTopicEnable", "false");
    let mut rocketmq = RocketMq::start(Version::V4_9_7, tuning).await?;
    let error =
        java::send(Version::V4_9_7, &rocketmq.name_server(), "never-created", &["a"]).await.unwrap_err();
    assert!(format!("{error:#}").contains("No route info of this topic"), "{error:#}");

    let process = format!("/proc/{}", rocketmq.broker_process().pid());
    let directory = rocketmq.scratch().path().to_owned();
    assert!(Path::new(&process).exists() && directory.exists());
    drop(rocketmq);
    assert!(!Path::new(&process).exists(), "the broker still runs");
    assert!(!directory.exists(), "{} is still there", directory.display());
    Ok(())
}
