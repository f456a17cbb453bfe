//! What `/metrics` says of a worker at work.

use runtime::host::Host;
use test_support::wait;

use crate::rest::Rest;
use crate::rig::{DEADLINE, Rig, config, name, until_running, until_taken};
use crate::script::Act;

#[tokio::test]
async fn records_are_counted_over_restarts_and_changes_of_the_configuration() -> anyhow::Result<()> {
    let rig = Rig::start(1).await?;
    let worker = rig.worker().await?;
    let rest = Rest::serve(&worker).await?;
    let mut is_first = true;
    rig.script.on_put(move |_| match std::mem::take(&mut is_first) {
        true => Act::Panic("once"),
        false => Act::Refuse("3"),
    });
    worker.put_connector(name("c"), config(&[("errors.tolerance", "all")])).await?;
    rig.send(0, 0..5).await?;
    until_taken(&rig.script, 4).await?;
    worker.put_connector(name("c"), config(&[("errors.tolerance", "all"), ("size", "2")])).await?;
    until_running(&worker, "c").await?;
    rig.send(0, 5..6).await?;
    until_taken(&rig.script, 5).await?;
    for (count, expected) in [("records_put", 5), ("records_skipped", 1), ("dead_letters", 0)] {
        let series = format!("rocketmq_connect_task_{count}_total{{connector=\"c\",task=\"0\"}}");
        wait::until(DEADLINE, "the count", async || match rest.metric(&series).await {
            Ok(Some(value)) if value == expected => Ok(()),
            other => Err(format!("{series}: {other:?}")),
        })
        .await?;
    }
    let state = r#"rocketmq_connect_task_state{connector="c",task="0",state="running"}"#;
    assert_eq!(rest.metric(state).await?, Some(1));
    worker.delete_connector(&name("c")).await?;
    assert_eq!(rest.metric(state).await?, None, "a connector that is gone has no series");
    worker.put_connector(name("c"), config(&[("errors.tolerance", "all"), ("size", "3")])).await?;
    let put = r#"rocketmq_connect_task_records_put_total{connector="c",task="0"}"#;
    assert_eq!(rest.metric(put).await?, Some(0), "one that is created again begins anew");
    rest.stop().await?;
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}
