//! Connections that are made again: at once after one that was of use, with growing pauses after one that was not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use remoting::code::response;
use remoting::{Error, Queue};
use tokio::net::TcpListener;

use crate::scripted::{Reply, Server, answer, client_of, eventually, reply};

fn queue() -> Queue {
    Queue::new("orders", "b", 0)
}

fn offset(value: i64) -> Reply {
    Reply::Answer(answer(response::SUCCESS).field("offset", value))
}

#[tokio::test]
async fn a_call_after_the_server_came_back_succeeds() {
    let server = Server::start_broker(|_| offset(1)).await;
    let client = server.client();
    assert_eq!(client.max_offset(&queue()).await.unwrap(), 1);
    let address = server.address.to_string();
    drop(server);
    eventually("the broker is gone", async || {
        matches!(client.max_offset(&queue()).await, Err(Error::Unreachable { .. }))
    })
    .await;
    let _server = Server::start_broker_on(&address, |_| offset(2)).await;
    eventually("the broker is back", async || matches!(client.max_offset(&queue()).await, Ok(2))).await;
}

#[tokio::test]
async fn attempts_to_reach_a_dead_server_are_not_made_in_a_hurry() {
    let server = Server::start_broker(|_| offset(1)).await;
    let client = server.client();
    client.max_offset(&queue()).await.unwrap();
    drop(server);
    let began = Instant::now();
    let mut failures = 0;
    while began.elapsed() < Duration::from_secs(1) {
        client.max_offset(&queue()).await.unwrap_err();
        failures += 1;
    }
    assert!(failures < 20, "{failures} attempts within a second");
}

/// Attempts at a server of no use to anybody become rarer.
async fn check_is_not_called_in_a_hurry(address: SocketAddr, accepted: impl Fn() -> usize) {
    let client = client_of(&[address]);
    let began = Instant::now();
    // Pauses of 50, 100, 200, 400, 800 and 1000 ms, each shortened by half at most.
    let (attempts, pauses) = (7, Duration::from_millis(25 + 50 + 100 + 200 + 400 + 500));
    eventually("enough attempts", async || {
        client.max_offset(&queue()).await.unwrap_err();
        accepted() >= attempts
    })
    .await;
    assert!(began.elapsed() >= pauses, "{attempts} attempts within {:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_that_cuts_every_connection_is_not_called_in_a_hurry() {
    let (address, accepted) = cutting_server().await;
    check_is_not_called_in_a_hurry(address, || accepted.load(Ordering::SeqCst)).await;
}

#[tokio::test]
async fn a_server_that_always_sends_us_away_is_not_called_in_a_hurry() {
    let server = Server::start(|_| reply(response::GO_AWAY)).await;
    check_is_not_called_in_a_hurry(server.address, || server.accepted()).await;
}

#[tokio::test]
async fn those_who_wait_for_a_connection_share_one_attempt() {
    let (address, accepted) = cutting_server().await;
    let client = client_of(&[address]);
    let queue = queue();
    for _ in 0..3 {
        client.max_offset(&queue).await.unwrap_err();
        let before = accepted.load(Ordering::SeqCst);
        let waiting = (0..50).map(|_| client.max_offset(&queue));
        let failed = futures_util::future::join_all(waiting).await;
        assert!(failed.iter().all(Result::is_err), "{failed:?}");
        let attempts = accepted.load(Ordering::SeqCst) - before;
        assert!(attempts <= 2, "{attempts} attempts for 50 calls");
    }
}

#[tokio::test]
async fn a_connection_that_was_of_use_is_made_again_at_once() {
    let server = Server::start_broker(|_| offset(1)).await;
    let client = server.client();
    // With growing pauses, forty attempts would take at least 18 s.
    eventually("forty connections of use", async || {
        let answered = client.max_offset(&queue()).await.is_ok();
        server.hang_up();
        answered && server.accepted() >= 40
    })
    .await;
}

/// A server that accepts connections only to close them, and how many it has accepted.
async fn cutting_server() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&accepted);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counting.fetch_add(1, Ordering::SeqCst);
        }
    });
    (address, accepted)
}
