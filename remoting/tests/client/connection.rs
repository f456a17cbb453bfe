//! Connections: shared, and lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use remoting::code::{request, response};
use remoting::{Client, ClientOptions, Error, Queue};

use crate::scripted::{DEADLINE, Reply, Server, answer, reply};

fn queue() -> Queue {
    Queue::new("orders", "b", 0)
}

fn offset(value: i64) -> Reply {
    Reply::Answer(answer(response::SUCCESS).field("offset", value))
}

#[tokio::test]
async fn a_lost_connection_fails_every_call_in_flight_at_once() {
    let server = Server::start_broker(|_| Reply::Silence).await;
    let options = ClientOptions {
        name_servers: vec![server.address.to_string()],
        request_timeout: 10 * DEADLINE,
        ..ClientOptions::default()
    };
    let client = Client::new(options).unwrap();
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.max_offset(&queue()).await })
        })
        .collect();
    server.wait_for(request::GET_MAX_OFFSET, 5).await;
    server.hang_up();
    for call in calls {
        let error = tokio::time::timeout(DEADLINE, call).await.unwrap().unwrap().unwrap_err();
        assert!(matches!(error, Error::ConnectionLost { .. }), "{error}");
        assert!(error.to_string().contains("the server closed it"), "{error}");
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_at_the_moment_holds_up_no_other() {
    let server = Server::start_broker(|_| offset(1)).await;
    let client = server.client();
    client.max_offset(&queue()).await.unwrap();
    drop(server);
    let fails = async || client.max_offset(&queue()).await.unwrap_err();
    fails().await;
    // Somewhere on their way to a connection they are left alone.
    let mut left: Vec<_> = (0..5).map(|_| Box::pin(fails())).collect();
    for call in &mut left {
        assert!((&mut *call).now_or_never().is_none());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(left.iter_mut().map(|call| call.now_or_never()).collect::<Vec<_>>());
    tokio::time::timeout(DEADLINE, fails()).await.expect("it waits for those that are left alone");
}

#[tokio::test]
async fn a_slow_answer_holds_up_no_other() {
    let server = Server::start_broker(|asked| match asked.code {
        request::GET_MAX_OFFSET => Reply::Silence,
        _ => offset(7),
    })
    .await;
    let client = server.client();
    let slow = tokio::spawn({
        let client = client.clone();
        async move { client.max_offset(&queue()).await }
    });
    server.wait_for(request::GET_MAX_OFFSET, 1).await;
    assert_eq!(client.min_offset(&queue()).await.unwrap(), 7);
    assert!(!slow.is_finished());
    slow.abort();
}

#[tokio::test]
async fn a_server_that_stays_silent_is_named_and_left() {
    let silent = Arc::new(AtomicUsize::new(1));
    let script = Arc::clone(&silent);
    let server = Server::start_broker(move |_| {
        let still = script.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if still.is_ok() { Reply::Silence } else { offset(3) }
    })
    .await;
    let options = ClientOptions {
        name_servers: vec![server.address.to_string()],
        request_timeout: Duration::from_millis(100),
        ..ClientOptions::default()
    };
    let client = Client::new(options).unwrap();
    let error = client.max_offset(&queue()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} did not answer request 30 within 100ms", server.address));
    assert_eq!(client.max_offset(&queue()).await.unwrap(), 3);
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_taken_for_no_other_call() {
    let server = Server::start_broker(|asked| match asked.code {
        request::GET_MAX_OFFSET => {
            Reply::Later(Duration::from_millis(150), answer(response::SUCCESS).field("offset", 1))
        }
        _ => offset(7),
    })
    .await;
    let client = server.client();
    let cancelled = tokio::time::timeout(Duration::from_millis(20), client.max_offset(&queue())).await;
    assert!(cancelled.is_err());
    for _ in 0..20 {
        assert_eq!(client.min_offset(&queue()).await.unwrap(), 7);
    }
    assert_eq!(client.max_offset(&queue()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_closed_client_says_so() {
    let server = Server::start_broker(|_| offset(1)).await;
    let client = server.client();
    client.max_offset(&queue()).await.unwrap();
    client.close().await;
    assert!(matches!(client.max_offset(&queue()).await, Err(Error::Closed)));
}

#[tokio::test]
async fn a_client_outlives_the_runtime_that_called_it() {
    let server = Server::start_broker(|_| offset(5)).await;
    let client = server.client();
    for _ in 0..2 {
        let client = client.clone();
        let calling = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(client.max_offset(&queue()))
        });
        let called = tokio::task::spawn_blocking(move || calling.join().unwrap()).await.unwrap();
        assert_eq!(called.unwrap(), 5);
    }
    assert_eq!(server.asked(request::GET_ROUTEINFO_BY_TOPIC).len(), 1);
}

#[test]
fn a_client_outside_a_runtime_is_an_error() {
    let options =
        ClientOptions { name_servers: vec!["localhost:9876".to_owned()], ..ClientOptions::default() };
    assert!(matches!(Client::new(options), Err(Error::NoRuntime)));
}

#[tokio::test]
async fn a_server_that_sends_us_away_gets_a_new_connection() {
    let server = Server::start_broker(|asked| match asked.code {
        request::GET_MAX_OFFSET => reply(response::GO_AWAY),
        _ => offset(7),
    })
    .await;
    let client = server.client();
    let error = client.max_offset(&queue()).await.unwrap_err();
    assert!(matches!(error, Error::Refused { code: response::GO_AWAY, .. }), "{error}");
    assert_eq!(client.min_offset(&queue()).await.unwrap(), 7);
}
