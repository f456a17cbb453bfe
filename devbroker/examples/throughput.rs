//! How fast a dev-broker takes and gives messages on this machine, and how much memory it needs for it.
//!
//! `cargo run --release -p devbroker --example throughput [MESSAGES]` (1 KiB each, 200,000 by default). The broker runs in a
//! process of its own when `DEV_BROKER` names one that is running, else in this one.

use std::{
    io::Write,
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use devbroker::{DevBroker, Options};
use remoting::{
    code::{request, response},
    codec::FrameCodec,
    command::Command,
    message::batch,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_util::codec::{Decoder, Encoder};

type Failure = Box<dyn std::error::Error>;

const TOPIC: &str = "throughput";
const BODY_BYTES: usize = 1024;
const QUEUES: usize = 4;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let messages: usize = std::env::args().nth(1).map_or(Ok(200_000), |count| count.parse())?;
    let data = std::env::temp_dir().join(format!("dev-broker-throughput-{}", std::process::id()));
    let (broker, address) = match std::env::var("DEV_BROKER") {
        Ok(address) => (None, address.parse()?),
        Err(_) => {
            let broker = DevBroker::start(Options::new(([127, 0, 0, 1], 0).into(), &data)).await?;
            let address = broker.addr();
            (Some(broker), address)
        }
    };
    let mut out = std::io::stdout();
    writeln!(out, "idle: {}", memory())?;

    let mut connection = Connection::open(address).await?;
    connection.run(1, 1, |_| create_topic()).await?;
    for (name, in_flight, count) in
        [("sequential", 1, messages / 20), ("8 in flight", 8, messages / 4), ("64 in flight", 64, messages)]
    {
        let took = connection.run(count, in_flight, |number| send(number % QUEUES)).await?;
        writeln!(out, "send, {name}: {:.0} messages/s, {}", rate(count, took), memory())?;
    }
    for size in [10, 100, 1000] {
        let batches = messages / size;
        let took = connection.run(batches, 4, |number| send_batch(number % QUEUES, size)).await?;
        writeln!(out, "send, batches of {size}: {:.0} messages/s, {}", rate(batches * size, took), memory())?;
    }
    let pulls = messages / 32;
    for depth in [1, 8] {
        let took = connection.run(pulls, depth, |number| pull(number * 32 % (messages / QUEUES))).await?;
        writeln!(out, "pull, {depth} in flight: {:.0} messages/s, {}", rate(pulls * 32, took), memory())?;
    }
    if let Some(broker) = broker {
        broker.shutdown().await;
        std::fs::remove_dir_all(data)?;
    }
    Ok(())
}

/// One connection that keeps a number of requests in flight.
struct Connection {
    stream: TcpStream,
    codec: FrameCodec,
    received: BytesMut,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, codec: FrameCodec::new(), received: BytesMut::new() })
    }

    /// Makes `count` requests and waits for all answers.
    async fn run(
        &mut self,
        count: usize,
        in_flight: usize,
        request: impl Fn(usize) -> Command,
    ) -> Result<Duration, Failure> {
        let start = Instant::now();
        let (mut sent, mut answered) = (0, 0);
        let mut frames = BytesMut::new();
        while answered < count {
            while sent < count && sent - answered < in_flight {
                let mut command = request(sent);
                command.opaque = i32::try_from(sent)?;
                self.codec.encode(command, &mut frames)?;
                sent += 1;
            }
            self.stream.write_all(&frames).await?;
            frames.clear();
            self.received.reserve(64 * 1024);
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the broker closed the connection".into());
            }
            while let Some(answer) = self.codec.decode(&mut self.received)? {
                if answer.code != response::SUCCESS {
                    return Err(format!("answered {}: {:?}", answer.code, answer.remark).into());
                }
                answered += 1;
            }
        }
        Ok(start.elapsed())
    }
}

fn create_topic() -> Command {
    Command::request(request::UPDATE_AND_CREATE_TOPIC)
        .field("topic", TOPIC)
        .field("defaultTopic", "TBW102")
        .field("readQueueNums", QUEUES)
        .field("writeQueueNums", QUEUES)
        .field("perm", 6)
        .field("topicFilterType", "SINGLE_TAG")
        .field("order", false)
}

fn send_header(code: i32, queue: usize) -> Command {
    let fields = [("a", "p"), ("b", TOPIC), ("c", "TBW102"), ("d", "4"), ("f", "0"), ("g", "1"), ("h", "0")];
    let header = Command::request(code).field("e", queue);
    fields.into_iter().fold(header, |header, (name, value)| header.field(name, value))
}

fn body() -> Bytes {
    static BODY: [u8; BODY_BYTES] = [b'x'; BODY_BYTES];
    Bytes::from_static(&BODY)
}

fn send(queue: usize) -> Command {
    send_header(request::SEND_MESSAGE_V2, queue).with_body(body())
}

fn send_batch(queue: usize, size: usize) -> Command {
    let entries = vec![batch::BatchEntry { body: body(), ..batch::BatchEntry::default() }; size];
    send_header(request::SEND_BATCH_MESSAGE, queue).with_body(batch::encode(&entries))
}

fn pull(offset: usize) -> Command {
    let fields =
        [("consumerGroup", "g"), ("topic", TOPIC), ("queueId", "0"), ("maxMsgNums", "32"), ("sysFlag", "4")];
    let rest =
        [("commitOffset", "0"), ("suspendTimeoutMillis", "0"), ("subscription", "*"), ("subVersion", "0")];
    let header = Command::request(request::PULL_MESSAGE).field("queueOffset", offset);
    fields.into_iter().chain(rest).fold(header, |header, (name, value)| header.field(name, value))
}

#[allow(clippy::cast_precision_loss, reason = "a rate for people")]
fn rate(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// This process's resident memory now and at its highest.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = |name: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(name));
        found.map_or("unknown", str::trim).to_owned()
    };
    format!("resident {}, at most {}", line("VmRSS:"), line("VmHWM:"))
}
