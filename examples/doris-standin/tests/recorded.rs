//! Exchanges recorded from a running Doris, sent to the stand-in again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a failed assumption fails the test"
)]

mod support;

use support::recorded::{Exchange, Names, Port, exchanges, prepare, readable};
use support::{raw, root, start};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use doris_standin::Running;

/// A load that has begun and waits for its body, while it lives.
async fn running_load(running: &Running, label: &str) -> TcpStream {
    let mut stream = TcpStream::connect(running.be).await.unwrap();
    let head = format!(
        "PUT /api/test/t/_stream_load HTTP/1.1\r\nHost: x\r\n{}\r\nlabel: {label}\r\nContent-Length: 12\r\n\r\n1",
        root()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    support::wait_for_state(running, label, "PREPARE").await;
    stream
}

async fn replay(text: &str) {
    let running = start().await;
    let mut names = Names::of(&running);
    let mut loads = Vec::new();
    let mut wrong = Vec::new();
    for exchange in exchanges(text) {
        for line in &exchange.before {
            match line.strip_prefix("running ") {
                Some(label) => loads.push(running_load(&running, label).await),
                None => prepare(&running, line).await,
            }
        }
        if let Err(difference) = send(&running, &exchange, &mut names).await {
            wrong.push(format!("{}: {difference}", exchange.name));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n\n"));
}

async fn send(running: &Running, exchange: &Exchange, names: &mut Names) -> Result<(), String> {
    let (port, request) = exchange.request(names);
    let address = if port == Port::Frontend { running.fe } else { running.be };
    let answer = raw(address, &request).await;
    names.compare(&exchange.expected, &dated(&readable(&answer)))
}

/// The date blanked, but only where there is one.
fn dated(answer: &str) -> String {
    answer
        .lines()
        .map(|line| if line.starts_with("Date: ") { "Date: …" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn the_front_end_answers_as_recorded() {
    replay(include_str!("recorded/frontend.txt")).await;
}

#[tokio::test]
async fn columns_are_added_over_http_as_recorded() {
    replay(include_str!("recorded/alter.txt")).await;
}

#[tokio::test]
async fn labels_and_transactions_are_told_of_as_recorded() {
    replay(include_str!("recorded/transactions.txt")).await;
}
