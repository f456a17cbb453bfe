//! Bad input: each gets a clear error and loses nothing.

use std::time::Duration;

use serde_json::{Value, json};
use test_support::process::Process;
use test_support::worker::{Launch, Worker};
use test_support::{Scratch, ports};

use crate::rig::{Rig, binary, launch, merge};
use test_support::dev_broker::DevBroker;
use test_support::source::Kind;

const END: Duration = Duration::from_secs(30);

/// Starts a worker that is to refuse, and returns its exit code and what it printed.
async fn refused(scratch: &Scratch, launch: &Launch) -> anyhow::Result<(Option<i32>, String)> {
    let mut process: Process = Worker::spawn(scratch, launch)?;
    let ended = process.wait_exit(END).await?;
    Ok((ended.code(), process.output()))
}

#[track_caller]
fn check(text: &str, parts: &[&str]) {
    println!("{text}");
    for part in parts {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
}

async fn check_configuration(lines: &str, expected: &[&str]) -> anyhow::Result<()> {
    let scratch = Scratch::new()?;
    let mut launch = launch(&scratch, "127.0.0.1:1")?;
    launch.configuration = scratch.write("bad.conf", lines)?;
    let (code, text) = refused(&scratch, &launch).await?;
    check(&text, expected);
    assert_eq!(code, Some(2), "wrong configuration ends with 2");
    Ok(())
}

#[tokio::test]
async fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() -> anyhow::Result<()> {
    check_configuration("workerId=w\nhttpPrt=8082\n", &["bad.conf:2", "httpPrt", "httpPort"]).await
}

#[tokio::test]
async fn a_duplicate_key_is_named_with_both_lines() -> anyhow::Result<()> {
    check_configuration("httpPort=8082\n\nhttpPort=8083\n", &["bad.conf:3", "httpPort", "1"]).await
}

#[tokio::test]
async fn an_unreadable_value_is_named() -> anyhow::Result<()> {
    check_configuration("httpPort=eighty\n", &["bad.conf:1", "httpPort", "eighty"]).await
}

#[tokio::test]
async fn a_missing_configuration_file_is_named() -> anyhow::Result<()> {
    let scratch = Scratch::new()?;
    let mut launch = launch(&scratch, "127.0.0.1:1")?;
    launch.configuration = scratch.path().join("absent.conf");
    let (code, text) = refused(&scratch, &launch).await?;
    check(&text, &["absent.conf"]);
    assert_eq!(code, Some(2));
    Ok(())
}

#[tokio::test]
async fn a_directory_in_place_of_a_configuration_file_is_named() -> anyhow::Result<()> {
    let scratch = Scratch::new()?;
    let mut launch = launch(&scratch, "127.0.0.1:1")?;
    launch.configuration = scratch.directory("conf.d")?;
    let (code, text) = refused(&scratch, &launch).await?;
    check(&text, &["conf.d"]);
    assert_eq!(code, Some(2));
    Ok(())
}

#[tokio::test]
async fn no_name_server_is_named_with_its_address() -> anyhow::Result<()> {
    let scratch = Scratch::new()?;
    let nobody = format!("127.0.0.1:{}", ports::free()?);
    let (code, text) = refused(&scratch, &launch(&scratch, &nobody)?).await?;
    check(&text, &[&nobody, "namesrvAddr"]);
    assert_eq!(code, Some(1));
    Ok(())
}

#[tokio::test]
async fn a_port_that_is_no_name_servers_is_named() -> anyhow::Result<()> {
    let scratch = Scratch::new()?;
    let doris = test_support::doris::Doris::start(&scratch).await?;
    let wrong = doris.fe.to_string();
    let (code, text) = refused(&scratch, &launch(&scratch, &wrong)?).await?;
    check(&text, &[&wrong, "name server"]);
    assert_eq!(code, Some(1));
    Ok(())
}

#[tokio::test]
async fn a_taken_rest_port_is_named_with_its_key() -> anyhow::Result<()> {
    let scratch = Scratch::new()?;
    let broker = DevBroker::start(&scratch, binary()).await?;
    let launch = launch(&scratch, &broker.name_server())?;
    let taken = std::net::TcpListener::bind(launch.rest)?;
    let (code, text) = refused(&scratch, &launch).await?;
    check(&text, &[&launch.rest.to_string(), "httpPort"]);
    assert_eq!(code, Some(1));
    drop(taken);
    Ok(())
}

#[tokio::test]
async fn a_missing_command_is_wrong_usage() -> anyhow::Result<()> {
    let ended = std::process::Command::new(binary()).arg("standalon").output()?;
    check(&String::from_utf8_lossy(&ended.stderr), &["standalone"]);
    assert_eq!(ended.status.code(), Some(2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn malformed_connector_json_and_unknown_classes_create_nothing() -> anyhow::Result<()> {
    let Some(rig) = Rig::start(Kind::DevBroker).await? else { return Ok(()) };
    let refusals = [
        ("{", "Failed! query param 'config' is malformed"),
        ("[]", "Failed! query param 'config' is malformed"),
        (r#"{"connect.topicnames":"t"}"#, "Request config key: connector.class"),
        (r#"{"connector.class":"doris"}"#, "Config connect.topicnames cannot be empty"),
        (r#"{"connector.class":"no.such.Class","connect.topicnames":"t"}"#, "no.such.Class"),
        (r#"{"connector.class":"doris","connect.topicnames":"t"}"#, "doris.urls"),
    ];
    for (body, expected) in refusals {
        let answer = rig.worker.post("/connectors/bad", body).await?;
        assert_eq!(answer.status, 200);
        check(answer.json()?["message"].as_str().unwrap_or_default(), &[expected]);
    }
    assert_eq!(rig.worker.get("/connectors/list").await?.text(), r#"{"status":200,"body":{}}"#);
    Ok(())
}

/// Creates a connector with `change` and checks that its first task shows the cause.
async fn check_cause(change: Value, body: Option<&str>, expected: &[&str]) -> anyhow::Result<()> {
    let Some(rig) = Rig::start(Kind::DevBroker).await? else { return Ok(()) };
    let producer = rig.producer("orders", 1).await?;
    rig.load_into_doris("orders", "orders", change).await?;
    if let Some(body) = body {
        producer.send_body(body.to_owned()).await?;
    }
    let status =
        rig.wait_for_status("orders", "a task to show why", |s| s["tasks"][0]["trace"].is_string()).await?;
    let trace = status["tasks"][0]["trace"].as_str().unwrap_or_default();
    check(trace, expected);
    assert!(!trace.contains("secret"), "a password in a trace: {trace}");
    Ok(())
}

/// A connector with `change` is refused at once, and where nothing is checked its task shows the cause.
async fn check_target(change: Value, expected: &[&str], cause: &[&str]) -> anyhow::Result<()> {
    let Some(rig) = Rig::start(Kind::DevBroker).await? else { return Ok(()) };
    rig.producer("orders", 1).await?;
    let mut config = rig.doris.connector("orders", "orders");
    merge(&mut config, change.clone());
    let answer = rig.worker.post("/connectors/orders", config.to_string()).await?;
    assert_eq!(answer.json()?["errorCode"], 400, "{}", answer.text());
    check(&answer.text(), expected);
    assert!(!answer.text().contains("secret"), "a password in an answer: {}", answer.text());
    assert_eq!(rig.worker.get("/connectors/list").await?.text(), r#"{"status":200,"body":{}}"#);
    let mut unchecked = change;
    merge(&mut unchecked, json!({"doris.check.tables": "false"}));
    check_cause(unchecked, None, cause).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_topic_is_named() -> anyhow::Result<()> {
    check_cause(
        json!({"connect.topicnames": "no-such-topic", "doris.topic2table.map": "no-such-topic:orders"}),
        None,
        &["no-such-topic", "connect.topicnames"],
    )
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_named_and_not_shown() -> anyhow::Result<()> {
    let change = json!({"doris.password": "wr0ng-secret"});
    check_target(change, &["doris.password", "root"], &["doris.password", "root"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_database_is_named() -> anyhow::Result<()> {
    let change = json!({"doris.database": "warehouse"});
    check_target(change, &["doris.database", "warehouse"], &["warehouse", "doris.database"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_table_is_named() -> anyhow::Result<()> {
    let change = json!({"doris.topic2table.map": "orders:invoices"});
    check_target(change, &["doris.topic2table.map", "invoices"], &["invoices"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_column_that_the_record_lacks_is_named() -> anyhow::Result<()> {
    check_cause(json!({}), Some("{\"customer\":\"c\"}"), &["orders", "queue 0", "offset 0", "column(id)"])
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_not_json_is_named_by_topic_queue_and_offset() -> anyhow::Result<()> {
    check_cause(json!({}), Some("not json"), &["orders", "queue 0", "offset 0", "JSON"]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tolerated_bad_bodies_are_left_out_and_the_rest_arrives() -> anyhow::Result<()> {
    let Some(rig) = Rig::start(Kind::DevBroker).await? else { return Ok(()) };
    let mut producer = rig.producer("orders", 1).await?;
    producer.send(0..10).await?;
    producer.send_body("not json").await?;
    producer.send(10..20).await?;
    rig.load_into_doris("orders", "orders", json!({"errors.tolerance": "all"})).await?;
    rig.wait_for_all(&producer).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_over_four_mib_is_refused_by_the_broker_with_its_size() -> anyhow::Result<()> {
    let Some(rig) = Rig::start(Kind::DevBroker).await? else { return Ok(()) };
    let producer = rig.producer("orders", 1).await?;
    let refused = producer.send_body(vec![b'x'; 4 * 1024 * 1024 + 1]).await;
    check(&format!("{:#}", refused.expect_err("too large")), &["4194304"]);
    Ok(())
}
