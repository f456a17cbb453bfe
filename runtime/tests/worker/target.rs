//! A connector's target is asked whether a configuration fits it, before anything is stored.

use std::time::Duration;

use connector_api::{
    CheckError, ConfigDef, ConfigError, ConfigKey, ConfigType, ConnectorConfig, SinkConnector, SinkTask,
    async_trait,
};
use runtime::host::Host;
use runtime::plugins::Plugins;
use runtime::worker::{Worker, WorkerHandle, WorkerOptions};

use crate::log;
use crate::rig::{DEADLINE, Rig, config, name};
use crate::script::{Script, Scripted};

const CLASS: &str = "asking";
const PASSWORD: &str = "hunter2@fe";

/// A class whose target answers as the key `target` says.
struct Asking(Scripted);

#[async_trait(?Send)]
impl SinkConnector for Asking {
    fn class_name(&self) -> &str {
        CLASS
    }

    fn config_def(&self) -> ConfigDef {
        ConfigDef::new().key(ConfigKey::optional("pin", "").of(ConfigType::Password))
    }

    #[expect(clippy::panic, reason = "it is what is to be seen")]
    async fn check(&self, config: &ConnectorConfig) -> Result<(), CheckError> {
        match config.get("target").unwrap_or_default() {
            "refuses" => {
                let wrong = ConfigError::new("table", format!("there is no table t for {PASSWORD}"));
                Err(CheckError::Wrong(wrong.into()))
            }
            "is away" => Err(CheckError::Unanswered(format!("nobody at root:{PASSWORD}@fe"))),
            "hangs" => std::future::pending().await,
            "blocks" => {
                std::thread::sleep(Duration::from_millis(1500));
                Ok(())
            }
            "panics" => panic!("no key for {PASSWORD}"),
            _ => Ok(()),
        }
    }

    fn task(&self) -> Box<dyn SinkTask> {
        self.0.task()
    }
}

async fn worker(rig: &Rig) -> anyhow::Result<WorkerHandle> {
    let plugins = Plugins::new().sink(Asking(Scripted { class: CLASS, script: Script::new() }));
    let patience = Duration::from_millis(300);
    let options =
        WorkerOptions { plugins, target_timeout: patience, class_timeout: patience * 3, ..rig.options() };
    Ok(Worker::start(options).await?)
}

async fn put(worker: &WorkerHandle, target: &str) -> Result<(), String> {
    let config = config(&[("connector.class", CLASS), ("target", target), ("pin", PASSWORD)]);
    worker.put_connector(name("c"), config).await.map(drop).map_err(|error| error.to_string())
}

/// What the target's answer comes to for a connector that is created, and for one whose configuration is changed.
async fn check(target: &str, expected: Result<&str, &str>) -> anyhow::Result<()> {
    drop(log::lines());
    let rig = Rig::start(1).await?;
    let worker = worker(&rig).await?;
    for given_before in [None, Some("fits")] {
        if let Some(before) = given_before {
            drop(put(&worker, before).await);
        }
        let answered = put(&worker, target).await;
        let given = worker
            .view()
            .connectors
            .get(&name("c"))
            .map(|c| c.config.get("target").unwrap_or_default().to_owned());
        match expected {
            Ok(logged) => {
                assert_eq!(answered, Ok(()), "{target}");
                assert_eq!(given.as_deref(), Some(target));
                assert!(log::lines().contains(logged), "{target}: not in the log: {logged}");
            }
            Err(refusal) => {
                assert_eq!(answered, Err(refusal.to_owned()), "{target}");
                assert_eq!(given.as_deref(), given_before, "nothing was stored");
            }
        }
        assert!(!log::lines().contains(PASSWORD));
        if expected.is_ok() {
            worker.delete_connector(&name("c")).await?;
        }
    }
    worker.shutdown(DEADLINE).await;
    rig.stop().await;
    Ok(())
}

#[tokio::test]
async fn what_the_target_has_against_a_configuration_refuses_it() -> anyhow::Result<()> {
    check("refuses", Err("table: there is no table t for ******")).await
}

#[tokio::test]
async fn a_target_that_does_not_answer_stands_against_nothing() -> anyhow::Result<()> {
    check("is away", Ok("nobody at root:******@fe")).await?;
    check("hangs", Ok("no answer within 300 ms")).await?;
    check("blocks", Ok("did not come back from check")).await
}

#[tokio::test]
async fn a_panic_is_a_defect_of_the_class() -> anyhow::Result<()> {
    let refusal =
        "connector class asking panicked in check: no key for ******; this is a defect of the connector";
    check("panics", Err(refusal)).await
}
