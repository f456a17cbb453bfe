//! Where a redirect leads.

use crate::http::{Answer, Endpoint, InvalidEndpoint, Scheme};
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
    #[error(
        "it leads from https to {0}, where the credentials would be sent in the open; doris.redirect.plain=true allows that"
    )]
    Plain(Endpoint),
    #[error(
        "it leads to https at {0}; put https:// before all servers in doris.urls, with their HTTPS ports, so that nothing goes in \
         the open"
    )]
    Https(Endpoint),
    #[error("the address in it cannot be read: {0}")]
    Address(InvalidEndpoint),
    #[error(
        "where the password in it ends cannot be told, as this version of Doris does not encode it; use one without / ? # and @"
    )]
    Ambiguous,
    #[error("more than {0} in a row")]
    TooMany(usize),
}

/// Reads the `Location` of an answer of `from`, which was asked for `path`.
///
/// Frontends write `http://user:password@backend:8040` and the path that they were asked for. Older ones do not encode what is
/// special in the password, so the host begins behind the last `@` before that path.
pub(super) fn target(answer: &Answer, from: &Endpoint, path: &str) -> Result<Target, BadRedirect> {
    let location = answer.headers.get(LOCATION).ok_or(BadRedirect::NoLocation)?;
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| BadRedirect::NoLocation)?.trim();
    if location.starts_with('/') && !location.starts_with("//") {
        return Ok(Target { endpoint: from.clone(), path: location.to_owned() });
    }
    let (scheme, rest) = Scheme::split(location).ok_or(BadRedirect::NoLocation)?;
    let (authority, path) = rest.split_at(authority_end(rest, path));
    // What comes now could be the rest of a password, and what came the beginning of it: not to be shown, and not to be called.
    if path.contains('@') {
        return Err(BadRedirect::Ambiguous);
    }
    let host = authority.rsplit('@').next().unwrap_or(authority);
    let endpoint = Endpoint::parse(host, scheme.default_port()).map_err(BadRedirect::Address)?;
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok(Target { endpoint: endpoint.over(scheme), path })
}

/// Where user, password, host and port end in what follows `http://`.
fn authority_end(rest: &str, asked: &str) -> usize {
    let asked = asked.split('?').next().unwrap_or(asked);
    let same_path = rest.rfind(asked).filter(|at| *at > 0);
    same_path.or_else(|| rest.find(['/', '?', '#'])).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hyper::{HeaderMap, StatusCode, header::HeaderValue};

    /// What was asked for.
    const PATH: &str = "/api/test/t/_stream_load";

    #[track_caller]
    fn check(location: &str, expected: Result<(&str, &str), BadRedirect>) {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_str(location).unwrap());
        let answer = Answer { status: StatusCode::TEMPORARY_REDIRECT, headers, body: Bytes::new() };
        let found = target(&answer, &Endpoint::parse("fe1:8030", 1).unwrap(), PATH);
        if let Err(refused) = &found {
            assert!(!refused.to_string().contains("cret"), "{refused}");
        }
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
        check(&to("a:b@c/api/x?e@be1:8040"), Ok(("be1:8040", path)));
        check(&to("root@default_cluster:@be1:8040"), Ok(("be1:8040", path)));
        check(&to("be1:8040"), Ok(("be1:8040", path)));
    }

    #[test]
    fn hosts_may_be_addresses_of_ipv6() {
        let to = |authority: &str| format!("http://{authority}{PATH}?");
        let path = "/api/test/t/_stream_load?";
        check(&to("root:x@[::1]:8040"), Ok(("[::1]:8040", path)));
        check(&to("root:x@[2001:DB8::0:1]:8040"), Ok(("[2001:db8::1]:8040", path)));
        check(&to("root:x@2001:db8::1:8040"), Err(BadRedirect::Address(InvalidEndpoint::Brackets)));
        check(&to("root:x@[fe80::1%25eth0]:8040"), Err(BadRedirect::Address(InvalidEndpoint::Zone)));
    }

    #[test]
    fn the_scheme_is_that_of_the_place_it_leads_to() {
        let answer = |location: &'static str| {
            let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(location))]);
            Answer { status: StatusCode::TEMPORARY_REDIRECT, headers, body: Bytes::new() }
        };
        let from = Endpoint::parse("fe1:8050", 1).unwrap().over(Scheme::Https);
        let scheme = |location| target(&answer(location), &from, PATH).map(|t| t.endpoint.scheme());
        assert_eq!(scheme("https://root:x@be1:8040/api/x"), Ok(Scheme::Https));
        assert_eq!(scheme("http://root:x@be1:8040/api/x"), Ok(Scheme::Http));
        assert_eq!(scheme("/api/x"), Ok(Scheme::Https));
        let at = target(&answer("https://be1"), &from, PATH).unwrap();
        assert_eq!((at.endpoint.to_string().as_str(), at.path.as_str()), ("be1:443", "/"));
    }

    #[test]
    fn a_path_alone_stays_at_the_server() {
        check("/api/x", Ok(("fe1:8030", "/api/x")));
    }

    #[test]
    fn what_cannot_be_followed_is_told_without_the_password() {
        check("http://root:se/cret@be1:8040/load", Err(BadRedirect::Ambiguous));
        check("http://root:12/cret@be1:8040/load", Err(BadRedirect::Ambiguous));
        check("http://root:x@cret/y@be1:8040/load", Err(BadRedirect::Ambiguous));
        check("http://root:1?cret@be1:8040/load", Err(BadRedirect::Ambiguous));
        check("ftp://be1/", Err(BadRedirect::NoLocation));
        check("http://root:secret@be1:cret/api/x", Err(BadRedirect::Address(InvalidEndpoint::Port)));
    }
}
