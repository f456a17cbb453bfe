//! Being in a group, and hearing who else is.

use remoting::code::response;
use remoting::{Client, Error};
use test_support::wait;
use tokio::sync::watch;

use crate::target::{DEADLINE, Target, client_of, unique};

on_every_target!(
    nobody_is_in_a_new_group,
    members_are_listed_until_they_leave,
    members_are_told_who_joins_and_leaves,
    a_member_that_dies_is_gone_at_once,
);

async fn nobody_is_in_a_new_group(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    client.route(&queue.topic).await?;
    let members = client.members(&unique("group")).await;
    if target.expected.tells_empty_groups {
        assert_eq!(members?, Vec::<String>::new());
    } else {
        let error = members.unwrap_err();
        assert!(matches!(error, Error::Refused { code: response::SYSTEM_ERROR, .. }), "{error:?}");
    }
    Ok(())
}

async fn members_are_listed_until_they_leave(target: Target) -> anyhow::Result<()> {
    let (one, two, queue) = (target.client()?, target.client()?, target.queue().await?);
    let (group, topic) = (unique("group"), queue.topic.to_string());
    let _membership = one.join(&group, [topic.clone()]).await?;
    wait_members(&one, &group, &[&one]).await?;
    let other = two.join(&group, [topic]).await?;
    wait_members(&one, &group, &[&one, &two]).await?;
    wait_members(&two, &group, &[&one, &two]).await?;
    other.leave().await?;
    wait_members(&one, &group, &[&one]).await
}

async fn members_are_told_who_joins_and_leaves(target: Target) -> anyhow::Result<()> {
    let (one, two, queue) = (target.client()?, target.client()?, target.queue().await?);
    let (group, topic) = (unique("group"), queue.topic.to_string());
    let membership = one.join(&group, [topic.clone()]).await?;
    wait_members(&one, &group, &[&one]).await?;
    let mut changes = membership.changes();
    // The broker may also tell a member of its own joining.
    wait_quiet(&mut changes).await;

    let other = two.join(&group, [topic]).await?;
    wait_members(&one, &group, &[&one, &two]).await?;
    check_notice(&target, &mut changes, "joining").await?;
    wait_quiet(&mut changes).await;

    other.leave().await?;
    wait_members(&one, &group, &[&one]).await?;
    check_notice(&target, &mut changes, "leaving").await
}

async fn a_member_that_dies_is_gone_at_once(target: Target) -> anyhow::Result<()> {
    let (client, queue) = (target.client()?, target.queue().await?);
    let (group, topic) = (unique("group"), queue.topic.to_string());
    let membership = client.join(&group, [topic.clone()]).await?;

    let (name_server, dying_group) = (target.name_server.clone(), group.clone());
    // Its runtime goes and takes the connection with it, without a word to the broker.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let joined = runtime.spawn(async move {
        let dying = client_of(&name_server)?;
        let membership = dying.join(&dying_group, [topic]).await?;
        anyhow::Ok((dying.id().to_owned(), membership))
    });
    let (dying_id, dying_membership) = joined.await??;
    let mut expected = vec![client.id().to_owned(), dying_id];
    expected.sort();
    wait_ids(&client, &group, &expected).await?;
    let mut changes = membership.changes();
    wait_quiet(&mut changes).await;

    runtime.shutdown_background();
    wait_members(&client, &group, &[&client]).await?;
    // On a runtime that is gone this cannot tell the broker anything.
    drop(dying_membership);
    check_notice(&target, &mut changes, "a death").await
}

async fn wait_members(asking: &Client, group: &str, expected: &[&Client]) -> anyhow::Result<()> {
    let mut expected: Vec<String> = expected.iter().map(|client| client.id().to_owned()).collect();
    expected.sort();
    wait_ids(asking, group, &expected).await
}

async fn wait_ids(asking: &Client, group: &str, expected: &[String]) -> anyhow::Result<()> {
    let what = format!("the members of {group} to be {expected:?}");
    wait::until(DEADLINE, &what, async || match asking.members(group).await {
        Ok(members) if members == expected => Ok(()),
        Ok(members) => Err(format!("{members:?}")),
        Err(error) => Err(error.to_string()),
    })
    .await
}

/// Waits until no notice has come for a while, so that the next one is about what is done next.
async fn wait_quiet(changes: &mut watch::Receiver<u64>) {
    let pause = std::time::Duration::from_millis(300);
    while matches!(tokio::time::timeout(pause, changes.changed()).await, Ok(Ok(()))) {}
}

async fn check_notice(target: &Target, changes: &mut watch::Receiver<u64>, what: &str) -> anyhow::Result<()> {
    if target.expected.notices {
        let told = tokio::time::timeout(DEADLINE, changes.changed()).await;
        assert!(matches!(told, Ok(Ok(()))), "no notice of {what}: {told:?}");
    } else {
        assert!(!changes.has_changed()?, "a notice of {what}: the table of differences is out of date");
    }
    Ok(())
}
