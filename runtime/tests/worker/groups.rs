//! Topics that a connector may not read: those that another one reads for its consumer group, and those that it would fill itself.

use runtime::host::Host;

use serde_json::json;

use crate::rest::Rest;
use crate::rig::{CLASS, DEADLINE, OTHER, Rig, config, name, until_running};

#[tokio::test]
async fn a_second_connector_of_a_group_over_one_topic_is_refused() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let rest = Rest::serve(&worker).await?;
    let put = async |connector: &str, class: &str, topics: &str, group: &str| {
        let config = json!({
            "connector.class": class, "connect.topicnames": topics, "task.group.id": group,
        });
        rest.put(connector, &config).await.map(drop).map_err(|error| error.to_string())
    };
    let refused = |connector: &str, group: &str, by: &str| {
        Err(format!(
            "/connectors/{connector}: task.group.id: connector {by} reads topic t for consumer group {group} already, and the two \
             would overwrite each other's offsets; give another group here, or delete {by} first"
        ))
    };

    assert_eq!(put("first", CLASS, "t", "g").await, Ok(()));
    assert_eq!(put("second", OTHER, "s;t", "g").await, refused("second", "g", "first"));
    assert_eq!(put("second", OTHER, "t", "connect-first").await, Ok(()), "first reads for another group");
    assert_eq!(put("second", OTHER, "t", "g").await, refused("second", "g", "first"), "as an update too");
    let by_name = worker.put_connector(name("third"), config(&[("task.group.id", "connect-second")])).await;
    assert!(by_name.is_ok(), "second does not read for the group that its name makes");
    let second = worker.put_connector(name("second"), config(&[("size", "2")])).await;
    let second = second.expect_err("third reads for the group that the name makes").to_string();
    assert!(second.starts_with("task.group.id: connector third reads topic t"), "{second}");

    rest.tell("/connectors/first/stop").await?;
    assert_eq!(put("second", OTHER, "t", "g").await, Ok(()), "the group is free again");
    until_running(&worker, "second").await?;
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_connector_that_would_feed_itself_is_refused() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let rest = Rest::serve(&worker).await?;
    let internal = ["connector-config-topic", "connector-offset-topic", "connector-status-topic"];
    for topic in internal {
        let config = json!({"connector.class": CLASS, "connect.topicnames": format!("t;{topic}")});
        let answer = rest.answer_to_put("c", &config).await?;
        let message = answer["message"].as_str().unwrap_or_default();
        let start = format!("connect.topicnames: {topic} is a topic of this worker itself");
        assert!(message.starts_with(&start) && answer["errorCode"] == 500, "{answer}");
    }
    for letters in ["t", internal[1]] {
        let config = json!({
            "connector.class": CLASS, "connect.topicnames": "t", "errors.deadletterqueue.topic.name": letters,
        });
        let answer = rest.answer_to_put("c", &config).await?;
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(message.starts_with("errors.deadletterqueue.topic.name: "), "{answer}");
    }
    rest.ask("/connectors/c/status").await.expect_err("nothing is there");
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_name_that_makes_no_group_needs_one_of_its_own() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let rest = Rest::serve(&worker).await?;
    let config = json!({"connector.class": CLASS, "connect.topicnames": "t"});
    for (path, group) in [("a.b", "connect-a.b"), ("a%20b%2Fc%C3%A9", "connect-a b/cé")] {
        let what = "which is not what can be a consumer group: up to 255 of a-z A-Z 0-9 - _ % |; rename it or set this key";
        let message = format!("task.group.id: the connector's name makes {group:?}, {what}");
        let answer = rest.answer_to_put(path, &config).await?;
        assert_eq!(answer, json!({"errorCode": 400, "message": message}));
        rest.ask(&format!("/connectors/{path}/status")).await.expect_err("nothing is there");
    }

    let config = json!({"connector.class": CLASS, "connect.topicnames": "t", "task.group.id": "g"});
    rest.put("a.b", &config).await?;
    until_running(&worker, "a.b").await?;
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
