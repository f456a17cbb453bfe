//! HTTP/1.1 requests whose answers come back as the server sent them.
//!
//! For comparing a REST API byte for byte: header names keep their case, bodies are not decoded, no redirect is followed.
//! One connection per request.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DEADLINE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// In the order and case the server sent them.
    pub headers: Vec<(String, String)>,
    /// Without any transfer encoding.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text, with replacement characters where it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not JSON, with the body.
    pub fn json(&self) -> anyhow::Result<serde_json::Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("status {} with a body that is not JSON: {}", self.status, self.text()))
    }
}

/// `GET target`, a path with its query.
///
/// # Errors
/// As [`request`].
pub async fn get(server: SocketAddr, target: &str) -> anyhow::Result<Response> {
    request(server, "GET", target, &[], b"").await
}

/// `POST target` with a JSON body.
///
/// # Errors
/// As [`request`].
pub async fn post(server: SocketAddr, target: &str, json: impl AsRef<[u8]>) -> anyhow::Result<Response> {
    request(server, "POST", target, &[("Content-Type", "application/json")], json.as_ref()).await
}

/// Any request. `Host`, `Connection: close` and `Content-Length` (when there is a body) are added to `headers`.
///
/// # Errors
/// When the server cannot be reached, does not finish its answer within 30 s, or answers something that is not HTTP.
pub async fn request(
    server: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> anyhow::Result<Response> {
    let mut message = format!("{method} {target} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n");
    for (name, value) in headers {
        message.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        message.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    message.push_str("\r\n");
    let mut message = message.into_bytes();
    message.extend_from_slice(body);
    tokio::time::timeout(DEADLINE, exchange(server, &message))
        .await
        .with_context(|| format!("{method} {target}: no whole answer within {DEADLINE:?}"))?
        .with_context(|| format!("{method} http://{server}{target}"))
}

async fn exchange(server: SocketAddr, message: &[u8]) -> anyhow::Result<Response> {
    let mut connection = TcpStream::connect(server).await?;
    // A server may answer and close before it has read the whole body: the answer is what counts.
    let sent = connection.write_all(message).await;
    let mut answer = Vec::new();
    let received = connection.read_to_end(&mut answer).await;
    match parse(&answer) {
        Ok(response) => Ok(response),
        Err(error) => {
            sent.context("request not sent")?;
            received.context("answer cut off")?;
            Err(error)
        }
    }
}

fn parse(answer: &[u8]) -> anyhow::Result<Response> {
    let (head, rest) = split_at(answer, b"\r\n\r\n").context("the answer has no end of headers")?;
    let head = std::str::from_utf8(head)?;
    let mut lines = head.split("\r\n");
    let status_line = lines.next().unwrap_or_default();
    let status = status_line
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3))
        .and_then(|code| code.parse().ok())
        .with_context(|| format!("not an HTTP/1.1 status line: {status_line:?}"))?;
    let headers = lines
        .map(|line| {
            let (name, value) = line.split_once(':').with_context(|| format!("not a header: {line:?}"))?;
            Ok((name.to_owned(), value.trim().to_owned()))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut response = Response { status, headers, body: Vec::new() };
    response.body = if response.header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"))
    {
        unchunk(rest)?
    } else if let Some(length) = response.header("content-length") {
        let length: usize = length.parse().context("content-length is not a number")?;
        rest.get(..length)
            .with_context(|| format!("body of {} bytes instead of {length}", rest.len()))?
            .to_vec()
    } else {
        rest.to_vec()
    };
    Ok(response)
}

fn unchunk(mut rest: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let (size, after) = split_at(rest, b"\r\n").context("the last chunk is missing")?;
        let size = std::str::from_utf8(size)?.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).with_context(|| format!("not a chunk size: {size:?}"))?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(after.get(..size).context("a chunk is cut off")?);
        rest = after.get(size + 2..).context("a chunk is cut off")?;
    }
}

fn split_at<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    Some((&bytes[..at], &bytes[at + separator.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, status: u16, body: &str) {
        let response = parse(answer.as_bytes()).unwrap();
        assert_eq!((response.status, response.text().as_str()), (status, body), "{answer}");
    }

    #[test]
    fn bodies_by_length_by_chunks_and_to_the_end() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok");
        check("HTTP/1.1 404 Not Found\r\n\r\nuntil the end", 404, "until the end");
        check(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n10;x\r\n0123456789abcdef\r\n0\r\n\r\n",
            200,
            "abc0123456789abcdef",
        );
        check("HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", 204, "");
    }

    #[test]
    fn a_body_cut_off_is_an_error() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
            "HTTP/1.1 200 OK\r\nContent-Le",
            "",
        ] {
            assert!(parse(answer.as_bytes()).is_err(), "{answer:?}");
        }
    }

    #[test]
    fn headers_keep_their_case_and_are_found_in_any() {
        let response = parse(b"HTTP/1.1 200 OK\r\nX-Trace: a:b\r\n\r\n").unwrap();
        assert_eq!(response.headers, [("X-Trace".to_owned(), "a:b".to_owned())]);
        assert_eq!(response.header("x-trace"), Some("a:b"));
    }
}
