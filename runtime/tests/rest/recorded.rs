//! Every recorded answer of a Java worker that applies here is given again.
//!
//! Status line, content type and body are compared; members of JSON objects may come in another order, since some of
//! Java's orders depend on the history of a map.

use crate::{
    fake_host::FakeHost,
    wire::{Answer, Running},
};
use connector_api::ConnectorConfig;
use runtime::host::{Host, State};

const RECORDED: &str = include_str!("../fixtures/recorded.txt");

/// Requests that a Java worker knows nothing of, and that are answered here in Kafka Connect's words.
const IN_KAFKAS_WORDS: [&str; 8] = [
    "root",
    "root_acceptjson",
    "empty_connectors",
    "method_DELETE_connectors_list",
    "method_DELETE_connector_name",
    "method_PUT_pause",
    "delete_verb_unknown",
    "create_get_noconfig",
];

#[tokio::test]
async fn answers_are_those_of_a_java_worker() {
    let running = Running::start().await;
    let mut differing = Vec::new();
    let mut compared = 0;
    for block in RECORDED.split("\n\n@").flat_map(|part| part.split("\n\n### ")).skip(1) {
        match block.split_once("\n-> ") {
            None => bring(&running.host, block).await,
            Some((request, expected)) => {
                let (name, request) = request.split_once('\n').unwrap();
                if IN_KAFKAS_WORDS.contains(&name) {
                    continue;
                }
                compared += 1;
                if let Err(difference) = compare(&running, name, request, expected.trim_end()).await {
                    differing.push(difference);
                }
            }
        }
    }
    assert!(compared > 90, "only {compared} answers were compared");
    assert!(differing.is_empty(), "{} of {compared} differ:\n\n{}", differing.len(), differing.join("\n\n"));
}

async fn compare(running: &Running, name: &str, request: &str, expected: &str) -> Result<(), String> {
    let answer = running.exchange(on_the_wire(name, request)).await;
    let (head, body) = expected.split_once('\n').unwrap_or((expected, ""));
    let (status_line, content_type) = head.split_once(" | ").unwrap();
    let is_same = answer.status_line == status_line
        && answer.header("Content-Type") == Some(content_type)
        && answer.header("Content-Length") == Some(&answer.body.len().to_string())
        && only_known_headers(&answer)
        && same_body(&answer.body, body);
    if is_same { Ok(()) } else { Err(format!("{name}: expected\n{expected}\nfound\n{answer}")) }
}

fn same_body(found: &str, expected: &str) -> bool {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    found == expected || json(found).is_some_and(|found| Some(found) == json(expected))
}

fn only_known_headers(answer: &Answer) -> bool {
    let known = ["Date", "Content-Type", "Content-Length", "Connection"];
    answer.headers.iter().all(|(name, _)| known.contains(&name.as_str()))
}

fn on_the_wire(name: &str, request: &str) -> String {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut head: Vec<String> = head.lines().map(str::to_owned).collect();
    if name != "no_host" {
        head.push("Host: localhost".into());
    }
    if !head.iter().any(|line| line.starts_with("Connection")) {
        head.push("Connection: close".into());
    }
    if !body.is_empty() {
        head.push(format!("Content-Length: {}", body.len()));
    }
    format!("{}\r\n\r\n{body}", head.join("\r\n"))
}

/// Brings the host into the state that `line` asks for: a verb, a connector, and what the verb needs.
async fn bring(host: &FakeHost, line: &str) {
    let mut words = line.trim().splitn(3, ' ');
    let (verb, name, argument) = (words.next().unwrap(), words.next().unwrap(), words.next());
    match verb {
        "create" => {
            let config: std::collections::HashMap<String, String> =
                serde_json::from_str(argument.unwrap()).unwrap();
            let config: ConnectorConfig = config.into_iter().collect();
            host.put_connector(name.parse().unwrap(), config).await.unwrap();
        }
        "delete" => host.delete_connector(&name.parse().unwrap()).await.unwrap(),
        "assign" => host.give_tasks(name, false),
        "start" => host.give_tasks(name, true),
        "connector" => host.connector(name, |connector| connector.state = state(argument)),
        "tasks" => host.connector(name, |connector| {
            for task in &mut connector.tasks {
                task.state = state(argument);
            }
        }),
        other => panic!("unknown verb {other}"),
    }
}

fn state(word: Option<&str>) -> State {
    match word {
        Some("RUNNING") => State::Running,
        Some("PAUSED") => State::Paused,
        Some("UNASSIGNED") => State::Unassigned,
        other => panic!("unknown state {other:?}"),
    }
}
