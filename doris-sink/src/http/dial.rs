//! Opening a connection: TCP, and TLS on top of it where the server speaks HTTPS.

use super::{Endpoint, HttpError, Scheme, Tls};
use socket2::{SockRef, TcpKeepalive};
use std::{io, time::Duration};
use tokio::{net::TcpStream, time};
use tokio_rustls::client::TlsStream;

/// A connection on which HTTP can be spoken.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

/// Connects to `endpoint`, handshake included, within `timeout`.
pub(super) async fn dial(
    endpoint: &Endpoint,
    tls: Option<&Tls>,
    timeout: Duration,
) -> Result<Stream, HttpError> {
    time::timeout(timeout, open(endpoint, tls)).await.map_err(|_| HttpError::ConnectTimeout(timeout))?
}

async fn open(endpoint: &Endpoint, tls: Option<&Tls>) -> Result<Stream, HttpError> {
    let stream = TcpStream::connect((endpoint.host(), endpoint.port())).await.map_err(HttpError::Connect)?;
    stream.set_nodelay(true).and_then(|()| watch_over(&stream)).map_err(HttpError::Connect)?;
    if endpoint.scheme() == Scheme::Http {
        return Ok(Stream::Plain(stream));
    }
    let tls =
        tls.ok_or_else(|| HttpError::Tls(io::Error::other("doris.urls names no server by https://")))?;
    let stream = tls.connect(endpoint, stream).await.map_err(HttpError::Tls)?;
    Ok(Stream::Secure(Box::new(stream)))
}

/// Lets a server that is gone without a word be noticed within 9 s, although nothing is being said: while it loads, above all.
///
/// `TCP_USER_TIMEOUT` would notice it during an upload as well, but would also end the connection to a backend that merely stops
/// reading for so long, and how long that may be is what `read_timeout` says.
fn watch_over(stream: &TcpStream) -> io::Result<()> {
    let probes = TcpKeepalive::new()
        .with_time(Duration::from_secs(5))
        .with_interval(Duration::from_secs(2))
        .with_retries(2);
    SockRef::from(stream).set_tcp_keepalive(&probes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_watched_over_while_nothing_is_said() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::parse(&server.local_addr().unwrap().to_string(), 1).unwrap();
        let Stream::Plain(stream) = dial(&endpoint, None, Duration::from_secs(5)).await.unwrap() else {
            panic!("not plain");
        };
        let socket = SockRef::from(&stream);
        let (idle, interval) =
            (socket.tcp_keepalive_time().unwrap(), socket.tcp_keepalive_interval().unwrap());
        assert!(socket.keepalive().unwrap());
        assert!(idle + interval * socket.tcp_keepalive_retries().unwrap() <= Duration::from_secs(10));
    }

    #[tokio::test]
    async fn a_server_that_takes_too_long_to_shake_hands_is_given_up() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::parse(&server.local_addr().unwrap().to_string(), 1).unwrap();
        let tls = Tls::read(&crate::http::TlsFiles::default()).unwrap();
        let given_up =
            dial(&endpoint.over(Scheme::Https), Some(&tls), Duration::from_millis(50)).await.unwrap_err();
        assert!(matches!(given_up, HttpError::ConnectTimeout(_)), "{given_up}");
    }
}
