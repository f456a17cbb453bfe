//! Servers that go without a word, and such as only take their time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use remoting::code::{request, response};
use remoting::{Client, ClientOptions, Error, PullOptions, Queue, ReadError, ReaderOptions};

use crate::scripted::{Reply, Server, answer, reply};

/// What a client takes to notice, with room for a busy machine; a pull that waits would take many times as long.
const NOTICED: Duration = Duration::from_secs(8);

fn queue() -> Queue {
    Queue::new("orders", "b", 0)
}

fn waiting(suspend: Duration) -> PullOptions {
    PullOptions { suspend: Some(suspend), ..PullOptions::at(0) }
}

fn nothing_yet() -> remoting::command::Command {
    answer(response::PULL_NOT_FOUND).field("nextBeginOffset", 0).field("minOffset", 0).field("maxOffset", 0)
}

#[tokio::test]
async fn a_connection_whose_other_end_is_gone_fails_the_pull_that_waits_on_it() {
    let server = Server::start_broker(|_| Reply::Silence).await;
    let client = server.client();
    let began = Instant::now();
    let error = client.pull(&queue(), &waiting(Duration::from_secs(60))).await.unwrap_err();
    assert!(began.elapsed() < NOTICED, "{:?}", began.elapsed());
    assert!(matches!(error, Error::ConnectionLost { .. }), "{error}");
    assert!(error.to_string().contains("no answer to a heartbeat"), "{error}");
}

#[tokio::test]
async fn a_pull_may_wait_as_long_as_its_broker_says_that_it_is_there() {
    let wait = NOTICED;
    let server = Server::start_broker(move |asked| match asked.code {
        request::PULL_MESSAGE => Reply::Later(wait, nothing_yet()),
        _ => reply(response::SUCCESS),
    })
    .await;
    let pulled = server.client().pull(&queue(), &waiting(wait)).await.unwrap();
    assert_eq!((pulled.min, pulled.max), (0, 0));
    assert!(!server.asked(request::HEART_BEAT).is_empty());
}

#[tokio::test]
async fn a_server_that_is_asked_nothing_is_not_disturbed() {
    let server = Server::start_broker(|_| Reply::Answer(answer(response::SUCCESS).field("offset", 1))).await;
    let client = server.client();
    client.max_offset(&queue()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(server.asked(request::HEART_BEAT).is_empty());
}

#[tokio::test]
async fn a_slow_answer_does_not_cost_others_their_connection() {
    let server = Server::start_broker(|asked| match asked.code {
        request::GET_MAX_OFFSET => Reply::Silence,
        request::PULL_MESSAGE => Reply::Later(Duration::from_secs(5), nothing_yet()),
        _ => reply(response::SUCCESS),
    })
    .await;
    let options = ClientOptions {
        name_servers: vec![server.address.to_string()],
        request_timeout: Duration::from_secs(3),
        ..ClientOptions::default()
    };
    let client = Client::new(options).unwrap();
    let (queue, options) = (queue(), waiting(Duration::from_secs(5)));
    let (pulled, asked) = tokio::join!(client.pull(&queue, &options), client.max_offset(&queue));
    assert!(matches!(asked, Err(Error::Timeout { .. })), "{asked:?}");
    assert!(pulled.is_ok(), "{pulled:?}");
}

#[tokio::test]
async fn a_reader_goes_on_within_seconds_over_a_new_connection() {
    let pulls = Arc::new(AtomicUsize::new(0));
    let script = Arc::clone(&pulls);
    // The connection of the first pull is dead, whatever is asked on it; the next one works.
    let server = Server::start_broker(move |asked| match asked.code {
        request::PULL_MESSAGE if script.fetch_add(1, Ordering::SeqCst) > 0 => Reply::Answer(
            answer(response::PULL_OFFSET_MOVED)
                .field("nextBeginOffset", 9)
                .field("minOffset", 9)
                .field("maxOffset", 9),
        ),
        _ if script.load(Ordering::SeqCst) < 2 => Reply::Silence,
        _ => reply(response::SUCCESS),
    })
    .await;
    let mut reader = server.client().reader(queue(), 0, ReaderOptions::default());
    let heard = tokio::time::timeout(NOTICED, reader.next(1)).await.expect("it waits on and on");
    assert!(matches!(heard, Err(ReadError::Trimmed { min: 9, .. })), "{heard:?}");
}
