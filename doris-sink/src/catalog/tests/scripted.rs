//! A frontend that answers as a test says.

use crate::{
    catalog::{
        Catalog,
        mysql::{Limits, Login, packet},
        session::Session,
    },
    http::Endpoint,
};
use connector_api::Secret;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Notify,
};

/// What a statement is answered with.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Done,
    Rows(Vec<String>, Vec<Vec<Option<String>>>),
    Refused(u16, String),
    HangUp,
    Silence,
    After(Duration, Box<Answer>),
}

impl Answer {
    pub(super) fn rows(columns: &[&str], rows: &[&[&str]]) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let row = |row: &&[&str]| row.iter().map(|cell| Some((*cell).to_owned())).collect();
        Self::Rows(texts(columns), rows.iter().map(row).collect())
    }
}

type Script = Box<dyn FnMut(usize, &str) -> Answer + Send>;

/// The frontend.
pub(super) struct Scripted {
    at: Endpoint,
    seen: Arc<Mutex<Seen>>,
    asked: Arc<Notify>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    statements: Vec<String>,
}

/// What a frontend does with whoever connects.
enum Role {
    Answer(Script),
    Say(Vec<u8>),
}

impl Scripted {
    /// Lets everybody in and answers each statement by its number, from 0, and its text.
    pub(super) async fn start(script: impl FnMut(usize, &str) -> Answer + Send + 'static) -> Self {
        Self::with(Role::Answer(Box::new(script))).await
    }

    /// Says this to whoever connects, and hangs up.
    pub(super) async fn saying(words: &[u8]) -> Self {
        Self::with(Role::Say(words.to_vec())).await
    }

    /// Has too many connections.
    pub(super) async fn full() -> Self {
        let refusal = b"\xff\x10\x04Too many connections";
        let mut packet = vec![u8::try_from(refusal.len()).unwrap(), 0, 0, 0];
        packet.extend_from_slice(refusal);
        Self::saying(&packet).await
    }

    async fn with(role: Role) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let at = Endpoint::parse(&listener.local_addr().unwrap().to_string(), 1).unwrap();
        let (seen, asked) = (Arc::new(Mutex::new(Seen::default())), Arc::new(Notify::new()));
        let role = Arc::new(Mutex::new(role));
        let (seen_by, asked_by) = (Arc::clone(&seen), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                seen_by.lock().unwrap().connections += 1;
                let (role, seen, asked) = (Arc::clone(&role), Arc::clone(&seen_by), Arc::clone(&asked_by));
                tokio::spawn(serve(stream, role, seen, asked));
            }
        });
        Self { at, seen, asked }
    }

    pub(super) fn at(&self) -> Endpoint {
        self.at.clone()
    }

    /// A catalog of database `shop` that asks this frontend alone.
    pub(super) fn catalog(&self) -> Catalog {
        catalog(&[self.at()])
    }

    pub(super) fn statements(&self) -> Vec<String> {
        self.seen.lock().unwrap().statements.clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.seen.lock().unwrap().connections
    }

    /// Until the next statement has come.
    pub(super) async fn until_asked(&self) {
        self.asked.notified().await;
    }
}

/// A catalog of database `shop`.
pub(super) fn catalog(frontends: &[Endpoint]) -> Catalog {
    let login = Login { user: "loader".into(), password: Secret::new("s3cret") };
    let limits = Limits { connect: Duration::from_secs(10), answer: Duration::from_millis(500) };
    Catalog::of("shop", Session::new(frontends.to_vec(), login, limits, 0))
}

/// An address where nobody listens.
pub(super) async fn nobody() -> Endpoint {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    Endpoint::parse(&listener.local_addr().unwrap().to_string(), 1).unwrap()
}

async fn serve(mut stream: TcpStream, role: Arc<Mutex<Role>>, seen: Arc<Mutex<Seen>>, asked: Arc<Notify>) {
    let words = match &*role.lock().unwrap() {
        Role::Say(words) => words.clone(),
        Role::Answer(_) => Vec::new(),
    };
    if !words.is_empty() {
        stream.write_all(&words).await.unwrap();
        return;
    }
    packet::write(&mut stream, &greeting(), 0).await.unwrap();
    if packet::read(&mut stream).await.is_err() {
        return;
    }
    packet::write(&mut stream, &[0, 0, 0, 2, 0, 0, 0], 2).await.unwrap();
    while let Ok((command, _)) = packet::read(&mut stream).await {
        let Some(statement) = command.strip_prefix(&[3]) else { return };
        let statement = String::from_utf8(statement.to_vec()).unwrap();
        let number = seen.lock().unwrap().statements.len();
        seen.lock().unwrap().statements.push(statement.clone());
        asked.notify_one();
        let mut answer = match &mut *role.lock().unwrap() {
            Role::Answer(script) => script(number, &statement),
            Role::Say(_) => Answer::HangUp,
        };
        if let Answer::After(delay, then) = answer {
            tokio::time::sleep(delay).await;
            answer = *then;
        }
        match payloads(&answer) {
            Some(payloads) => {
                for (number, payload) in (1..).zip(payloads) {
                    packet::write(&mut stream, &payload, number).await.unwrap();
                }
            }
            None if matches!(answer, Answer::HangUp) => return,
            None => std::future::pending().await,
        }
    }
}

fn payloads(answer: &Answer) -> Option<Vec<Vec<u8>>> {
    let end = vec![0xfe, 0, 0, 2, 0];
    match answer {
        Answer::Done => Some(vec![vec![0, 0, 0, 2, 0, 0, 0]]),
        Answer::Refused(code, message) => {
            Some(vec![[&[0xff], &code.to_le_bytes()[..], b"#HY000", message.as_bytes()].concat()])
        }
        Answer::Rows(columns, rows) => {
            let definition = |name: &String| [b"\x03def\0\0\0", &counted(Some(name))[..]].concat();
            let row =
                |row: &Vec<Option<String>>| row.iter().flat_map(|cell| counted(cell.as_deref())).collect();
            let count = vec![u8::try_from(columns.len()).unwrap()];
            let mut payloads = vec![count];
            payloads.extend(columns.iter().map(definition));
            payloads.push(end.clone());
            payloads.extend(rows.iter().map(row));
            payloads.push(end);
            Some(payloads)
        }
        Answer::HangUp | Answer::Silence | Answer::After(..) => None,
    }
}

fn counted(text: Option<&str>) -> Vec<u8> {
    match text {
        None => vec![0xfb],
        Some(text) => {
            [&[0xfc], &u16::try_from(text.len()).unwrap().to_le_bytes()[..], text.as_bytes()].concat()
        }
    }
}

fn greeting() -> Vec<u8> {
    let rest = [&[0, 0x8c, 0x82, 33, 0, 0, 0x08, 0, 21][..], &[0; 10], b"abcdefghijkl\0"].concat();
    [&[10][..], b"5.7.99\0", &[1, 0, 0, 0], b"12345678", &rest, b"mysql_native_password\0"].concat()
}
