//! What the server refuses before a handler sees it.

use crate::wire::Running;
use runtime::rest::RestOptions;

const CONFIG: &str = r#"{"connector.class":"bench.CountSinkConnector","connect.topicnames":"t"}"#;

#[tokio::test]
async fn get_changes_nothing_when_that_is_switched_off() {
    let running = Running::with(RestOptions { legacy_mutations: false, ..RestOptions::default() }).await;
    let created = running.post("/connectors/c", CONFIG).await;
    assert!(created.body.starts_with(r#"{"status":200"#), "{created}");
    let before = running.get("/connectors/list").await.body;
    insta::assert_snapshot!("get_must_not_change", running.get("/connectors/c/stop").await);
    for path in ["c?config=%7B%7D", "c/pause", "c/resume", "stop/all", "pauseAll", "resume/all"] {
        let answer = running.get(&format!("/connectors/{path}")).await;
        assert_eq!(answer.status_line, "HTTP/1.1 405 Method Not Allowed", "{path}");
    }
    assert_eq!(running.get("/connectors/list").await.body, before);
}
