//! Name servers: a list of them, some dead, some something else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use remoting::code::{request, response};
use remoting::{Client, ClientOptions, Error, NameServerProblem, Queue};
use tokio::net::TcpListener;

use crate::scripted::{Reply, Server, answer, client_of, eventually, reply};

/// An address nobody listens on.
async fn dead() -> std::net::SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

fn problem(error: Error) -> NameServerProblem {
    match error {
        Error::NameServers { mut failures } => failures.remove(0).problem,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_first_name_server_that_answers_is_used_and_kept() {
    let server = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let client = client_of(&[dead().await, server.address]);
    let route = client.route("orders").await.unwrap();
    let queues: Vec<_> = route.read_queues().iter().map(ToString::to_string).collect();
    assert_eq!(queues, ["orders/b/0", "orders/b/1"]);
    client.route("payments").await.unwrap();
    assert_eq!(server.asked(request::GET_ROUTEINFO_BY_TOPIC).len(), 2);
}

#[tokio::test]
async fn when_none_answers_each_is_named_with_the_reason() {
    let (one, other) = (dead().await, dead().await);
    let error = client_of(&[one, other]).route("orders").await.unwrap_err().to_string();
    assert!(error.starts_with("no name server answers: "), "{error}");
    for address in [one, other] {
        assert!(
            error.contains(&format!("{address}: cannot connect to {address}: Connection refused")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn the_port_of_a_broker_is_told_from_a_name_server() {
    let broker = Server::start(|asked| {
        let remark = format!("request type {} not supported", asked.code);
        Reply::Answer(answer(response::REQUEST_CODE_NOT_SUPPORTED).with_remark(remark))
    })
    .await;
    let problem = problem(broker.client().route("orders").await.unwrap_err());
    assert!(matches!(problem, NameServerProblem::UnknownRequest { request: 105 }), "{problem}");
    assert!(problem.to_string().contains("is this the port of a broker or proxy?"), "{problem}");
}

#[tokio::test]
async fn another_kind_of_server_is_told_by_what_it_says() {
    let web = Server::start(|_| Reply::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let problem = problem(web.client().route("orders").await.unwrap_err());
    assert!(matches!(problem, NameServerProblem::NotANameServer(_)), "{problem}");
    assert!(problem.to_string().contains("HTTP/1.1 400"), "{problem}");
}

#[tokio::test]
async fn a_topic_nobody_knows_is_missing() {
    let server = Server::start(|_| reply(response::TOPIC_NOT_EXIST)).await;
    let error = server.client().route("orders").await.unwrap_err();
    assert_eq!(error.to_string(), "the topic `orders` does not exist");
}

#[tokio::test]
async fn a_route_that_led_nowhere_is_asked_for_again() {
    let server = Server::start_broker(|_| reply(response::NO_PERMISSION)).await;
    let client = server.client();
    let queue = client.route("orders").await.unwrap().read_queues().remove(0);
    client.max_offset(&queue).await.unwrap_err();
    client.max_offset(&queue).await.unwrap_err();
    assert_eq!(server.asked(request::GET_ROUTEINFO_BY_TOPIC).len(), 2);
}

#[tokio::test]
async fn while_no_name_server_answers_the_last_route_serves() {
    let broker = Server::start_broker(|_| Reply::Answer(answer(response::SUCCESS).field("offset", 9))).await;
    let body = broker.route_body();
    let name_server =
        Server::start(move |_| Reply::Answer(answer(response::SUCCESS).with_body(body.clone()))).await;
    let client = name_server.client();
    let queue = client.route("orders").await.unwrap().read_queues().remove(0);
    client.max_offset(&queue).await.unwrap();
    drop(name_server);
    broker.hang_up();
    eventually("the broker answers by the old route", async || client.max_offset(&queue).await.is_ok()).await;
    let known = client.route("orders").await.unwrap();
    assert_eq!(known.read_queues()[0], queue);
}

#[tokio::test]
async fn a_topic_whose_brokers_are_away_is_not_taken_for_deleted() {
    let missing = Arc::new(AtomicBool::new(false));
    let broker = Server::start_broker(|_| Reply::Answer(answer(response::SUCCESS).field("offset", 9))).await;
    let body = broker.route_body();
    let script = Arc::clone(&missing);
    let name_server = Server::start(move |_| match script.load(Ordering::SeqCst) {
        true => reply(response::TOPIC_NOT_EXIST),
        false => Reply::Answer(answer(response::SUCCESS).with_body(body.clone())),
    })
    .await;
    let client = name_server.client();
    let queue = client.route("orders").await.unwrap().read_queues().remove(0);
    client.max_offset(&queue).await.unwrap();
    // The broker goes, and with it what the name server knows of the topic.
    missing.store(true, Ordering::SeqCst);
    let address = broker.address.to_string();
    drop(broker);
    eventually("the broker is gone", async || {
        matches!(client.max_offset(&queue).await, Err(Error::Unreachable { .. }))
    })
    .await;
    assert!(matches!(client.route("orders").await, Err(Error::TopicMissing { .. })));
    // It comes back without the topic: now its word counts.
    let _broker = Server::start_broker_on(&address, |_| reply(response::TOPIC_NOT_EXIST)).await;
    eventually("the broker says that there is no such topic", async || {
        matches!(client.max_offset(&queue).await, Err(Error::TopicMissing { .. }))
    })
    .await;
}

#[tokio::test]
async fn answers_in_the_binary_encoding_are_understood() {
    let server = Server::start_binary(|_| {
        Reply::Answer(answer(response::SUCCESS).with_body(r#"{"brokerDatas":[],"queueDatas":[]}"#))
    })
    .await;
    let route = server.client().route("orders").await.unwrap();
    assert_eq!(route.read_queues(), []);
}

#[tokio::test]
async fn a_broker_that_name_servers_have_forgotten_is_asked_where_it_was() {
    let broker = Server::start_broker(|_| Reply::Answer(answer(response::SUCCESS).field("offset", 7))).await;
    let forgotten = Arc::new(AtomicBool::new(false));
    let (script, address) = (Arc::clone(&forgotten), broker.address);
    let name_server = Server::start(move |asked| {
        let all = ["a", "b"];
        let known = if script.load(Ordering::SeqCst) { &all[..1] } else { &all };
        Reply::Answer(match asked.code {
            request::GET_ROUTEINFO_BY_TOPIC => answer(response::SUCCESS).with_body(route_of(known, address)),
            _ => answer(response::REQUEST_CODE_NOT_SUPPORTED),
        })
    })
    .await;
    let options = ClientOptions {
        name_servers: vec![name_server.address.to_string()],
        route_refresh: std::time::Duration::ZERO,
        ..ClientOptions::default()
    };
    let client = Client::new(options).unwrap();
    assert_eq!(client.max_offset(&Queue::new("orders", "b", 0)).await.unwrap(), 7);
    forgotten.store(true, Ordering::SeqCst);
    let route = client.route("orders").await.unwrap();
    assert!(route.broker("b").is_none(), "{route:?}");
    assert_eq!(client.max_offset(&Queue::new("orders", "b", 0)).await.unwrap(), 7);

    let error = client.max_offset(&Queue::new("orders", "c", 0)).await.unwrap_err();
    assert_eq!(error.to_string(), "no broker is known for the queue orders/c/0");
    assert!(error.is_transient(), "it may come");
    let error = client.max_offset(&Queue::new("orders", "a", 1)).await.unwrap_err();
    assert!(matches!(error, Error::QueueMissing { .. }), "{error}");
}

/// A route of one queue on each of `brokers`, all at one address.
fn route_of(brokers: &[&str], address: std::net::SocketAddr) -> String {
    let each =
        |text: &dyn Fn(&str) -> String| brokers.iter().map(|name| text(name)).collect::<Vec<_>>().join(",");
    let addresses =
        each(&|name| format!(r#"{{"brokerName":"{name}","cluster":"c","brokerAddrs":{{0:"{address}"}}}}"#));
    let queues =
        each(&|name| format!(r#"{{"brokerName":"{name}","perm":6,"readQueueNums":1,"writeQueueNums":1}}"#));
    format!(r#"{{"brokerDatas":[{addresses}],"queueDatas":[{queues}]}}"#)
}
