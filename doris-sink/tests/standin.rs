//! The sink into a Doris that misbehaves: whatever happens to a load, each row is in the table once.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

use connector_api::{
    Batch, BatchId, ConnectRecord, ConnectorConfig, QueueId, QueueOffset, SinkConnector, SinkError, SinkTask,
    TaskContext, TaskId, Value,
};
use doris_sink::DorisSinkConnector;
use doris_standin::{Options, Running, Standin};
use mysql_async::prelude::Queryable;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const ROWS: i64 = 100;

/// A stand-in with an empty table `shop.orders`.
struct Doris {
    running: Running,
    sql: mysql_async::Conn,
}

impl Doris {
    async fn start() -> Self {
        let running =
            Standin::start(Options { password: "s3cret".into(), ..Options::default() }).await.unwrap();
        let url = format!("mysql://root:s3cret@{}?prefer_socket=false", running.mysql);
        let mut sql = mysql_async::Conn::from_url(url).await.unwrap();
        for statement in [
            "CREATE DATABASE shop",
            "CREATE TABLE shop.orders (id BIGINT NOT NULL, name VARCHAR(20)) DUPLICATE KEY(id) \
             DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
        ] {
            sql.query_drop(statement).await.unwrap();
        }
        Self { running, sql }
    }

    async fn faults(&self, faults: &str) {
        let mut admin = TcpStream::connect(self.running.fe).await.unwrap();
        let request = format!(
            "PUT /_standin/faults HTTP/1.1\r\nHost: fe\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{faults}",
            faults.len()
        );
        admin.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        admin.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// How many rows there are, and how many different ones.
    async fn rows(&mut self) -> (i64, i64) {
        let counted = self.sql.query_first("SELECT COUNT(*), COUNT(DISTINCT id) FROM shop.orders").await;
        counted.unwrap().unwrap()
    }

    /// Waits until as many rows are visible as were sent: what is committed need not be published yet.
    async fn wait_for_rows(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.rows().await.0 < ROWS && Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
    }

    async fn task(&self, more: &[(&str, &str)]) -> Result<Box<dyn SinkTask>, SinkError> {
        let urls = self.running.fe.to_string();
        let mut config: ConnectorConfig = [
            ("doris.urls", urls.as_str()),
            ("doris.user", "root"),
            ("doris.password", "s3cret"),
            ("doris.database", "shop"),
            ("connect.topicnames", "orders"),
            ("request.read.timeout.ms", "3000"),
            ("retry.interval.ms", "20"),
        ]
        .into_iter()
        .collect();
        for (key, value) in more {
            config.set(*key, *value);
        }
        let mut task = DorisSinkConnector.task();
        let id = TaskId { connector: "c".parse().unwrap(), task: 0 };
        task.start(&TaskContext::new(id, 1), &config).await.map(|()| task)
    }
}

fn batch(bodies: impl Iterator<Item = String>) -> Batch {
    let offset = |n: usize| QueueOffset::new(i64::try_from(n).unwrap()).unwrap();
    let records: Vec<_> =
        bodies.enumerate().map(|(n, b)| ConnectRecord::new(offset(n), Value::String(b.into()))).collect();
    let queue = QueueId { topic: "orders".into(), broker: "b".into(), queue: 0 };
    let (first, next) = (offset(0), offset(records.len()));
    Batch::new(BatchId { connector: "c".parse().unwrap(), queue: Arc::new(queue), generation: 0, first, next }, records)
}

fn good() -> Batch {
    batch((0..ROWS).map(|id| format!("{{\"id\":{id},\n \"name\":\"n{id}\"}}")))
}

/// Puts a batch as the host does: again and again under its identity until it is taken.
async fn put_until_taken(task: &mut Box<dyn SinkTask>, batch: &Batch) {
    for _ in 0..10 {
        match task.put(batch).await {
            Ok(()) => return,
            Err(error @ SinkError::Retriable(_)) => println!("retriable: {error}"),
            Err(other) => panic!("{other}"),
        }
    }
    panic!("never taken");
}

async fn check_loaded_once(faults: &str) {
    println!("{faults}");
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    doris.faults(faults).await;
    put_until_taken(&mut task, &good()).await;
    // A worker that was killed before it could commit puts the batch once more.
    let mut after_a_crash = doris.task(&[]).await.unwrap();
    put_until_taken(&mut after_a_crash, &good()).await;
    doris.wait_for_rows().await;
    assert_eq!(doris.rows().await, (ROWS, ROWS));
    doris.running.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_nothing_happens() {
    check_loaded_once("[]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_the_answer_is_lost() {
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"commit_then_drop","count":2}]"#).await;
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"garbage","commit":true}]"#).await;
    check_loaded_once(
        r#"[{"at":"be.stream_load","kind":"status","status":502,"body":"<html>","commit":true}]"#,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_the_load_is_lost() {
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"drop_before_commit","count":2}]"#).await;
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"drop"}]"#).await;
    check_loaded_once(r#"[{"at":"fe.stream_load","kind":"drop"}]"#).await;
    check_loaded_once(r#"[{"at":"fe.stream_load","kind":"dead_backend"}]"#).await;
    check_loaded_once(r#"[{"at":"fe.stream_load","kind":"status","status":503}]"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_an_earlier_attempt_still_runs() {
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"running","delay_ms":500,"then":"visible"}]"#).await;
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"running","delay_ms":500,"then":"aborted"}]"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_publishing_takes_its_time() {
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"publish_timeout","publish_after_ms":0}]"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_loaded_once_when_doris_is_busy() {
    let message = "[INTERNAL_ERROR]tablet error: [E-235]failed to init rowset builder. version count: 2001";
    check_loaded_once(&format!(
        r#"[{{"at":"be.stream_load","kind":"fail","message":"{message}","count":2}}]"#
    ))
    .await;
    check_loaded_once(r#"[{"at":"be.stream_load","kind":"slow","delay_ms":4000}]"#).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_no_rows_are_named_and_the_others_loaded_once() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    let bodies = ["{\"id\":1}", "not json", "{\"id\":2}", "[{\"id\":3}]"];
    for _ in 0..2 {
        match task.put(&batch(bodies.iter().map(ToString::to_string))).await {
            Err(SinkError::Records(refused)) => {
                assert_eq!(refused.iter().map(|e| e.offset.get()).collect::<Vec<_>>(), [1, 3]);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(doris.rows().await, (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_doris_refuses_are_shown_with_its_reason() {
    let mut doris = Doris::start().await;
    let mut task = doris.task(&[]).await.unwrap();
    let refused =
        task.put(&batch([r#"{"id":1}"#, r#"{"name":"no id"}"#].iter().map(ToString::to_string))).await;
    match refused {
        Err(error @ SinkError::Fatal(_)) => {
            println!("{error}");
            assert!(error.to_string().contains("too many filtered rows"), "{error}");
            assert!(error.to_string().contains("Reason: "), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(doris.rows().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_found_at_the_start() {
    let doris = Doris::start().await;
    for (key, value, shown) in [
        ("doris.password", "wrong", "doris.password"),
        ("doris.user", "nobody", "doris.user"),
        ("doris.database", "nodb", "create the database"),
        ("doris.topic2table.map", "orders:nope", "create the table"),
    ] {
        match doris.task(&[(key, value)]).await {
            Err(error @ SinkError::Fatal(_)) => {
                println!("{error}");
                assert!(error.to_string().contains(shown), "{error}");
                assert!(!error.to_string().contains("s3cret"), "{error}");
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("{key}={value} was accepted"),
        }
    }
}
