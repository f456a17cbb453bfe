//! TLS on the MySQL port.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed assumption fails the test")]
#![allow(dead_code, reason = "the support serves all tests")]

mod support;

use std::sync::Arc;

use doris_standin::{Options, Running};
use sha1::{Digest, Sha1};
use support::{PASSWORD, start_with};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const SSL: u32 = 0x800;
/// PROTOCOL_41, SECURE_CONNECTION and PLUGIN_AUTH.
const CAPABILITIES: u32 = 0x0008_8200;

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.unwrap();
    let mut payload = vec![0; usize::from(head[0]) | usize::from(head[1]) << 8];
    stream.read_exact(&mut payload).await.unwrap();
    payload
}

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[length, 0, 0, sequence], payload].concat()
}

fn head(capabilities: u32) -> Vec<u8> {
    [&capabilities.to_le_bytes()[..], &[0, 0, 0, 1, 33], &[0; 23]].concat()
}

fn sha1(parts: &[&[u8]]) -> Vec<u8> {
    let mut hash = Sha1::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().to_vec()
}

/// What root logs in with.
fn login(greeting: &[u8]) -> Vec<u8> {
    let challenge = [&greeting[12..20], &greeting[39..59]].concat();
    let challenge = &challenge[..20];
    let once = sha1(&[PASSWORD.as_bytes()]);
    let mask = sha1(&[challenge, &sha1(&[&once])]);
    let answer: Vec<u8> = once.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    [&head(CAPABILITIES | SSL)[..], b"root\0", &[20], &answer, b"mysql_native_password\0"].concat()
}

fn connector(running: &Running) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(running.root_certificate()).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

#[tokio::test]
async fn a_client_that_wants_tls_logs_in_and_asks_over_it() {
    let running = start_with(Options { mysql_tls: true, ..Options::default() }).await;
    let mut stream = TcpStream::connect(running.mysql).await.unwrap();
    let greeting = read(&mut stream).await;
    assert_ne!(u16::from_le_bytes([greeting[21], greeting[22]]) & 0x800, 0, "TLS is offered");
    stream.write_all(&packet(1, &head(CAPABILITIES | SSL))).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = connector(&running).connect(name, stream).await.unwrap();
    stream.write_all(&packet(2, &login(&greeting))).await.unwrap();
    assert_eq!(read(&mut stream).await[0], 0, "logged in");
    stream.write_all(&packet(0, b"\x03select 'over tls'")).await.unwrap();
    // One column: its number, its description, the end of the descriptions, then the row.
    for _ in 0..3 {
        read(&mut stream).await;
    }
    assert_eq!(read(&mut stream).await, b"\x08over tls");
}

#[tokio::test]
async fn a_client_that_does_not_want_tls_is_let_in_without() {
    let running = start_with(Options { mysql_tls: true, ..Options::default() }).await;
    assert_eq!(support::rows::<i64>(&running, "select 1").await, [1]);
}

#[tokio::test]
async fn tls_is_refused_where_it_is_off() {
    let running = support::start().await;
    let mut stream = TcpStream::connect(running.mysql).await.unwrap();
    let greeting = read(&mut stream).await;
    assert_eq!(u16::from_le_bytes([greeting[21], greeting[22]]) & 0x800, 0, "TLS is not offered");
    stream.write_all(&packet(1, &head(CAPABILITIES | SSL))).await.unwrap();
    let refusal = String::from_utf8_lossy(&read(&mut stream).await).into_owned();
    assert!(refusal.ends_with("Bad handshake"), "{refusal}");
    assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0, "and the connection ends");
}
