//! Recorded exchanges: read from a text, sent again, and compared word for word.

use std::collections::BTreeMap;

use doris_standin::Running;

use super::{PASSWORD, basic, rows, set_faults};

/// One request and the answer it had.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) name: String,
    /// What is done before, a line each.
    pub(crate) before: Vec<String>,
    /// The lines after `>`.
    request: Vec<String>,
    pub(crate) expected: String,
}

/// The exchanges of a text, in order.
pub(crate) fn exchanges(text: &str) -> Vec<Exchange> {
    text.split("\n### ").skip(1).map(exchange).collect()
}

fn exchange(text: &str) -> Exchange {
    let (name, rest) = text.split_once('\n').unwrap();
    let marked = |mark: &str| -> Vec<String> {
        rest.lines().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect()
    };
    let answer = rest.lines().skip_while(|line| line.starts_with(['!', '>']));
    let answer: Vec<&str> = answer.collect();
    Exchange {
        name: name.to_owned(),
        before: marked("! "),
        request: marked("> "),
        expected: answer.join("\n").trim_end().to_owned(),
    }
}

/// Which port a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    Frontend,
    Backend,
}

impl Exchange {
    /// Where the request goes, and its bytes.
    pub(crate) fn request(&self, names: &Names) -> (Port, Vec<u8>) {
        let first = names.fill(&self.request[0]);
        let mut words = first.split(' ');
        let port = match words.next() {
            Some("FE") => Port::Frontend,
            Some("BE") => Port::Backend,
            other => panic!("no port {other:?} in {}", self.name),
        };
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let mut head = format!("{method} {path} {}\r\nHost: x\r\n", words.next().unwrap_or("HTTP/1.1"));
        let mut body = Vec::new();
        for line in &self.request[1..] {
            let line = names.fill(line);
            if let Some(who) = line.strip_prefix("as ") {
                head.push_str(&authorization(who));
            } else if line == "body" {
                head.push_str("Content-Length: 0");
            } else if let Some(text) = line.strip_prefix("body ") {
                body = bytes(text);
                head.push_str(&format!("Content-Length: {}", body.len()));
            } else {
                head.push_str(&line);
            }
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&body);
        (port, bytes)
    }
}

fn authorization(who: &str) -> String {
    let password = match who {
        "nop" => "x",
        "odd" => "a:b@c/d%e#f?g h+é",
        _ => PASSWORD,
    };
    let (user, password) = who.split_once(':').unwrap_or((who, password));
    basic(user, password)
}

/// `(N bytes)`, or a text with `\t` and `\n` in it.
fn bytes(text: &str) -> Vec<u8> {
    match text.strip_prefix('(').and_then(|text| text.strip_suffix(" bytes)")) {
        Some(length) => vec![b'x'; length.parse().unwrap()],
        None => text.replace("\\t", "\t").replace("\\n", "\n").into_bytes(),
    }
}

/// Numbers and words that are the same wherever they stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    pub(crate) fn of(running: &Running) -> Self {
        Self(BTreeMap::from([("BE".to_owned(), running.be.port().to_string())]))
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// Compares an answer with what is expected, and learns the names that are new in it.
    pub(crate) fn compare(&mut self, expected: &str, answer: &str) -> Result<(), String> {
        let mut rest = answer;
        let mut pattern = expected;
        while !pattern.is_empty() {
            let (literal, mark, after) = next_mark(pattern);
            rest = rest.strip_prefix(literal).ok_or_else(|| differs(literal, rest))?;
            pattern = after;
            let Some(mark) = mark else { continue };
            let known = mark.and_then(|name| self.0.get(name)).cloned();
            let found = match (mark, known) {
                (_, Some(value)) => {
                    rest.strip_prefix(value.as_str()).map(|_| value).ok_or_else(|| differs(expected, rest))?
                }
                (Some(_), None) => rest.chars().take_while(char::is_ascii_alphanumeric).collect(),
                (None, None) => {
                    let (follows, _, _) = next_mark(pattern);
                    let line = rest.lines().next().unwrap_or_default();
                    let follows = follows.lines().next().unwrap_or_default();
                    let end = if follows.is_empty() { Some(line.len()) } else { line.find(follows) };
                    line[..end.ok_or_else(|| differs(follows, rest))?].to_owned()
                }
            };
            rest = &rest[found.len()..];
            if let Some(name) = mark {
                self.0.insert(name.to_owned(), found);
            }
        }
        if rest.is_empty() { Ok(()) } else { Err(format!("something more: {rest:?}")) }
    }
}

fn differs(expected: &str, found: &str) -> String {
    let same = expected.bytes().zip(found.bytes()).take_while(|(a, b)| a == b).count();
    format!("expected {:?}\nfound    {:?}", tail(expected, same), tail(found, same))
}

fn tail(text: &str, from: usize) -> String {
    String::from_utf8_lossy(&text.as_bytes()[from.min(text.len())..]).chars().take(200).collect()
}

/// The text up to the next mark, the mark (`…` has no name), and what follows it.
fn next_mark(pattern: &str) -> (&str, Option<Option<&str>>, &str) {
    let any = pattern.find('…');
    let named = pattern.match_indices('{').find_map(|(at, _)| {
        let name = pattern[at + 1..].split('}').next()?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_name.then_some((at, name))
    });
    match (any, named) {
        (Some(any), Some((at, name))) if at < any => {
            (&pattern[..at], Some(Some(name)), &pattern[at + name.len() + 2..])
        }
        (Some(any), _) => (&pattern[..any], Some(None), &pattern[any + '…'.len_utf8()..]),
        (None, Some((at, name))) => (&pattern[..at], Some(Some(name)), &pattern[at + name.len() + 2..]),
        (None, None) => (pattern, None, ""),
    }
}

/// An answer with line feeds alone, its chunks joined, and an interim answer told as `(100 Continue)`.
pub(crate) fn readable(answer: &str) -> String {
    let (interim, answer) = match answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n") {
        Some(rest) => ("(100 Continue)\n", rest),
        None => ("", answer),
    };
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let mut joined = String::new();
    if head.contains("Transfer-Encoding: chunked") {
        let mut rest = body;
        while let Some((size, chunk)) = rest.split_once("\r\n") {
            let size = usize::from_str_radix(size, 16).unwrap();
            joined.push_str(&chunk[..size]);
            rest = &chunk[size + 2..];
            if size == 0 {
                break;
            }
        }
    } else {
        if let Some(length) = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")) {
            assert_eq!(length.parse::<usize>().unwrap(), body.len(), "{answer}");
        }
        joined.push_str(body);
    }
    format!("{interim}{}\n\n{joined}", head.replace("\r\n", "\n")).trim_end().to_owned()
}

/// Does what a `!` line says.
pub(crate) async fn prepare(running: &Running, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "sql" => {
            rows::<mysql_async::Row>(running, rest).await;
        }
        "fault" => {
            let fault: serde_json::Value = serde_json::from_str(rest).unwrap();
            set_faults(running, &serde_json::json!([fault])).await;
        }
        "release" => {
            super::raw(running.fe, &super::request("POST /_standin/release", &["Content-Length: 0"], ""))
                .await;
        }
        "state" => {
            let (label, state) = rest.split_once(' ').unwrap();
            super::wait_for_state(running, label, state).await;
        }
        other => panic!("no such step: {other}"),
    }
}
