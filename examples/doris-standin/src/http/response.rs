//! An answer, and how it is laid out on the wire.

use std::fmt::Write as _;

use super::request::Version;

/// How the end of the body is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// `Content-Length`, always.
    Counted,
    /// As a servlet container does it: chunked while the connection stays open, and no mark at all when closing ends it.
    Streamed,
}

/// An answer to one request.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) reason: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) framing: Framing,
}

impl Response {
    /// An answer with a counted body.
    pub(crate) fn counted(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            reason: reason(status),
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.into(),
            framing: Framing::Counted,
        }
    }

    /// The bytes to send. `persistent` says whether the connection stays open afterwards.
    pub(crate) fn to_bytes(&self, version: Version, persistent: bool, head_only: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, self.reason);
        for (name, value) in &self.headers {
            add(&mut head, name, value);
        }
        let chunked = self.framing == Framing::Streamed && persistent && !self.body.is_empty();
        if chunked {
            add(&mut head, "Transfer-Encoding", "chunked");
        } else if self.framing == Framing::Counted || persistent {
            add(&mut head, "Content-Length", &self.body.len().to_string());
        }
        if !persistent && version == Version::Http11 {
            add(&mut head, "Connection", "close");
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        if head_only {
            return bytes;
        }
        if chunked {
            bytes.extend_from_slice(format!("{:X}\r\n", self.body.len()).as_bytes());
            bytes.extend_from_slice(&self.body);
            bytes.extend_from_slice(b"\r\n0\r\n\r\n");
        } else {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

fn add(head: &mut String, name: &str, value: &str) {
    // Writing to a String cannot fail.
    write!(head, "{name}: {value}\r\n").unwrap_or_default();
}

/// The standard words of a status code.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        417 => "Expectation Failed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}
