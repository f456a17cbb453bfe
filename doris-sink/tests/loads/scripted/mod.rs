//! Servers that answer loads as a test tells them to, and remember what they were asked.

mod exchange;
mod rig;

pub(crate) use exchange::Request;
pub(crate) use rig::{Rig, batch, location, old, put, task};

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// What a server does with the next request.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// 307 to this place, with credentials in it; the body is not read.
    Redirect(String),
    /// An answer at once; the body is not asked for.
    Early(u16, String),
    /// `100 Continue`, the body, then this answer with HTTP 200.
    Load(String),
    /// Waits for the body without asking for it, then this answer with HTTP 200.
    LoadUnasked(String),
    /// `100 Continue`, the body, and the connection is closed without an answer.
    LoadAndVanish,
    /// `100 Continue`, the body, then this answer, a byte every 20 ms.
    LoadAndTrickle(String),
    /// `100 Continue`, and no byte of the body is read.
    AskAndHang,
    /// The connection is closed when the head was read.
    Vanish,
    /// The head is read, and nothing more happens.
    Hang,
}

/// A server on a free port of 127.0.0.1; it stops with the value.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    steps: VecDeque<Step>,
    calls: Vec<(&'static str, VecDeque<Step>)>,
    requests: Vec<Request>,
    connections: usize,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Server {
    /// A server that takes these steps, one a PUT, and the last one again and again.
    pub(crate) async fn start(steps: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let steps = steps.into_iter().collect();
        let state = Arc::new(Mutex::new(State { steps, ..State::default() }));
        let shared = state.clone();
        let listening = tokio::spawn(async move {
            // Connections end with the server.
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                locked(&shared).connections += 1;
                connections.spawn(exchange::serve(stream, shared.clone()));
            }
        });
        Self { address, state, listening }
    }

    /// Answers GETs and POSTs whose path holds `part` with these bodies in order, and the last one again and again.
    pub(crate) fn get(self, part: &'static str, bodies: &[&str]) -> Self {
        self.on_get(part, bodies.iter().map(|body| Step::Early(200, (*body).to_owned())))
    }

    /// Takes these steps for GETs and POSTs whose path holds `part`, in order, and the last one again and again.
    pub(crate) fn on_get(self, part: &'static str, steps: impl IntoIterator<Item = Step>) -> Self {
        locked(&self.state).calls.insert(0, (part, steps.into_iter().collect()));
        self
    }

    /// What it was asked by PUT.
    pub(crate) fn puts(&self) -> Vec<Request> {
        locked(&self.state).requests.iter().filter(|r| r.method == "PUT").cloned().collect()
    }

    /// What it was asked by GET.
    pub(crate) fn gets(&self) -> Vec<Request> {
        locked(&self.state).requests.iter().filter(|r| r.method == "GET").cloned().collect()
    }

    /// What it was asked by POST.
    pub(crate) fn posts(&self) -> Vec<Request> {
        locked(&self.state).requests.iter().filter(|r| r.method == "POST").cloned().collect()
    }

    /// How many connections it had.
    pub(crate) fn connections(&self) -> usize {
        locked(&self.state).connections
    }
}

/// What a backend answers to a load of `rows` rows.
pub(crate) fn success(rows: usize) -> String {
    answer("Success", "OK", rows, rows, "")
}

/// What a backend answers to a load, with more fields in JSON (`,"Name": value`).
pub(crate) fn answer(status: &str, message: &str, total: usize, loaded: usize, more: &str) -> String {
    format!(
        "{{\n    \"TxnId\": 7,\n    \"Label\": \"l\",\n    \"TwoPhaseCommit\": \"false\",\n    \"Status\": \"{status}\",\n    \
         \"Message\": \"{message}\",\n    \"NumberTotalRows\": {total},\n    \"NumberLoadedRows\": {loaded},\n    \
         \"NumberFilteredRows\": {},\n    \"NumberUnselectedRows\": 0{more}\n}}\n",
        total - loaded
    )
}

/// What a backend answers to a load whose label is used, by a load in this state.
pub(crate) fn exists(status: &str) -> Step {
    const MESSAGE: &str = "[LABEL_ALREADY_EXISTS]TStatus: errCode = 2, detailMessage = Label [l] has already been used, relate to txn [7]";
    let more = format!(",\n    \"ExistingJobStatus\": \"{status}\"");
    Step::Early(200, answer("Label Already Exists", MESSAGE, 0, 0, &more))
}

/// What a frontend answers about the state of a label.
pub(crate) fn state(state: &str) -> String {
    format!("{{\"msg\":\"success\",\"code\":0,\"data\":\"{state}\",\"count\":0}}")
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap()
}

fn next<T: Clone>(queue: &mut VecDeque<T>) -> Option<T> {
    if queue.len() > 1 { queue.pop_front() } else { queue.front().cloned() }
}
