//! HTTPS on the front end's second port and on the back ends', certificates on both sides.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed assumption fails the test"
)]

mod support;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use doris_standin::{Clients, Identity, Options, Running, Standin, Tls};
use support::{PASSWORD, count, json, raw, read_answer, request, root, start_with};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const ROW: &str = "{\"id\":1}";

fn with(tls: Tls) -> Options {
    Options { tls: Some(tls), ..Options::default() }
}

/// Sends a request to a server that has to show a certificate of `trusted` for `name`.
async fn secured(
    address: SocketAddr,
    name: &str,
    trusted: &Path,
    client: Option<&Path>,
    request: &[u8],
) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(trusted).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match client {
        None => config.with_no_client_auth(),
        Some(directory) => {
            let chain = CertificateDer::pem_file_iter(directory.join("client.pem")).unwrap();
            let key = PrivateKeyDer::from_pem_file(directory.join("client.key")).unwrap();
            config.with_client_auth_cert(chain.map(Result::unwrap).collect(), key).unwrap()
        }
    };
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut stream = connector.connect(name, TcpStream::connect(address).await?).await?;
    stream.write_all(request).await?;
    let answer = read_answer(&mut stream).await;
    // A client certificate that is missed is missed after the handshake: the connection then ends without an answer.
    if answer.is_empty() { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(answer) }
}

async fn healthy(running: &Running, name: &str, client: Option<&Path>) -> io::Result<String> {
    let health = request("GET /api/health", &[], "");
    secured(running.fe_https.unwrap(), name, &running.root_certificate(), client, &health).await
}

fn load(length: usize) -> Vec<u8> {
    let headers = [root(), "Expect: 100-continue".to_owned(), format!("Content-Length: {length}")];
    request("PUT /api/test/t/_stream_load", &headers.iter().map(String::as_str).collect::<Vec<_>>(), "")
}

#[tokio::test]
async fn a_load_is_redirected_and_taken_over_https() {
    let running = start_with(with(Tls::default())).await;
    let (fe, trusted) = (running.fe_https.unwrap(), running.root_certificate());
    let answer = secured(fe, "localhost", &trusted, None, &load(8)).await.unwrap();
    let expected = format!("Location: https://root:secret@{}/api/test/t/_stream_load?\r\n", running.be);
    assert!(answer.starts_with("HTTP/1.1 307 ") && answer.contains(&expected), "{answer}");

    let headers = [root(), "format: json".to_owned(), "Content-Length: 8".to_owned()];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let put = request("PUT /api/test/t/_stream_load", &headers, ROW);
    let answer = secured(running.be, "127.0.0.1", &trusted, None, &put).await.unwrap();
    assert_eq!(json(&answer)["Status"], "Success");
    assert_eq!(count(&running, "test.t").await, 1);
}

#[tokio::test]
async fn error_logs_are_fetched_over_https() {
    let running = start_with(with(Tls::default())).await;
    let row = "{\"id\":\"x\"}";
    let headers = [root(), "format: json".to_owned(), format!("Content-Length: {}", row.len())];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let put = request("PUT /api/test/t/_stream_load", &headers, row);
    let trusted = running.root_certificate();
    let answer = json(&secured(running.be, "127.0.0.1", &trusted, None, &put).await.unwrap());
    let url = answer["ErrorURL"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let path = url.strip_prefix(&format!("https://{}", running.be)).unwrap_or_else(|| panic!("{url}"));
    let get = request(&format!("GET {path}"), &[], "");
    let log = secured(running.be, "127.0.0.1", &trusted, None, &get).await.unwrap();
    assert!(log.starts_with("HTTP/1.1 200 OK\r\n"), "{log}");
}

#[tokio::test]
async fn clients_of_the_plain_port_are_sent_to_the_other() {
    let running = start_with(with(Tls::default())).await;
    let port = running.fe_https.unwrap().port();
    let answer = raw(running.fe, &load(0)).await;
    let expected = format!("Location: https://x:{port}/api/test/t/_stream_load?\r\n");
    assert!(answer.starts_with("HTTP/1.1 307 ") && answer.contains(&expected), "{answer}");
    let answer = raw(running.fe, &request("GET /api/test/get_load_state?label=x", &[], "")).await;
    let expected = format!("Location: https://x:{port}/api/test/get_load_state?label=x\r\n");
    assert!(answer.starts_with("HTTP/1.1 302 Found\r\n") && answer.contains(&expected), "{answer}");
}

#[tokio::test]
async fn a_certificate_of_another_authority_or_for_another_name_is_none() {
    let other = tempfile::tempdir().unwrap();
    Standin::start(Options { data: Some(other.path().into()), ..with(Tls::default()) }).await.unwrap();
    let running = start_with(with(Tls::default())).await;
    let health = request("GET /api/health", &[], "");
    let foreign = other.path().join("tls").join("ca.pem");
    let refused = secured(running.fe_https.unwrap(), "localhost", &foreign, None, &health).await.unwrap_err();
    assert!(
        refused.to_string().contains("UnknownIssuer") || refused.to_string().contains("BadSignature"),
        "{refused}"
    );

    let names = vec!["doris.example".to_owned()];
    let elsewhere = start_with(with(Tls { identity: Identity::Issued { names }, ..Tls::default() })).await;
    healthy(&elsewhere, "doris.example", None).await.unwrap();
    let refused = healthy(&elsewhere, "localhost", None).await.unwrap_err().to_string();
    assert!(refused.contains("not valid for name"), "{refused}");
}

#[tokio::test]
async fn a_client_certificate_is_demanded_where_told() {
    let running = start_with(with(Tls { clients: Clients::OfOwnAuthority, ..Tls::default() })).await;
    healthy(&running, "localhost", None).await.unwrap_err();
    let directory = running.root_certificate().parent().unwrap().to_owned();
    let answer = healthy(&running, "localhost", Some(&directory)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");

    let authorities = Clients::OfAuthorities(running.root_certificate());
    let other = start_with(with(Tls { clients: authorities, ..Tls::default() })).await;
    healthy(&other, "localhost", Some(&directory)).await.unwrap();
    let own = other.root_certificate().parent().unwrap().to_owned();
    healthy(&other, "localhost", Some(&own)).await.unwrap_err();
}

#[tokio::test]
async fn the_authority_stays_when_certificates_change() {
    let dir = tempfile::tempdir().unwrap();
    let start = async || {
        let data = Some(dir.path().to_owned());
        let options = Options { data, password: PASSWORD.to_owned(), ..with(Tls::default()) };
        Standin::start(options).await.unwrap()
    };
    let first = start().await;
    let root = std::fs::read(first.root_certificate()).unwrap();
    healthy(&first, "localhost", None).await.unwrap();
    first.shutdown().await;
    let again = start().await;
    assert_eq!(std::fs::read(again.root_certificate()).unwrap(), root);
    healthy(&again, "localhost", None).await.unwrap();
}

#[tokio::test]
async fn certificates_are_read_from_files() {
    let dir = tempfile::tempdir().unwrap();
    let (certificate, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(vec!["own.example".to_owned()]).unwrap();
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let identity = Identity::Files { certificate: certificate.clone(), key: key.clone() };
    let running = start_with(with(Tls { identity, ..Tls::default() })).await;
    let health = request("GET /api/health", &[], "");
    secured(running.fe_https.unwrap(), "own.example", &certificate, None, &health).await.unwrap();

    for (certificate, key, expected) in [
        (dir.path().join("none.pem"), key.clone(), "none.pem"),
        (key.clone(), key, "no certificate in PEM form in it"),
        (certificate.clone(), certificate, "cert.pem"),
    ] {
        let identity = Identity::Files { certificate, key };
        let refused = Standin::start(with(Tls { identity, ..Tls::default() })).await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
}
