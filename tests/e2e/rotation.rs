//! A password that changes while records flow.

use mysql_async::prelude::Queryable;
use serde_json::json;
use test_support::source::Kind;

use crate::rig::Rig;

const FIRST: &str = "first-Pa55w0rd";
const SECOND: &str = "second-Pa55w0rd";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_takes_effect_by_a_changed_configuration_and_is_shown_nowhere() -> anyhow::Result<()> {
    let Some(mut rig) = Rig::start(Kind::DevBroker).await? else { return Ok(()) };
    let mut doris = rig.doris.session().await?;
    doris.query_drop(format!("CREATE USER 'loader' IDENTIFIED BY '{FIRST}'")).await?;
    doris.query_drop("GRANT SELECT_PRIV, LOAD_PRIV ON shop.* TO 'loader'").await?;
    let mut producer = rig.producer("orders", 4).await?;
    producer.send(0..500).await?;
    let login = |password: &str| json!({"doris.user": "loader", "doris.password": password});
    rig.load_into_doris("orders", "orders", login(FIRST)).await?;
    rig.wait_for_all(&producer).await?;
    let pid = rig.worker.process().pid();

    doris.query_drop(format!("SET PASSWORD FOR 'loader' = PASSWORD('{SECOND}')")).await?;
    producer.send(500..1_000).await?;
    let told = |status: &serde_json::Value| status["tasks"].to_string().contains("doris.password");
    rig.wait_for_status("orders", "a task to name the password", told).await?;
    rig.load_into_doris("orders", "orders", login(SECOND)).await?;
    rig.wait_for_all(&producer).await?;
    assert_eq!(rig.rows().await?, 1_000, "each once");
    assert_eq!(rig.worker.process().pid(), pid, "the worker was not started again");

    for path in ["/connectors/list", "/connectors/orders/config", "/connectors/orders/status", "/metrics"] {
        let answer = rig.worker.get(path).await?.text();
        assert!(!answer.contains(FIRST) && !answer.contains(SECOND), "GET {path}: {answer}");
    }
    let log = rig.worker.process().output();
    assert!(!log.contains(FIRST) && !log.contains(SECOND), "{log}");
    Ok(())
}
