//! A server that answers as a test tells it, remembers what it was asked, and can be killed and brought back.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::StreamExt;
use remoting::code::{request, response};
use remoting::codec::FrameCodec;
use remoting::command::{Command, Encoding};
use remoting::{Client, ClientOptions};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::codec::{Encoder, FramedRead};

/// Long enough for anything on one machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// What a server does about a request.
pub(crate) enum Reply {
    /// This answer; it need not have an `opaque`.
    Answer(Command),
    /// This answer, after a while.
    Later(Duration, Command),
    /// Nothing.
    Silence,
    /// These bytes.
    Raw(&'static [u8]),
}

type Script = dyn Fn(&Command) -> Reply + Send + Sync;

/// A running server; killed when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    script: Box<Script>,
    encoding: Option<Encoding>,
    seen: watch::Sender<Vec<Command>>,
    connections: Mutex<Vec<mpsc::UnboundedSender<Out>>>,
    accepted: AtomicUsize,
    outstanding: AtomicUsize,
    most_outstanding: AtomicUsize,
}

enum Out {
    Command(Command),
    Raw(&'static [u8]),
    Hangup,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Command) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(None, Box::new(script)).await
    }

    /// One that answers in the binary encoding whatever it is asked in.
    pub(crate) async fn start_binary(script: impl Fn(&Command) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen(Some(Encoding::Binary), Box::new(script)).await
    }

    /// A name server and broker `b` with two queues of any topic; the rest is up to the script.
    pub(crate) async fn start_broker(script: impl Fn(&Command) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_broker_on("127.0.0.1:0", script).await
    }

    pub(crate) async fn start_broker_on(
        address: &str,
        script: impl Fn(&Command) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let own = listener.local_addr().unwrap();
        Self::serve(
            listener,
            None,
            Box::new(move |asked| routed(own, asked).unwrap_or_else(|| script(asked))),
        )
    }

    async fn listen(encoding: Option<Encoding>, script: Box<Script>) -> Self {
        Self::serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), encoding, script)
    }

    fn serve(listener: TcpListener, encoding: Option<Encoding>, script: Box<Script>) -> Self {
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script,
            encoding,
            seen: watch::channel(Vec::new()).0,
            connections: Mutex::default(),
            accepted: AtomicUsize::new(0),
            outstanding: AtomicUsize::new(0),
            most_outstanding: AtomicUsize::new(0),
        });
        let mut tasks = JoinSet::new();
        let accepting = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                accepting.accepted.fetch_add(1, Ordering::SeqCst);
                connections.spawn(converse(stream, Arc::clone(&accepting)));
            }
        });
        Self { address, shared, _tasks: tasks }
    }

    /// A client whose name server this is.
    pub(crate) fn client(&self) -> Client {
        client_of(&[self.address])
    }

    /// What a name server of its own would say about any topic.
    pub(crate) fn route_body(&self) -> String {
        route_body(self.address)
    }

    /// What was asked with this code so far.
    pub(crate) fn asked(&self, code: i32) -> Vec<Command> {
        self.shared
            .seen
            .borrow()
            .iter()
            .filter(|command| command.code == code && !command.is_response())
            .cloned()
            .collect()
    }

    /// Waits until `count` requests with this code have come.
    pub(crate) async fn wait_for(&self, code: i32, count: usize) -> Vec<Command> {
        self.wait_until(|seen| {
            seen.iter().filter(|command| command.code == code && !command.is_response()).count() >= count
        })
        .await;
        self.asked(code)
    }

    /// Waits until what has been received fulfils a condition.
    pub(crate) async fn wait_until(&self, condition: impl FnMut(&Vec<Command>) -> bool) -> Vec<Command> {
        let mut seen = self.shared.seen.subscribe();
        let waited = tokio::time::timeout(DEADLINE, seen.wait_for(condition)).await;
        waited.expect("what was waited for never came").unwrap().clone()
    }

    /// Sends a request of the server's own to every client.
    pub(crate) fn push(&self, command: &Command) {
        for connection in self.shared.connections.lock().unwrap().iter() {
            connection.send(Out::Command(command.clone())).ok();
        }
    }

    /// Closes every connection and goes on listening.
    pub(crate) fn hang_up(&self) {
        for connection in self.shared.connections.lock().unwrap().drain(..) {
            connection.send(Out::Hangup).ok();
        }
    }

    /// How many connections were made to it.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// The most answers that were awaited at once.
    pub(crate) fn most_outstanding(&self) -> usize {
        self.shared.most_outstanding.load(Ordering::SeqCst)
    }
}

/// A client with short timeouts.
pub(crate) fn client_of(name_servers: &[SocketAddr]) -> Client {
    let name_servers = name_servers.iter().map(ToString::to_string).collect();
    Client::new(ClientOptions { name_servers, ..ClientOptions::default() }).unwrap()
}

/// An answer with this code.
pub(crate) fn answer(code: i32) -> Command {
    Command::request(code)
}

/// The same as a reply.
pub(crate) fn reply(code: i32) -> Reply {
    Reply::Answer(answer(code))
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
}

fn route_body(broker: SocketAddr) -> String {
    format!(
        r#"{{"brokerDatas":[{{"brokerAddrs":{{0:"{broker}"}},"brokerName":"b","cluster":"c"}}],"filterServerTable":{{}},
           "queueDatas":[{{"brokerName":"b","perm":6,"readQueueNums":2,"topicSysFlag":0,"writeQueueNums":2}}]}}"#
    )
}

/// Routes and cluster info as Java writes them, keys that are numbers without quotes.
fn routed(own: SocketAddr, asked: &Command) -> Option<Reply> {
    let body = match asked.code {
        request::GET_ROUTEINFO_BY_TOPIC => route_body(own),
        request::GET_BROKER_CLUSTER_INFO => format!(
            r#"{{"brokerAddrTable":{{"b":{{"brokerAddrs":{{0:"{own}"}},"brokerName":"b","cluster":"c"}}}},
               "clusterAddrTable":{{"c":["b"]}}}}"#
        ),
        _ => return None,
    };
    Some(Reply::Answer(answer(response::SUCCESS).with_body(body)))
}

async fn converse(stream: TcpStream, shared: Arc<Shared>) {
    let (read, mut write) = stream.into_split();
    let (out, mut outgoing) = mpsc::unbounded_channel();
    shared.connections.lock().unwrap().push(out.clone());
    let mut frames = FramedRead::new(read, FrameCodec::new());
    let mut codec = FrameCodec::new();
    let mut later = JoinSet::new();
    loop {
        tokio::select! {
            frame = frames.next() => {
                let Some(Ok(command)) = frame else { return };
                shared.seen.send_modify(|seen| seen.push(command.clone()));
                if command.is_response() {
                    continue;
                }
                let outstanding = shared.outstanding.fetch_add(1, Ordering::SeqCst) + 1;
                shared.most_outstanding.fetch_max(outstanding, Ordering::SeqCst);
                let to = |answer: Command| {
                    let encoding = shared.encoding.unwrap_or(command.encoding);
                    Command { opaque: command.opaque, flag: 1, encoding, ..answer }
                };
                match (shared.script)(&command) {
                    Reply::Answer(answer) => { out.send(Out::Command(to(answer))).ok(); }
                    Reply::Later(delay, answer) => {
                        let (out, answer) = (out.clone(), to(answer));
                        later.spawn(async move {
                            tokio::time::sleep(delay).await;
                            out.send(Out::Command(answer)).ok();
                        });
                    }
                    Reply::Silence => {}
                    Reply::Raw(bytes) => { out.send(Out::Raw(bytes)).ok(); }
                }
            }
            Some(outgoing) = outgoing.recv() => {
                let mut bytes = BytesMut::new();
                match outgoing {
                    Out::Command(command) => {
                        if command.is_response() {
                            shared.outstanding.fetch_sub(1, Ordering::SeqCst);
                        }
                        codec.encode(command, &mut bytes).unwrap();
                    }
                    Out::Raw(raw) => bytes.extend_from_slice(raw),
                    Out::Hangup => return,
                }
                if write.write_all(&bytes).await.is_err() {
                    return;
                }
            }
        }
    }
}
