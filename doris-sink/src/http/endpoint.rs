//! Where a server listens, and what it speaks there.

use std::{fmt, net::Ipv6Addr};

/// Host, port and scheme of one HTTP server: `fe1:8030`, `10.0.0.5:8040`, `[::1]:8030`.
///
/// Shown without its scheme, which is one for a whole cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    scheme: Scheme,
    host: String,
    port: u16,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Scheme {
    /// Plain HTTP: whoever is on the way can read all of it.
    Http,
    /// HTTP over TLS.
    Https,
}

/// A text names no endpoint. Nothing of the text is shown but a character, as it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidEndpoint {
    #[error("a host is missing")]
    NoHost,
    #[error("the port is no number from 1 to 65535")]
    Port,
    #[error("an IPv6 address stands in brackets, such as [::1]:8030")]
    Brackets,
    #[error("what stands in brackets is no IPv6 address")]
    NotV6,
    #[error("an IPv6 address with a zone (%) means something on one host only; give one without")]
    Zone,
    #[error("{0:?} is not allowed in a host name")]
    Character(char),
}

impl Scheme {
    /// The scheme that `url` begins with, and what follows its `://`; `None` for any other than http and https.
    pub(crate) fn split(url: &str) -> Option<(Self, &str)> {
        let (scheme, rest) = url.split_once("://")?;
        match scheme {
            s if s.eq_ignore_ascii_case("http") => Some((Self::Http, rest)),
            s if s.eq_ignore_ascii_case("https") => Some((Self::Https, rest)),
            _ => None,
        }
    }

    /// The port of a URL without one.
    pub(crate) fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Endpoint {
    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port` of a server that speaks HTTP.
    pub(crate) fn parse(text: &str, default_port: u16) -> Result<Self, InvalidEndpoint> {
        // First of all, as what may stand before it is a password.
        if text.contains('@') {
            return Err(InvalidEndpoint::Character('@'));
        }
        let (host, port) = split(text.trim())?;
        let port = match port.map(str::parse) {
            None => default_port,
            Some(Ok(port)) if port > 0 => port,
            Some(_) => return Err(InvalidEndpoint::Port),
        };
        Ok(Self { scheme: Scheme::Http, host, port })
    }

    /// The same place, spoken to in this way.
    #[must_use]
    pub(crate) fn over(self, scheme: Scheme) -> Self {
        Self { scheme, ..self }
    }

    /// What it speaks.
    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host, without brackets: lower case, IPv6 addresses in their canonical form.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Another port of the same host.
    #[must_use]
    pub(crate) fn with_port(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// Whether both are the same host and port.
    pub(crate) fn is_at(&self, other: &Self) -> bool {
        (&self.host, self.port) == (&other.host, other.port)
    }
}

fn split(text: &str) -> Result<(String, Option<&str>), InvalidEndpoint> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or(InvalidEndpoint::Brackets)?;
        let host = v6(host)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(InvalidEndpoint::Brackets),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => Err(InvalidEndpoint::Brackets),
        Some((host, port)) => Ok((name(host)?, Some(port))),
        None => Ok((name(text)?, None)),
    }
}

fn v6(text: &str) -> Result<String, InvalidEndpoint> {
    if text.contains('%') {
        return Err(InvalidEndpoint::Zone);
    }
    text.parse().map(|address: Ipv6Addr| address.to_string()).map_err(|_| InvalidEndpoint::NotV6)
}

fn name(text: &str) -> Result<String, InvalidEndpoint> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    match text.chars().find(|c| !legal(*c)) {
        Some(bad) => Err(InvalidEndpoint::Character(bad)),
        None if text.is_empty() => Err(InvalidEndpoint::NoHost),
        None => Ok(text.to_ascii_lowercase()),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, InvalidEndpoint>) {
        let found = Endpoint::parse(text, 8030).map(|e| e.to_string());
        assert_eq!(found, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn hosts_are_read_with_and_without_a_port() {
        check("fe1", Ok("fe1:8030"));
        check(" FE1:28030 ", Ok("fe1:28030"));
        check("10.0.0.1:1", Ok("10.0.0.1:1"));
    }

    #[test]
    fn addresses_of_ipv6_stand_in_brackets_and_are_the_same_however_they_are_written() {
        check("[::1]", Ok("[::1]:8030"));
        check("[2001:DB8:0:0::1]:9", Ok("[2001:db8::1]:9"));
        check("[::ffff:10.0.0.1]:9", Ok("[::ffff:10.0.0.1]:9"));
        check("::1", Err(InvalidEndpoint::Brackets));
        check("2001:db8::1:8030", Err(InvalidEndpoint::Brackets));
        check("[::1", Err(InvalidEndpoint::Brackets));
        check("[::1]8030", Err(InvalidEndpoint::Brackets));
        check("[10.0.0.1]:1", Err(InvalidEndpoint::NotV6));
        check("[fe80::1%eth0]:9", Err(InvalidEndpoint::Zone));
        check("[fe80::1%25eth0]:9", Err(InvalidEndpoint::Zone));
    }

    #[test]
    fn what_names_no_endpoint_is_refused_with_the_reason() {
        check("", Err(InvalidEndpoint::NoHost));
        check(":8030", Err(InvalidEndpoint::NoHost));
        check("fe1:", Err(InvalidEndpoint::Port));
        check("fe1:0", Err(InvalidEndpoint::Port));
        check("fe1:70000", Err(InvalidEndpoint::Port));
        check("fe1/api", Err(InvalidEndpoint::Character('/')));
        check("root:secret@fe1", Err(InvalidEndpoint::Character('@')));
    }

    #[test]
    fn the_scheme_tells_two_servers_apart_and_places_do_not() {
        let plain = Endpoint::parse("fe1", 8030).unwrap();
        let secure = plain.clone().over(Scheme::Https);
        assert_ne!(plain, secure);
        assert!(plain.is_at(&secure) && !plain.is_at(&plain.with_port(1)));
        assert_eq!(Scheme::split("HTTPS://fe1/x"), Some((Scheme::Https, "fe1/x")));
        assert_eq!(Scheme::split("ftp://fe1/x"), None);
        assert_eq!(Scheme::split("fe1:8030"), None);
    }
}
