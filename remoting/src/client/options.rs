//! How a client is told whom to talk to, and how patiently.

use std::time::Duration;

use super::Error;

/// What a [`Client`](super::Client) needs to know.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Name servers as `host:port`; an entry may hold several, separated by `;`. The first that answers is used.
    pub name_servers: Vec<String>,
    /// The client id brokers list this client under, unlike any other client's. Empty: one is made up.
    pub instance: String,
    /// The producer group that sends are done in.
    pub producer_group: String,
    /// The consumer group that pulls are done in, where the call names none.
    pub consumer_group: String,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long an answer may take. A pull that waits for messages gets the time it waits on top.
    pub request_timeout: Duration,
    /// How often groups are told that this client is alive. Brokers forget a client after two minutes.
    pub heartbeat_interval: Duration,
    /// After what time a route is asked for again.
    pub route_refresh: Duration,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            name_servers: Vec::new(),
            instance: String::new(),
            producer_group: "CONNECT_PRODUCER".to_owned(),
            consumer_group: "CONNECT_READER".to_owned(),
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(3),
            heartbeat_interval: Duration::from_secs(30),
            route_refresh: Duration::from_secs(30),
        }
    }
}

/// The addresses of a name server list, in order.
pub(super) fn addresses(name_servers: &[String]) -> Result<Vec<String>, Error> {
    let entries = name_servers.iter().flat_map(|list| list.split([';', ','])).map(str::trim);
    let addresses = entries.filter(|entry| !entry.is_empty()).map(address).collect::<Result<Vec<_>, _>>()?;
    if addresses.is_empty() { Err(Error::NoNameServers) } else { Ok(addresses) }
}

fn address(entry: &str) -> Result<String, Error> {
    let invalid = |reason| Error::InvalidAddress { address: entry.to_owned(), reason };
    let (host, port) = entry.rsplit_once(':').ok_or_else(|| invalid("it has no port"))?;
    if host.is_empty() {
        return Err(invalid("it has no host"));
    }
    if host.contains('/') {
        return Err(invalid("it is a URL"));
    }
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err(invalid("an IPv6 address needs brackets"));
    }
    if !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(invalid("its port is not a number from 1 to 65535"));
    }
    Ok(entry.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_taken_apart_in_order() {
        let check = |list: &[&str], expected: &[&str]| {
            let list: Vec<_> = list.iter().map(|&entry| entry.to_owned()).collect();
            assert_eq!(addresses(&list).unwrap(), expected);
        };
        check(&["a:1"], &["a:1"]);
        check(&["a:1; b:2;", "[::1]:3"], &["a:1", "b:2", "[::1]:3"]);
    }

    #[test]
    fn an_address_that_cannot_be_one_is_named_with_the_reason() {
        let check = |entry: &str, reason: &str| {
            let error = addresses(&["good:1".to_owned(), entry.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(entry) && error.contains(reason), "{error}");
        };
        check("localhost", "no port");
        check(":9876", "no host");
        check("http://localhost:9876", "URL");
        check("::1:9876", "brackets");
        check("localhost:0", "from 1 to 65535");
        check("localhost:98765", "from 1 to 65535");
        assert!(matches!(addresses(&[String::new()]), Err(Error::NoNameServers)));
    }
}
