//! Two connectors that read one topic for one consumer group would overwrite each other's offsets.

use runtime::host::Host;

use crate::rest::Rest;
use crate::rig::{CLASS, DEADLINE, OTHER, Rig, config, name, until_running};

#[tokio::test]
async fn a_second_connector_of_a_group_over_one_topic_is_refused() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let rest = Rest::serve(&worker).await?;
    let put = async |connector: &str, class: &str, topics: &str, group: &str| {
        let config = serde_json::json!({
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
