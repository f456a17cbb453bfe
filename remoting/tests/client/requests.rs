//! What a broker asks on a client's own connection.

use remoting::code::{request, response};
use remoting::command::Command;

use crate::scripted::{Reply, Server, answer, reply};

#[tokio::test]
async fn a_broker_gets_a_sensible_answer_to_whatever_it_asks() {
    let server = Server::start_broker(|_| reply(response::SUCCESS)).await;
    let client = server.client();
    let _membership = client.join("workers", ["orders"]).await.unwrap();

    let check = async |asked: Command, code: i32, expected: &str| {
        let opaque = 1000 + asked.code;
        server.push(&Command { opaque, ..asked });
        let answered = |seen: &Vec<Command>| seen.iter().any(|one| one.is_response() && one.opaque == opaque);
        let seen = server.wait_until(answered).await;
        let answer = seen.iter().find(|one| one.is_response() && one.opaque == opaque).unwrap();
        assert_eq!(answer.code, code, "{answer:?}");
        let text =
            [answer.remark.as_deref().unwrap_or_default(), str::from_utf8(&answer.body).unwrap()].concat();
        assert!(text.contains(expected), "{text}");
    };
    let running = || Command::request(request::GET_CONSUMER_RUNNING_INFO);
    check(Command::request(request::RESET_CONSUMER_CLIENT_OFFSET), 1, "positions").await;
    check(Command::request(request::GET_CONSUMER_STATUS_FROM_CLIENT), 0, "messageQueueTable").await;
    check(running().field("consumerGroup", "workers"), 0, "CONSUME_ACTIVELY").await;
    check(Command::request(request::CONSUME_MESSAGE_DIRECTLY), 1, "out of turn").await;
    check(Command::request(9999), response::REQUEST_CODE_NOT_SUPPORTED, "9999").await;
}

#[tokio::test]
async fn a_request_nobody_waits_for_is_not_answered() {
    let server = Server::start_broker(|_| Reply::Answer(answer(response::SUCCESS).field("offset", 1))).await;
    let client = server.client();
    let queue = client.route("orders").await.unwrap().read_queues().remove(0);
    server.push(&Command { opaque: 77, ..Command::request(9999).oneway() });
    server.push(&Command { opaque: 78, ..Command::request(9999) });
    let seen = server.wait_until(|seen| seen.iter().any(|one| one.is_response() && one.opaque == 78)).await;
    assert!(!seen.iter().any(|one| one.opaque == 77), "{seen:?}");
    client.max_offset(&queue).await.unwrap();
}
