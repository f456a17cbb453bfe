//! A Doris that misbehaves as told, and batches for it.

use connector_api::{
    Batch, BatchId, ConnectRecord, ConnectorConfig, Figures, QueueId, QueueOffset, SinkConnector, SinkError,
    SinkTask, TaskContext, TaskId, Value,
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

/// Rows of a batch.
pub(crate) const ROWS: i64 = 100;

/// A stand-in with an empty table `shop.orders`.
pub(crate) struct Doris {
    pub(crate) running: Running,
    /// What its tasks count.
    pub(crate) figures: Figures,
    sql: mysql_async::Conn,
}

impl Doris {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let running = Standin::start(Options { password: "s3cret".into(), ..options }).await.unwrap();
        let url = format!("mysql://root:s3cret@{}?prefer_socket=false", running.mysql);
        let mut sql = mysql_async::Conn::from_url(url).await.unwrap();
        for statement in [
            "CREATE DATABASE shop",
            "CREATE TABLE shop.orders (id BIGINT NOT NULL, name VARCHAR(20)) DUPLICATE KEY(id) \
             DISTRIBUTED BY HASH(id) BUCKETS 1 PROPERTIES ('replication_num' = '1')",
        ] {
            sql.query_drop(statement).await.unwrap();
        }
        Self { running, figures: Figures::default(), sql }
    }

    /// Runs a statement as an administrator.
    pub(crate) async fn sql(&mut self, statement: &str) {
        self.sql.query_drop(statement).await.unwrap();
    }

    /// Switches faults on.
    pub(crate) async fn faults(&self, faults: &str) {
        self.admin("PUT", "faults", faults).await;
    }

    /// Lets go on what hangs.
    pub(crate) async fn release(&self) {
        self.admin("POST", "release", "").await;
    }

    /// Lets go on what hangs, again and again until `work` is done.
    pub(crate) async fn releasing<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.release() => {}
            }
        }
    }

    /// Makes Doris forget its finished loads.
    pub(crate) async fn forget_labels(&self) {
        self.admin("POST", "labels/forget", "").await;
    }

    /// The states of all loads that are not forgotten, oldest first.
    pub(crate) async fn loads(&self) -> Vec<String> {
        let answer = self.admin("GET", "loads", "").await;
        let body = &answer[answer.find("\r\n\r\n").unwrap()..];
        let loads: Vec<serde_json::Value> = serde_json::from_str(body).unwrap();
        loads.iter().map(|load| load["state"].as_str().unwrap().to_owned()).collect()
    }

    /// Aborts what is running or prepared, as an operator does.
    pub(crate) async fn cancel_all(&self) {
        let answer = self.admin("GET", "loads", "").await;
        let body = &answer[answer.find("\r\n\r\n").unwrap()..];
        let loads: Vec<serde_json::Value> = serde_json::from_str(body).unwrap();
        for load in loads {
            let path = format!("/api/shop/_cancel?label={}", load["label"].as_str().unwrap());
            self.request("POST", &path, "Authorization: Basic cm9vdDpzM2NyZXQ=\r\n", "").await;
        }
    }

    /// Waits until the loads are in these states.
    pub(crate) async fn wait_for_loads(&self, states: &[&str]) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.loads().await != states {
            assert!(Instant::now() < deadline, "{:?} is not {states:?}", self.loads().await);
            tokio::task::yield_now().await;
        }
    }

    async fn admin(&self, method: &str, path: &str, body: &str) -> String {
        self.request(method, &format!("/_standin/{path}"), "", body).await
    }

    async fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let mut admin = TcpStream::connect(self.running.fe).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: fe\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        admin.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        admin.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer
    }

    /// Runs a statement.
    pub(crate) async fn run(&mut self, statement: &str) {
        self.sql.query_drop(statement).await.unwrap();
    }

    /// The rows of a query, each as text with a bar between its columns.
    pub(crate) async fn query(&mut self, query: &str) -> Vec<String> {
        let rows: Vec<mysql_async::Row> = self.sql.query(query).await.unwrap();
        let text = |value: mysql_async::Value| match value {
            mysql_async::Value::NULL => "NULL".to_owned(),
            mysql_async::Value::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
            other => other.as_sql(true),
        };
        rows.into_iter().map(|row| row.unwrap().into_iter().map(text).collect::<Vec<_>>().join("|")).collect()
    }

    /// Waits until a query has this one answer.
    pub(crate) async fn until(&mut self, query: &str, answer: &str) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.query(query).await != [answer] {
            assert!(Instant::now() < deadline, "{query} is not {answer}");
            tokio::task::yield_now().await;
        }
    }

    /// How many rows there are, and how many different ones.
    pub(crate) async fn rows(&mut self) -> (i64, i64) {
        let counted = self.sql.query_first("SELECT COUNT(*), COUNT(DISTINCT id) FROM shop.orders").await;
        counted.unwrap().unwrap()
    }

    /// Waits until so many rows are visible: what is committed need not be published yet.
    pub(crate) async fn wait_for_rows(&mut self, rows: i64) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.rows().await.0 < rows && Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn task(&self, more: &[(&str, &str)]) -> Result<Box<dyn SinkTask>, SinkError> {
        let urls = self.running.fe.to_string();
        let query_port = self.running.mysql.port().to_string();
        let mut config: ConnectorConfig = [
            ("doris.urls", urls.as_str()),
            ("doris.query.port", query_port.as_str()),
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
        let context = TaskContext::new(id, 1).with_figures(self.figures.clone());
        task.start(&context, &config).await.map(|()| task)
    }
}

/// The batch of these bodies, from this offset on.
pub(crate) fn batch_at(first: i64, bodies: impl Iterator<Item = String>) -> Batch {
    batch_of(first, bodies.map(|body| (Value::String(body.into()), None)))
}

/// The batch of these values and keys, from this offset on.
pub(crate) fn batch_of(first: i64, records: impl Iterator<Item = (Value, Option<&'static str>)>) -> Batch {
    let offset = |n: usize| QueueOffset::new(first + i64::try_from(n).unwrap()).unwrap();
    let record = |(n, (value, key)): (usize, (Value, Option<&str>))| {
        let record = ConnectRecord::new(offset(n), value);
        key.map_or(record.clone(), |key| record.with_key(Value::String(key.into())))
    };
    let records: Vec<_> = records.enumerate().map(record).collect();
    let queue = QueueId { topic: "orders".into(), broker: "b".into(), queue: 0 };
    let id = BatchId {
        connector: "c".parse().unwrap(),
        queue: Arc::new(queue),
        generation: 0,
        first: offset(0),
        next: offset(records.len()),
    };
    Batch::new(id, records)
}

/// [`ROWS`] rows with ids of their own, by the number of the batch.
pub(crate) fn good(number: i64) -> Batch {
    let first = number * ROWS;
    batch_at(first, (first..first + ROWS).map(|id| format!("{{\"id\":{id},\n \"name\":\"n{id}\"}}")))
}

/// Puts a batch as the host does: again and again under its identity until it is taken.
pub(crate) async fn put_until_taken(task: &mut Box<dyn SinkTask>, batch: &Batch) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        match task.put(batch).await {
            Ok(()) => return,
            Err(error @ SinkError::Retriable(_)) => println!("retriable: {error}"),
            Err(other) => panic!("{other}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never taken");
}
