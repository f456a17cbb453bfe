//! What handlers need of a request: its text, from the query or from the body.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{
    HeaderMap,
    body::Body,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE},
};
use percent_encoding::percent_decode_str;
use std::{borrow::Cow, error::Error, time::Duration};

/// How much of a body beyond the limit is read and dropped, so that the client is done sending and sees the answer.
const DRAINED: u64 = 16 << 20;

/// The body of a request cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body has more than the allowed bytes")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the connection broke before the body had arrived")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

/// Whether large answers may be compressed.
pub(super) fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .any(|accept| accept.as_bytes().windows(4).any(|part| part == b"gzip"))
}

/// Whether errors may be JSON.
pub(super) fn accepts_json(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|accept| {
        accept.as_bytes().windows(b"application/json".len()).any(|part| part == b"application/json")
    })
}

/// The first value of a query parameter, form-decoded: `+` is a space.
pub(super) fn query_parameter(query: Option<&str>, wanted: &str) -> Option<String> {
    values(query, wanted).next()
}

/// All values of a query parameter, form-decoded.
pub(super) fn query_parameters(query: Option<&str>, wanted: &str) -> Vec<String> {
    values(query, wanted).collect()
}

fn values(query: Option<&str>, wanted: &str) -> impl Iterator<Item = String> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    query.into_iter().flat_map(|query| query.split('&')).filter_map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name) == wanted).then(|| decode(value))
    })
}

/// The body of a request, of at most `limit` bytes.
///
/// # Errors
/// [`BodyError`] when it is too large, too slow, or does not arrive.
pub(super) async fn read_body<B>(body: B, limit: u64, timeout: Duration) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    if body.size_hint().lower() > DRAINED {
        return Err(BodyError::TooLarge);
    }
    tokio::time::timeout(timeout, read_bounded(body, limit)).await.unwrap_or(Err(BodyError::TooSlow))
}

async fn read_bounded<B>(mut body: B, limit: u64) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut read = BytesMut::new();
    let mut length: u64 = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| BodyError::Broken(error.into()))?;
        let Ok(part) = frame.into_data() else { continue };
        length = length.saturating_add(part.len() as u64);
        if length > DRAINED {
            break;
        }
        if length <= limit {
            read.extend_from_slice(&part);
        }
    }
    if length > limit { Err(BodyError::TooLarge) } else { Ok(read.freeze()) }
}

/// The text of a body in the character set that its content type names, UTF-8 when it names none.
///
/// Bytes that are none of its characters become U+FFFD, as in Java; `None` for a character set that is not known here.
pub(super) fn text<'a>(body: &'a [u8], headers: &HeaderMap) -> Option<Cow<'a, str>> {
    match charset(headers).as_deref() {
        None | Some("utf-8" | "utf8") => Some(String::from_utf8_lossy(body)),
        Some("iso-8859-1" | "iso8859-1" | "latin1") => Some(body.iter().copied().map(char::from).collect()),
        Some("us-ascii" | "ascii") => {
            let ascii = |byte: u8| if byte.is_ascii() { byte.into() } else { char::REPLACEMENT_CHARACTER };
            Some(body.iter().copied().map(ascii).collect())
        }
        Some(_) => None,
    }
}

fn charset(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let mut parameters = content_type.split(';').skip(1).filter_map(|p| p.split_once('='));
    let (_, value) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(value.trim().trim_matches('"').to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_parameters_are_form_decoded() {
        let check = |query, expected: Option<&str>| {
            assert_eq!(query_parameter(query, "config").as_deref(), expected, "{query:?}");
        };
        check(None, None);
        check(Some("x=1"), None);
        check(Some("config"), Some(""));
        check(Some("config="), Some(""));
        check(Some("a=b&config=%7B%22a+b%22%3A1%2B1%7D&config=2"), Some("{\"a b\":1+1}"));
        check(Some("%63onfig=é%zz"), Some("é%zz"));
    }

    #[test]
    fn the_content_type_names_the_character_set() {
        let check = |content_type: &'static str, body: &[u8], expected: Option<&str>| {
            let headers = [(CONTENT_TYPE, content_type.parse().unwrap())].into_iter().collect();
            assert_eq!(text(body, &headers).as_deref(), expected, "{content_type}");
        };
        check("application/json", "é".as_bytes(), Some("é"));
        check("application/json", b"\xe9", Some("\u{fffd}"));
        check("application/json; charset=ISO-8859-1", b"\xe9", Some("é"));
        check("application/json; x=y; Charset=\"utf-8\"", "é".as_bytes(), Some("é"));
        check("text/plain;charset=US-ASCII", b"a\xe9", Some("a\u{fffd}"));
        check("text/plain;charset=EBCDIC", b"a", None);
    }
}
