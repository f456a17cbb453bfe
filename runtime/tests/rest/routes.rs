//! What each route and each error looks like on the wire.

use crate::{
    fake_host::{COUNT_SINK, FILE_SINK},
    wire::{Answer, Running},
};
use connector_api::{ConfigError, ConfigErrors};
use runtime::{
    host::{HostError, State, TaskPhase},
    plugins::UnknownClass,
};
use std::io;

/// Two connectors, of which one has a failed task and one is paused.
async fn with_two_connectors() -> Running {
    let running = Running::start().await;
    let doris =
        format!(r#"{{"connector.class":"{COUNT_SINK}","connect.topicnames":"orders","max.tasks":2}}"#);
    let files =
        format!(r#"{{"connector.class":"{FILE_SINK}","connect.topicnames":"orders","password":"p"}}"#);
    running.post("/connectors/counts", doris).await;
    running.post("/connectors/files", files).await;
    running.get("/connectors/files/pause").await;
    running.host.give_tasks("counts", true);
    running.host.give_tasks("files", true);
    running.host.connector("counts", |connector| {
        let task = &mut connector.tasks[1];
        (task.state, task.phase) = (State::Failed, TaskPhase::Error);
        task.trace = Some("the target refused the load: no such table".into());
    });
    running.host.connector("files", |connector| connector.tasks[0].state = State::Paused);
    running
}

macro_rules! snapshots {
    ($($name:ident: $path:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            insta::assert_snapshot!(with_two_connectors().await.get($path).await);
        }
    )*};
}

snapshots! {
    cluster_info: "/getClusterInfo";
    metrics: "/metrics";
    list: "/connectors/list";
    allocated_connectors: "/allocated/connectors";
    allocated_tasks: "/allocated/tasks";
    config: "/connectors/counts/config";
    config_of_unknown: "/connectors/nobody/config";
    status: "/connectors/counts/status";
    status_of_unknown: "/connectors/nobody/status";
    tasks: "/connectors/counts/tasks";
    tasks_of_unknown: "/connectors/nobody/tasks";
    task_status: "/connectors/counts/tasks/1/status";
    task_status_of_unknown: "/connectors/counts/tasks/7/status";
    task_status_of_no_number: "/connectors/counts/tasks/99999999999/status";
    stop: "/connectors/counts/stop";
    stop_of_unknown: "/connectors/nobody/stop";
    pause: "/connectors/counts/pause";
    pause_of_unknown: "/connectors/nobody/pause";
    resume: "/connectors/files/resume";
    resume_of_unknown: "/connectors/nobody/resume";
    stop_all: "/connectors/stop/all";
    pause_all: "/connectors/pause/all";
    resume_all: "/connectors/resume/all";
    plugin_reload: "/plugin/reload";
    plugin_list: "/plugin/list";
    plugin_list_connectors: "/plugin/list/connectors";
    plugin_config: "/plugin/config";
    plugin_config_validate: "/plugin/config/validate";
    create_without_config: "/connectors/new";
    create_by_query: "/connectors/new?config=%7B%22connector.class%22:%22CountSink%22,'connect.topicnames':'a+b'%7D";
    create_by_query_as_it_is: "/connectors/new?config={\"connector.class\":\"CountSink\",\"connect.topicnames\":\"é\"}";
    old_stop_all: "/connectors/stopAll";
    old_pause_all: "/connectors/pauseAll";
    old_resume_all: "/connectors/resumeAll";
    old_config_info: "/getConfigInfo";
    old_allocated_info: "/getAllocatedInfo";
    old_allocated_connectors: "/getAllocatedConnectors";
    old_allocated_tasks: "/getAllocatedTasks";
    no_such_route: "/nosuch";
}

#[tokio::test]
async fn all_of_nothing() {
    let running = Running::start().await;
    let mut answers = Vec::new();
    for verb in ["stop", "pause", "resume"] {
        answers.push(running.get(&format!("/connectors/{verb}/all")).await.body);
    }
    insta::assert_snapshot!(answers.join("\n"));
}

#[tokio::test]
async fn a_deleted_connector_keeps_its_last_status_and_nothing_else() {
    let running = with_two_connectors().await;
    running.get("/connectors/counts/stop").await;
    let mut answers = Vec::new();
    for path in [
        "/connectors/counts/status",
        "/connectors/counts/tasks/0/status",
        "/connectors/counts/config",
        "/connectors/counts/tasks",
        "/allocated/tasks",
    ] {
        answers.push(format!("{path}\n{}", running.get(path).await.body));
    }
    insta::assert_snapshot!(answers.join("\n\n"));
}

/// The answer to a creation that the host refuses.
async fn refused(error: HostError) -> Answer {
    let running = Running::start().await;
    running.host.refuse(error);
    running.post("/connectors/c", r#"{"connector.class":"x","max.tasks":"4"}"#).await
}

#[tokio::test]
async fn refusals_of_the_host() {
    let wrong =
        vec![ConfigError::new("host", "required and not given"), ConfigError::new("port", "too large")];
    let errors = [
        HostError::SameConfig,
        HostError::MissingClass,
        HostError::MissingTopics,
        HostError::ShuttingDown,
        HostError::UnknownConnector("c".parse().unwrap()),
        HostError::InvalidConfig(ConfigErrors(wrong)),
        HostError::InvalidConfig(ConfigError::new("max.tasks", "more tasks than allowed").into()),
        HostError::Store(Box::new(io::Error::other("the broker is gone"))),
        HostError::UnknownClass(UnknownClass {
            name: "x".into(),
            ambiguous: true,
            available: vec!["a.X".into(), "b.X".into()],
        }),
    ];
    let mut answers = Vec::new();
    for error in errors {
        answers.push(refused(error).await.body);
    }
    insta::assert_snapshot!(answers.join("\n"));
}

#[tokio::test]
async fn metrics_are_only_read() {
    let running = Running::start().await;
    let (posted, nowhere) = (running.post("/metrics", "").await, running.post("/nosuch", "").await);
    assert!(posted.status_line.contains("404"), "{posted}");
    assert_eq!(posted.to_string(), nowhere.to_string());
}

#[tokio::test]
async fn a_failure_in_the_middle_of_all_is_told() {
    let mut answers = Vec::new();
    for verb in ["stop", "pause", "resume"] {
        let running = with_two_connectors().await;
        running.host.refuse(HostError::ShuttingDown);
        answers.push(running.get(&format!("/connectors/{verb}/all")).await.body);
    }
    insta::assert_snapshot!(answers.join("\n"));
}
