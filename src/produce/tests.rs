use super::*;
use devbroker::{DevBroker, Options, Running};
use remoting::PullOptions;
use std::io::Cursor;
use tempfile::TempDir;

struct Broker {
    running: Running,
    _data: TempDir,
}

impl Broker {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let options = Options::new("127.0.0.1:0".parse().unwrap(), data.path());
        Self { running: DevBroker::start(options).await.unwrap(), _data: data }
    }

    fn options(&self, key_field: Option<&str>) -> arguments::Produce {
        arguments::Produce {
            name_servers: vec![self.running.addr().to_string()],
            topic: "quakes".into(),
            key_field: key_field.map(str::to_owned),
        }
    }
}

/// How many messages each queue of the topic has.
async fn messages(client: &Client) -> Vec<i64> {
    let mut counts = Vec::new();
    for queue in client.route("quakes").await.unwrap().read_queues() {
        counts.push(client.max_offset(&queue).await.unwrap());
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn all_lines_are_sent_to_all_queues_of_a_topic_that_is_created() {
    let broker = Broker::start().await;
    let input: String = (0..10_000).map(|n| format!("{{\"id\":{n}}}\n\n")).collect();
    let summary = send(&broker.options(Some("id")), Cursor::new(input)).await.unwrap();
    assert!(summary.starts_with("10,000 lines acknowledged in "), "{summary}");
    assert!(
        summary.ends_with(" to topic quakes (4 queues, created), 10,000 empty lines left out"),
        "{summary}"
    );

    let client =
        Client::new(ClientOptions { name_servers: broker.options(None).name_servers, ..Default::default() });
    let client = client.unwrap();
    let counts = messages(&client).await;
    assert_eq!(counts.iter().sum::<i64>(), 10_000);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");

    let queue = client.route("quakes").await.unwrap().read_queues().remove(0);
    let pulled = client.pull(&queue, &PullOptions::at(0)).await.unwrap();
    let first = &pulled.messages[0];
    assert_eq!(first.body, format!("{{\"id\":{}}}", first.keys().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_line_is_named_and_all_before_it_are_there() {
    let broker = Broker::start().await;
    let input = "{\"id\":1}\n{\"id\":2}\n{\"key\":3}\n{\"id\":4}\n";
    let failed = send(&broker.options(Some("id")), Cursor::new(input)).await.unwrap_err();
    assert_eq!(failed.exit_code(), 1);
    let text = failed.to_string();
    assert_eq!(
        text,
        "stopped after line 2, the last acknowledged, 2 lines in all: line 3 has no key \"id\": it has no such field"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_at_the_address_is_said_with_the_address() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options =
        arguments::Produce { name_servers: vec![free.to_string()], topic: "quakes".into(), key_field: None };
    let failed = send(&options, Cursor::new("a\n")).await.unwrap_err().to_string();
    assert!(failed.contains(&free.to_string()) && failed.contains("-n"), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_cannot_be_one_is_wrong_usage() {
    let options =
        arguments::Produce { name_servers: vec!["localhost".into()], topic: "t".into(), key_field: None };
    let failed = send(&options, Cursor::new("a\n")).await.unwrap_err();
    assert_eq!((failed.exit_code(), failed.to_string().contains("no port")), (2, true), "{failed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_goes_away_is_told() {
    let broker = Broker::start().await;
    let options = broker.options(None);
    let (reader, mut writer) = std::io::pipe().unwrap();
    let sending = tokio::spawn(async move { send(&options, reader).await });
    writer.write_all(b"a\nb\n").unwrap();
    let client =
        Client::new(ClientOptions { name_servers: broker.options(None).name_servers, ..Default::default() });
    let client = client.unwrap();
    let there = async {
        while client.route("quakes").await.is_err() || messages(&client).await.iter().sum::<i64>() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), there).await.unwrap();
    broker.running.shutdown().await;
    writer.write_all(b"c\n").unwrap();
    drop(writer);
    let text = sending.await.unwrap().unwrap_err().to_string();
    assert!(text.starts_with("stopped ") && text.contains(" were not acknowledged, so whether "), "{text}");
}

#[test]
fn how_far_it_came_is_told_by_line() {
    let mut ledger = Ledger::default();
    assert_eq!(how_far(&ledger), "stopped before any line was acknowledged");
    for numbers in [1..=1_000, 1_001..=2_000, 2_001..=3_000] {
        ledger.sent(&numbers);
    }
    ledger.acknowledged(&(1..=1_000), 1_000);
    assert_eq!(how_far(&ledger), "stopped after line 1,000, the last acknowledged, 1,000 lines in all");
    ledger.acknowledged(&(2_001..=3_000), 900);
    assert_eq!(
        how_far(&ledger),
        "stopped after line 1,000, up to which all were acknowledged, and some after it up to line 3,000, 1,900 lines in all"
    );
}
