//! Where a server listens.

use std::fmt;

/// Host and port of one HTTP server: `fe1:8030`, `10.0.0.5:8040`, `[::1]:8030`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    host: String,
    port: u16,
}

/// A text names no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidEndpoint {
    #[error("a host is missing")]
    NoHost,
    #[error("{0:?} is not a port from 1 to 65535")]
    Port(String),
    #[error("an IPv6 address stands in brackets, such as [::1]:8030")]
    Brackets,
    #[error("{0:?} is not allowed in a host name")]
    Character(char),
}

impl Endpoint {
    /// Reads `host`, `host:port`, `[v6]` or `[v6]:port`.
    pub(crate) fn parse(text: &str, default_port: u16) -> Result<Self, InvalidEndpoint> {
        // First of all, so that no error shows what may stand before it: a password.
        if text.contains('@') {
            return Err(InvalidEndpoint::Character('@'));
        }
        let (host, port) = split(text.trim())?;
        if host.is_empty() {
            return Err(InvalidEndpoint::NoHost);
        }
        let legal = |c: char| c.is_ascii_alphanumeric() || ".-_:%".contains(c);
        if let Some(bad) = host.chars().find(|c| !legal(*c)) {
            return Err(InvalidEndpoint::Character(bad));
        }
        let port = match port {
            None => default_port,
            Some(text) => match text.parse() {
                Ok(port) if port > 0 => port,
                _ => return Err(InvalidEndpoint::Port(text.to_owned())),
            },
        };
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }

    /// The host, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

fn split(text: &str) -> Result<(&str, Option<&str>), InvalidEndpoint> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or(InvalidEndpoint::Brackets)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(InvalidEndpoint::Brackets),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => Err(InvalidEndpoint::Brackets),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((text, None)),
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
        check("[::1]", Ok("[::1]:8030"));
        check("[fe80::1%eth0]:9", Ok("[fe80::1%eth0]:9"));
    }

    #[test]
    fn what_names_no_endpoint_is_refused_with_the_reason() {
        check("", Err(InvalidEndpoint::NoHost));
        check(":8030", Err(InvalidEndpoint::NoHost));
        check("fe1:", Err(InvalidEndpoint::Port(String::new())));
        check("fe1:0", Err(InvalidEndpoint::Port("0".into())));
        check("fe1:70000", Err(InvalidEndpoint::Port("70000".into())));
        check("::1", Err(InvalidEndpoint::Brackets));
        check("[::1", Err(InvalidEndpoint::Brackets));
        check("fe1/api", Err(InvalidEndpoint::Character('/')));
        check("root:secret@fe1", Err(InvalidEndpoint::Character('@')));
    }
}
