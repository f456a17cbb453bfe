//! Where a redirect leads.

use crate::http::{Answer, Endpoint, InvalidEndpoint};
use hyper::header::LOCATION;

/// A server and what to ask it for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) endpoint: Endpoint,
    pub(super) path: String,
}

/// A redirect cannot be followed. Nothing in here shows the user and password that frontends put into `Location`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadRedirect {
    #[error("it does not say where to")]
    NoLocation,
    #[error("it leads to {0}, which doris.redirect.hosts does not allow")]
    NotAllowed(Endpoint),
    #[error("it leads to https, which is not supported yet; switch enable_https off or name the HTTP port")]
    Https,
    #[error("the address in it cannot be read: {0}")]
    Address(InvalidEndpoint),
    #[error("more than {0} in a row")]
    TooMany(usize),
}

/// Reads the `Location` of an answer of `from`.
///
/// Frontends write `http://user:password@backend:8040/api/…`, and older ones do not encode what is special in the
/// password, so the host begins behind the last `@` before the path.
pub(super) fn target(answer: &Answer, from: &Endpoint) -> Result<Target, BadRedirect> {
    let location = answer.headers.get(LOCATION).ok_or(BadRedirect::NoLocation)?;
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| BadRedirect::NoLocation)?.trim();
    if location.starts_with('/') && !location.starts_with("//") {
        return Ok(Target { endpoint: from.clone(), path: location.to_owned() });
    }
    let rest = match location.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => return Err(BadRedirect::Https),
        _ => return Err(BadRedirect::NoLocation),
    };
    let path_at = rest.find("/api/").or_else(|| rest.find('/')).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path_at);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    let endpoint = Endpoint::parse(host, 80).map_err(|problem| match problem {
        // The host stands further on, and what looks like its port is the beginning of a password.
        InvalidEndpoint::Port(_) if path.contains('@') => {
            BadRedirect::Address(InvalidEndpoint::Character('/'))
        }
        other => BadRedirect::Address(other),
    })?;
    Ok(Target { endpoint, path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hyper::{HeaderMap, StatusCode, header::HeaderValue};

    #[track_caller]
    fn check(location: &str, expected: Result<(&str, &str), BadRedirect>) {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_str(location).unwrap());
        let answer = Answer { status: StatusCode::TEMPORARY_REDIRECT, headers, body: Bytes::new() };
        let found = target(&answer, &Endpoint::parse("fe1:8030", 1).unwrap());
        let found = found.map(|t| (t.endpoint.to_string(), t.path));
        assert_eq!(found, expected.map(|(e, p)| (e.to_owned(), p.to_owned())), "{location}");
    }

    #[test]
    fn the_host_stands_behind_the_credentials_whatever_they_hold() {
        let path = "/api/test/t/_stream_load?";
        let to = |authority: &str| format!("http://{authority}{path}");
        check(&to("root:secret@127.0.0.1:28040"), Ok(("127.0.0.1:28040", path)));
        check(&to("a:b%40c%2Fd@be1:8040"), Ok(("be1:8040", path)));
        check(&to("a:b@c/d#e@be1:8040"), Ok(("be1:8040", path)));
        check(&to("root@default_cluster:@be1:8040"), Ok(("be1:8040", path)));
        check(&to("root:x@[::1]:8040"), Ok(("[::1]:8040", path)));
        check(&to("be1:8040"), Ok(("be1:8040", path)));
    }

    #[test]
    fn a_path_alone_stays_at_the_server() {
        check("/api/x", Ok(("fe1:8030", "/api/x")));
    }

    #[test]
    fn what_cannot_be_followed_is_told_without_the_password() {
        check("https://root:secret@be1:8050/api/x", Err(BadRedirect::Https));
        let slash = Err(BadRedirect::Address(InvalidEndpoint::Character('/')));
        check("http://root:se/cret@be1:8040/load", slash);
        check("ftp://be1/", Err(BadRedirect::NoLocation));
        check("http://root:secret@be1:x/api/x", Err(BadRedirect::Address(InvalidEndpoint::Port("x".into()))));
    }
}
