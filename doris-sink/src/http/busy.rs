//! Servers that have too much to do.

use super::Answer;
use hyper::{HeaderMap, StatusCode, header::RETRY_AFTER};
use std::{
    fmt,
    time::{Duration, SystemTime},
};

/// The longest time away that a server is granted: what asks for more is mistaken, and would stop a pipeline for as long.
const LONGEST: Duration = Duration::from_secs(600);

/// A server asks for less: HTTP 429 (RFC 6585 §4) or 503 (RFC 9110 §15.6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy {
    /// What it answered.
    pub(crate) status: StatusCode,
    /// How long it asks to be left alone, when it says so (`Retry-After`, RFC 9110 §10.2.3).
    pub(crate) after: Option<Duration>,
}

impl Busy {
    /// Whether `answer` says so.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let busy = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&answer.status);
        let now = SystemTime::now();
        busy.then(|| Self { status: answer.status, after: retry_after(&answer.headers, now) })
    }
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        match self.after {
            Some(after) => write!(f, ", to be asked again in {} s", after.as_secs()),
            None => Ok(()),
        }
    }
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let after = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(value).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(after.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[track_caller]
    fn check(value: &str, expected: Option<u64>) {
        // Sun, 06 Nov 1994 08:49:37 GMT
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]);
        assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value}");
    }

    #[test]
    fn a_delay_is_given_in_seconds_or_as_a_date_and_is_never_longer_than_ten_minutes() {
        check("0", Some(0));
        check(" 120 ", Some(120));
        check("99999999", Some(600));
        check("Sun, 06 Nov 1994 08:49:52 GMT", Some(15));
        check("Sun, 06 Nov 1994 08:49:00 GMT", Some(0));
        check("Sat, 06 Nov 2094 08:49:00 GMT", Some(600));
        check("-1", None);
        check("soon", None);
        check("99999999999999999999999999", None);
    }

    #[test]
    fn two_statuses_say_so_and_no_others() {
        let answer = |status| Answer { status, headers: HeaderMap::new(), body: hyper::body::Bytes::new() };
        for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
            assert_eq!(Busy::of(&answer(status)), Some(Busy { status, after: None }));
        }
        for status in [StatusCode::OK, StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT] {
            assert_eq!(Busy::of(&answer(status)), None);
        }
    }
}
