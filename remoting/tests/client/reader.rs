//! Reading a queue: everything, in order, once, whatever the broker and the connection do.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use remoting::code::{request, response};
use remoting::command::Command;
use remoting::message::{StoredMessage, encode_stored};
use remoting::{Queue, QueueReader, ReadError, ReaderOptions, ReaderStatus};

use crate::scripted::{DEADLINE, Reply, Server, answer, reply};

/// A broker's queue: what it holds, and how much it gives at once.
#[derive(Clone)]
struct Stored {
    offsets: Arc<Mutex<BTreeSet<i64>>>,
    min: Arc<AtomicI64>,
    cap: usize,
    body: usize,
    /// From this offset on bodies have ten kilobytes.
    large_from: i64,
    delay: Duration,
}

impl Stored {
    fn new(offsets: impl IntoIterator<Item = i64>) -> Self {
        Self {
            offsets: Arc::new(Mutex::new(offsets.into_iter().collect())),
            min: Arc::default(),
            cap: 32,
            body: 10,
            large_from: i64::MAX,
            delay: Duration::ZERO,
        }
    }

    /// What a Java broker would answer.
    fn pull(&self, asked: &Command) -> Reply {
        if asked.code != request::PULL_MESSAGE {
            return reply(response::SUCCESS);
        }
        let wanted = asked.fields.get_i64("queueOffset").unwrap();
        let count = asked.fields.get_i32("maxMsgNums").unwrap().try_into().unwrap();
        let offsets = self.offsets.lock().unwrap();
        let (min, max) = (self.min.load(Ordering::SeqCst), offsets.last().map_or(0, |last| last + 1));
        let found: Vec<i64> = offsets.range(wanted..).take(self.cap.min(count)).copied().collect();
        let (code, next) = match wanted {
            _ if wanted < min => (response::PULL_OFFSET_MOVED, min),
            _ if wanted > max => (response::PULL_OFFSET_MOVED, max),
            _ if found.is_empty() => (response::PULL_NOT_FOUND, wanted),
            _ => (response::SUCCESS, found[found.len() - 1] + 1),
        };
        let mut body = BytesMut::new();
        if code == response::SUCCESS {
            found.iter().for_each(|offset| self.store(*offset, &mut body));
        }
        let waits = code == response::PULL_NOT_FOUND && asked.fields.get("sysFlag") == Some("6");
        match (waits, self.delay) {
            (true, _) => Reply::Later(Duration::from_millis(50), positions(code, next, min, max)),
            (_, Duration::ZERO) => Reply::Answer(positions(code, next, min, max).with_body(body)),
            (_, delay) => Reply::Later(delay, positions(code, next, min, max).with_body(body)),
        }
    }

    fn store(&self, offset: i64, into: &mut BytesMut) {
        let host = SocketAddr::from(([127, 0, 0, 1], 1));
        let message = StoredMessage {
            topic: "orders",
            queue_id: 0,
            offset,
            physical_offset: 0,
            flag: 0,
            sys_flag: 0,
            born_timestamp: 0,
            born_host: host,
            store_timestamp: 0,
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: &vec![b'x'; if offset < self.large_from { self.body } else { 10_000 }],
            properties: b"",
        };
        encode_stored(&message, into).unwrap();
    }

    async fn serve(&self) -> Server {
        let stored = self.clone();
        Server::start_broker(move |asked| stored.pull(asked)).await
    }
}

fn positions(code: i32, next: i64, min: i64, max: i64) -> Command {
    answer(code).field("nextBeginOffset", next).field("minOffset", min).field("maxOffset", max)
}

fn options() -> ReaderOptions {
    ReaderOptions { suspend: Duration::from_millis(50), ..ReaderOptions::default() }
}

fn reader(server: &Server, from: i64, options: ReaderOptions) -> QueueReader {
    server.client().reader(Queue::new("orders", "b", 0), from, options)
}

/// Reads until `count` messages have come and gives their offsets.
async fn read(reader: &mut QueueReader, count: usize) -> Vec<i64> {
    let mut offsets = Vec::new();
    while offsets.len() < count {
        let run = tokio::time::timeout(DEADLINE, reader.next(100_000)).await.expect("nothing comes").unwrap();
        offsets.extend(run.messages.iter().map(|message| message.offset));
        assert_eq!(Some(run.next), offsets.last().map(|last| last + 1));
    }
    offsets
}

async fn error(reader: &mut QueueReader) -> ReadError {
    tokio::time::timeout(DEADLINE, reader.next(1)).await.expect("nothing comes").unwrap_err()
}

#[tokio::test]
async fn everything_is_read_in_order_with_several_pulls_under_way() {
    let mut stored = Stored::new(0..5000);
    stored.delay = Duration::from_millis(5);
    let server = stored.serve().await;
    let mut reader = reader(&server, 0, ReaderOptions { depth: 8, ..options() });
    assert_eq!(read(&mut reader, 5000).await, (0..5000).collect::<Vec<_>>());
    assert_eq!(server.most_outstanding(), 8);
    let pulls = server.asked(request::PULL_MESSAGE).len();
    assert!(pulls < 200, "{pulls} pulls for 157 answers");
}

#[tokio::test]
async fn a_broker_that_gives_less_each_time_loses_nothing() {
    let stored = Stored::new(0..2000);
    let caps = Mutex::new([32_usize, 3, 17, 32, 1, 8].into_iter().cycle());
    let script = stored.clone();
    let server = Server::start_broker(move |asked| {
        let cap = caps.lock().unwrap().next().unwrap();
        Stored { cap, ..script.clone() }.pull(asked)
    })
    .await;
    let mut reader = reader(&server, 0, options());
    assert_eq!(read(&mut reader, 2000).await, (0..2000).collect::<Vec<_>>());
}

#[tokio::test]
async fn gaps_the_broker_made_are_passed_over() {
    let kept: Vec<i64> = (0..3000).filter(|offset| offset % 7 == 0 || (500..600).contains(offset)).collect();
    let server = Stored::new(kept.clone()).serve().await;
    let mut reader = reader(&server, 0, options());
    assert_eq!(read(&mut reader, kept.len()).await, kept);
}

#[tokio::test]
async fn a_reader_that_has_caught_up_has_one_pull_waiting_and_gets_what_comes() {
    let stored = Stored::new(0..10);
    let server = stored.serve().await;
    let mut reader = reader(&server, 0, options());
    read(&mut reader, 10).await;
    let before = server.asked(request::PULL_MESSAGE).len();
    let (run, ()) = tokio::join!(read(&mut reader, 1), async {
        let pulls = server.wait_for(request::PULL_MESSAGE, before + 3).await;
        assert!(pulls[before..].iter().all(|pull| pull.fields.get("queueOffset") == Some("10")));
        assert_eq!(pulls[pulls.len() - 1].fields.get("sysFlag"), Some("6"));
        stored.offsets.lock().unwrap().insert(10);
    });
    assert_eq!(run, [10]);
    assert!(matches!(*reader.status().borrow(), ReaderStatus::CaughtUp));
}

#[tokio::test]
async fn a_lost_connection_costs_neither_a_message_nor_its_order() {
    let mut stored = Stored::new(0..4000);
    stored.delay = Duration::from_millis(2);
    let server = stored.serve().await;
    let mut reader = reader(&server, 0, options());
    let mut offsets = read(&mut reader, 500).await;
    for _ in 0..3 {
        server.hang_up();
        offsets.extend(read(&mut reader, 500).await);
    }
    offsets.extend(read(&mut reader, 4000 - offsets.len()).await);
    assert_eq!(offsets, (0..4000).collect::<Vec<_>>());
}

#[tokio::test]
async fn while_the_broker_is_away_the_status_says_why() {
    let stored = Stored::new(0..10);
    let server = stored.serve().await;
    let address = server.address.to_string();
    let mut reader = reader(&server, 0, options());
    read(&mut reader, 10).await;
    drop(server);
    let mut status = reader.status();
    let (offsets, _server) = tokio::join!(read(&mut reader, 1), async {
        let away = |status: &ReaderStatus| matches!(status, ReaderStatus::Retrying { attempts, .. } if *attempts > 1);
        let waited = tokio::time::timeout(DEADLINE, status.wait_for(away)).await.unwrap().unwrap().clone();
        let ReaderStatus::Retrying { error, .. } = waited else { unreachable!() };
        assert!(error.is_transient(), "{error}");
        stored.offsets.lock().unwrap().insert(10);
        let script = stored.clone();
        Server::start_broker_on(&address, move |asked| script.pull(asked)).await
    });
    assert_eq!(offsets, [10]);
}

#[tokio::test]
async fn a_call_that_is_cancelled_again_and_again_loses_nothing() {
    let mut stored = Stored::new(0..300);
    stored.delay = Duration::from_millis(3);
    let server = stored.serve().await;
    let mut reader = reader(&server, 0, options());
    let mut offsets = Vec::new();
    while offsets.len() < 300 {
        if let Ok(run) = tokio::time::timeout(Duration::from_millis(1), reader.next(100)).await {
            offsets.extend(run.unwrap().messages.iter().map(|message| message.offset));
        }
    }
    assert_eq!(offsets, (0..300).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_under_way_stays_within_the_budget() {
    let mut stored = Stored::new(0..200);
    (stored.body, stored.delay) = (100_000, Duration::from_millis(5));
    let server = stored.serve().await;
    let mut reader = reader(&server, 0, ReaderOptions { budget_bytes: 1_000_000, ..options() });
    read(&mut reader, 200).await;
    let largest = server.asked(request::PULL_MESSAGE)[1..]
        .iter()
        .map(|pull| pull.fields.get_i32("maxMsgNums").unwrap())
        .max();
    assert_eq!(largest, Some(10));
    assert_eq!(server.most_outstanding(), 1);
}

#[tokio::test]
async fn what_ran_ahead_never_keeps_the_next_messages_from_being_asked_for() {
    let mut stored = Stored::new(0..500);
    (stored.large_from, stored.delay) = (64, Duration::from_millis(5));
    let failures = AtomicI64::new(1);
    let server = Server::start_broker(move |asked| {
        let fails =
            asked.fields.get("queueOffset") == Some("32") && failures.fetch_sub(1, Ordering::SeqCst) > 0;
        if fails {
            Reply::Later(Duration::from_millis(50), answer(response::SYSTEM_BUSY))
        } else {
            stored.pull(asked)
        }
    })
    .await;
    let mut reader = reader(&server, 0, ReaderOptions { budget_bytes: 100_000, ..options() });
    assert_eq!(read(&mut reader, 500).await, (0..500).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_broker_that_lets_no_pull_wait_is_not_asked_in_a_hurry() {
    let server = Server::start_broker(|_| Reply::Answer(positions(response::PULL_NOT_FOUND, 0, 0, 0))).await;
    let mut reader = reader(&server, 0, ReaderOptions::default());
    tokio::time::timeout(Duration::from_millis(500), reader.next(1)).await.unwrap_err();
    let pulls = server.asked(request::PULL_MESSAGE).len();
    assert!((2..=8).contains(&pulls), "{pulls} pulls within half a second");
}

#[tokio::test]
async fn an_answer_of_nothing_but_older_messages_is_not_asked_for_in_a_hurry() {
    let stored = Stored::new(0..4);
    let server = Server::start_broker(move |_| {
        let mut body = BytesMut::new();
        stored.store(2, &mut body);
        Reply::Answer(positions(response::SUCCESS, 3, 0, 4).with_body(body))
    })
    .await;
    let mut reader = reader(&server, 3, options());
    tokio::time::timeout(Duration::from_millis(500), reader.next(1)).await.unwrap_err();
    let pulls = server.asked(request::PULL_MESSAGE).len();
    assert!((2..=10).contains(&pulls), "{pulls} pulls within half a second");
}

#[tokio::test]
async fn deleted_messages_are_reported_with_the_first_still_there() {
    let stored = Stored::new(800..1000);
    stored.min.store(800, Ordering::SeqCst);
    let server = stored.serve().await;
    let mut reader = reader(&server, 5, options());
    let error = error(&mut reader).await;
    assert!(matches!(error, ReadError::Trimmed { wanted: 5, min: 800, .. }), "{error}");
    reader.seek(800);
    assert_eq!(read(&mut reader, 200).await, (800..1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_file_just_being_removed_is_waited_out_and_then_reported() {
    let stored = Stored::new(800..1000);
    let script = stored.clone();
    let asked_before = AtomicI64::new(0);
    let server = Server::start_broker(move |asked| {
        let removing = asked.code == request::PULL_MESSAGE && asked_before.fetch_add(1, Ordering::SeqCst) < 3;
        if removing {
            return Reply::Answer(positions(response::PULL_RETRY_IMMEDIATELY, 800, 0, 1000));
        }
        script.min.store(800, Ordering::SeqCst);
        script.pull(asked)
    })
    .await;
    let error = error(&mut reader(&server, 0, options())).await;
    assert!(matches!(error, ReadError::Trimmed { wanted: 0, min: 800, .. }), "{error}");
}

#[tokio::test]
async fn a_queue_that_ends_before_the_offset_is_reported() {
    let server = Stored::new(0..20).serve().await;
    let error = error(&mut reader(&server, 500, options())).await;
    assert!(matches!(error, ReadError::Beyond { wanted: 500, min: 0, max: 20, .. }), "{error}");
}

#[tokio::test]
async fn a_next_offset_beyond_the_end_is_not_followed() {
    let stored = Stored::new(0..3);
    let script = stored.clone();
    let server = Server::start_broker(move |asked| {
        let end = asked.fields.get("queueOffset") == Some("3");
        let empty = script.offsets.lock().unwrap().len() == 3;
        if asked.code == request::PULL_MESSAGE && end && empty {
            return Reply::Later(
                Duration::from_millis(20),
                positions(response::PULL_NOT_FOUND, 30_000, 0, 3),
            );
        }
        script.pull(asked)
    })
    .await;
    let mut reader = reader(&server, 0, options());
    read(&mut reader, 3).await;
    let (run, ()) = tokio::join!(read(&mut reader, 1), async {
        server
            .wait_until(|seen| {
                seen.iter().filter(|one| one.fields.get("queueOffset") == Some("3")).count() > 3
            })
            .await;
        stored.offsets.lock().unwrap().insert(3);
    });
    assert_eq!(run, [3]);
    assert!(
        server
            .asked(request::PULL_MESSAGE)
            .iter()
            .all(|pull| pull.fields.get_i64("queueOffset").unwrap() < 1000)
    );
}

#[tokio::test]
async fn messages_that_are_torn_each_time_are_reported() {
    let server = Server::start_broker(|_| {
        Reply::Answer(positions(response::SUCCESS, 1, 0, 1).with_body(&b"no messages"[..]))
    })
    .await;
    let error = error(&mut reader(&server, 0, options())).await;
    assert!(matches!(error, ReadError::Torn { offset: 0, .. }), "{error}");
}

#[tokio::test]
async fn a_reader_of_a_closed_client_ends() {
    let server = Stored::new(0..3).serve().await;
    let client = server.client();
    let mut reader = client.reader(Queue::new("orders", "b", 0), 0, options());
    read(&mut reader, 3).await;
    let (error, ()) = tokio::join!(error(&mut reader), client.close());
    assert!(matches!(error, ReadError::Closed), "{error}");
}
