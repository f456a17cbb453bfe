//! Configurations.

use super::*;

#[tokio::test]
async fn a_torn_record_is_named_and_healed_by_a_whole_one() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    rig.client.create_topic(&TopicSpec::new(CONFIGS, 1)).await?;
    append(&rig, (CONFIGS, 0), "connector-gone", connector(1)).await?;
    append(&rig, (CONFIGS, 0), "connector-java", &connector(1)[..200]).await?;
    let place = "topic connector-config-topic, broker b, queue 0, offset 1 with key \"connector-java\"";
    let error = why_it_does_not_start(&rig).await?;
    assert!(error.contains(place), "{error}");
    // Somebody who had not read it yet has published what stood before it.
    append_with(&rig, (CONFIGS, 0), "connector-java", connector(1), &[AGAIN]).await?;
    let error = why_it_does_not_start(&rig).await?;
    assert!(error.contains(place), "{error}");

    append(&rig, (CONFIGS, 0), "connector-java", connector(2)).await?;
    let worker = rig.worker().await?;
    assert!(worker.view().connectors.contains_key(&name("java")));
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_worker_goes_on_without_a_torn_configuration_and_lets_the_one_before_it_be() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = Worker::start(restless(&rig)).await?;
    for connector in ["c", "d"] {
        worker.put_connector(name(connector), config(&[])).await?;
    }
    let torn = append(&rig, (CONFIGS, 0), "connector-c", &connector(1)[..200]).await?;
    let behind = wait::until(DEADLINE, "the other one to be published again", async || {
        let all = rig.messages(CONFIGS).await.map_err(|error| error.to_string())?;
        let keys = all.iter().filter(|message| message.offset > torn).map(|m| m.keys().unwrap_or_default());
        let keys: Vec<_> = keys.map(str::to_owned).collect();
        let others = keys.iter().filter(|key| *key == "Y29ubmVjdG9yLWQ=").count();
        if others > 4 { Ok(keys) } else { Err(format!("{keys:?}")) }
    })
    .await?;
    // What was under way when it came may stand behind it, and nothing later.
    let own = behind.iter().rposition(|key| key == "Y29ubmVjdG9yLWM=");
    assert!(own.is_none_or(|place| place < 2), "{behind:?}");
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    let error = why_it_does_not_start(&rig).await?;
    assert!(error.contains(&format!("queue 0, offset {torn} with key \"connector-c\"")), "{error}");
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_torn_configuration_is_seen_from_outside_until_it_is_healed() -> anyhow::Result<()> {
    const UNREADABLE: &str = "rocketmq_connect_config_records_unreadable";
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    for connector in ["c", "d"] {
        worker.put_connector(name(connector), config(&[])).await?;
    }
    until_running(&worker, "c").await?;
    let rest = Rest::serve(&worker).await?;
    assert_eq!(rest.metric(UNREADABLE).await?, Some(0));
    let torn = append(&rig, (CONFIGS, 0), "connector-c", &connector(1)[..200]).await?;
    // Nobody knows what this one was to be.
    append(&rig, (CONFIGS, 0), "connector-new", &connector(1)[..200]).await?;
    wait::until(DEADLINE, "both to be counted", async || match rest.metric(UNREADABLE).await {
        Ok(Some(2)) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await?;
    let place = format!("queue 0, offset {torn} with key \"connector-c\" cannot be read");
    let trace = async |connector: &str| {
        let status = rest.ask(&format!("/connectors/{connector}/status")).await?;
        anyhow::ensure!(status["connector"]["state"] == "RUNNING", "{status}");
        Ok::<_, anyhow::Error>(status["connector"]["trace"].as_str().unwrap_or_default().to_owned())
    };
    let said = trace("c").await?;
    assert!(said.contains(&place) && said.contains("post its configuration"), "{said}");
    assert_eq!(trace("d").await?, "");

    worker.put_connector(name("c"), config(&[])).await?;
    append(&rig, (CONFIGS, 0), "connector-new", connector(1)).await?;
    wait::until(DEADLINE, "both to be healed", async || match rest.metric(UNREADABLE).await {
        Ok(Some(0)) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await?;
    assert_eq!(trace("c").await?, "");
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_operator_who_posts_the_same_configuration_heals_a_torn_one() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    worker.put_connector(name("c"), config(&[])).await?;
    assert!(worker.put_connector(name("c"), config(&[])).await.is_err(), "it is there already");
    append(&rig, (CONFIGS, 0), "connector-c", &connector(1)[..200]).await?;
    wait::until(DEADLINE, "the torn record to be read", async || {
        worker.put_connector(name("c"), config(&[])).await.map_err(|error| error.to_string())
    })
    .await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    let worker = rig.worker().await?;
    until_running(&worker, "c").await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
