//! The head of a request: request line and header fields.

use std::io;

use percent_encoding::percent_decode_str;

/// Largest request head accepted, in bytes.
pub(crate) const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 128;

/// The version a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http10,
    Http11,
}

/// A parsed request head.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path as sent, still percent-encoded.
    pub(crate) path: String,
    /// What follows the `?`, as sent; empty when there is none.
    pub(crate) query: String,
    pub(crate) version: Version,
    pub(crate) headers: Headers,
}

impl Request {
    /// Parses a head if `bytes` holds a whole one; the number is its length in bytes.
    ///
    /// # Errors
    /// `InvalidData` when the bytes cannot become a request head.
    pub(crate) fn parse(bytes: &[u8]) -> io::Result<Option<(Self, usize)>> {
        let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut fields);
        let length = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD_BYTES => return Ok(None),
            Ok(httparse::Status::Partial) => return Err(invalid("request head over 64 KiB")),
            Err(error) => return Err(invalid(&error.to_string())),
        };
        let target = parsed.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Self {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            version: if parsed.version == Some(0) { Version::Http10 } else { Version::Http11 },
            headers: Headers(
                parsed.headers.iter().map(|field| (field.name.to_owned(), latin1(field.value))).collect(),
            ),
        };
        Ok(Some((request, length)))
    }

    /// Whether it expects something other than to be told to go on. HTTP/1.0 knows no expectations.
    pub(crate) fn expects_unknown(&self) -> bool {
        self.version == Version::Http11
            && self.headers.get("Expect").is_some_and(|value| !value.eq_ignore_ascii_case("100-continue"))
    }

    /// Whether the `Host` is missing that HTTP/1.1 demands.
    pub(crate) fn lacks_host(&self) -> bool {
        self.version == Version::Http11 && self.headers.raw("Host").is_none()
    }

    /// The path split at `/`, each part percent-decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        let path = self.path.strip_prefix('/').unwrap_or(&self.path);
        path.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
    }

    /// The value of a query parameter, percent-decoded; `None` when absent or empty.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        let raw = self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key == name).then_some(value)
        })?;
        let value = percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy().into_owned();
        (!value.is_empty()).then_some(value)
    }
}

/// Header fields in the order sent, values read as Latin-1.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    /// The first value of a field. An empty value counts as absent: published clients send `label:` to mean no label.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !value.is_empty())
    }

    /// The first value of a field, which may be empty.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    /// Whether a field says `true`, in any case.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

fn invalid(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("bad request head: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_header_counts_as_absent() {
        let (request, length) = Request::parse(
            b"PUT /api/a%20b/t/_stream_load?x=1&label=a%2Bb HTTP/1.1\r\nlabel:\r\nFormat: json\r\n\r\nrest",
        )
        .unwrap()
        .unwrap();
        assert_eq!(length, 80);
        assert_eq!(request.headers.get("LABEL"), None);
        assert_eq!(request.headers.get("format"), Some("json"));
        assert_eq!(request.segments(), ["api", "a b", "t", "_stream_load"]);
        assert_eq!(request.query_value("label").as_deref(), Some("a+b"));
    }

    #[test]
    fn half_a_head_is_not_yet_a_request() {
        assert!(Request::parse(b"GET / HTTP/1.1\r\nHost: x").unwrap().is_none());
        assert!(Request::parse(b"\x01\x02\r\n\r\n").is_err());
    }
}
