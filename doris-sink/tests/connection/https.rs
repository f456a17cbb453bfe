//! HTTPS: who is trusted, who we are, and what is never said in the open.

use crate::{
    authority::Authority,
    said::Said,
    server::{Reply, Server},
    task::{config, load, location, refused, row, start},
};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

const HOST: &str = "127.0.0.1";

/// A frontend that redirects to a backend, both behind `tls`.
struct Cluster {
    backend: Server,
    frontend: Server,
}

impl Cluster {
    async fn start(tls: &TlsAcceptor) -> Self {
        let backend = Server::start(Some(tls.clone()), |_| Reply::Take).await;
        let to = location("https", backend.address);
        let frontend = Server::start(Some(tls.clone()), move |_| Reply::Redirect(to.clone())).await;
        Self { backend, frontend }
    }

    fn url(&self) -> String {
        format!("https://{}", self.frontend.address)
    }
}

#[tokio::test]
async fn a_load_goes_to_the_frontend_and_to_the_backend_by_https_and_its_body_to_the_backend_alone() {
    let authority = Authority::new();
    let cluster = Cluster::start(&authority.server(HOST)).await;
    load(&cluster.url(), &[("doris.tls.ca", &authority.root())]).await.unwrap();
    let (asked, taken) = (cluster.frontend.loads(), cluster.backend.loads());
    assert_eq!((asked.len(), asked[0].body.as_str()), (1, ""));
    assert_eq!((taken.len(), taken[0].body.trim_end()), (1, "{\"id\":1}"));
    assert_eq!(taken[0].authorization, "Basic bG9hZGVyOnMzY3JldA==");
}

#[tokio::test]
async fn servers_without_a_scheme_speak_https_when_that_is_switched_on() {
    let authority = Authority::new();
    let cluster = Cluster::start(&authority.server(HOST)).await;
    let more = [("doris.enable.https", "true"), ("doris.tls.ca", &authority.root())];
    load(&cluster.frontend.address.to_string(), &more).await.unwrap();
}

#[tokio::test]
async fn backends_that_are_given_are_loaded_by_https() {
    let authority = Authority::new();
    let cluster = Cluster::start(&authority.server(HOST)).await;
    let backends = format!("https://{}", cluster.backend.address);
    let more = [("doris.benodes", backends.as_str()), ("doris.tls.ca", &authority.root())];
    load(&cluster.url(), &more).await.unwrap();
    assert_eq!((cluster.frontend.loads().len(), cluster.backend.loads().len()), (0, 1));
}

/// A server that is not trusted gets no request, and the error says what is wrong with it.
async fn check_distrusted(tls: TlsAcceptor, authority: &Authority, said: &[&str]) {
    let cluster = Cluster::start(&tls).await;
    let server = cluster.frontend.address.to_string();
    let said = [&[&server, "no TLS with it: "], said].concat();
    refused(load(&cluster.url(), &[("doris.tls.ca", &authority.root())]).await, true, &said);
    assert_eq!(cluster.frontend.loads().len(), 0);
}

#[tokio::test]
async fn a_server_that_cannot_be_trusted_is_told_with_the_reason() {
    let (authority, other) = (Authority::new(), Authority::new());
    check_distrusted(other.server(HOST), &authority, &["no authority that is trusted", "doris.tls.ca"]).await;
    check_distrusted(authority.server("be.example"), &authority, &["be.example", "name the server"]).await;
    check_distrusted(authority.expired(HOST), &authority, &["has expired"]).await;
}

#[tokio::test]
async fn the_authorities_of_the_system_are_trusted_when_none_is_named() {
    let cluster = Cluster::start(&Authority::new().server(HOST)).await;
    refused(load(&cluster.url(), &[]).await, true, &["no authority that is trusted"]);
}

#[tokio::test]
async fn a_server_of_any_certificate_is_taken_when_that_is_asked_for_and_warned_of() {
    let said = Said::default();
    let _listening = said.listen();
    for tls in [Authority::new().server("be.example"), Authority::new().expired(HOST)] {
        let cluster = Cluster::start(&tls).await;
        load(&cluster.url(), &[("doris.tls.verify", "false")]).await.unwrap();
    }
    let said = said.all();
    let warned = said.lines().filter(|line| line.contains("WARN") && line.contains("doris.tls.verify=false"));
    assert_eq!(warned.count(), 2, "{said}");
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_says_so_and_gets_the_one_that_is_named() {
    let (authority, other) = (Authority::new(), Authority::new());
    let cluster = Cluster::start(&authority.guarded(HOST)).await;
    let root = authority.root();
    let ca = ("doris.tls.ca", root.as_str());
    refused(load(&cluster.url(), &[ca]).await, true, &["doris.tls.certificate and doris.tls.key"]);
    let (certificate, key) = other.issue("loader");
    let foreign = [ca, ("doris.tls.certificate", &certificate), ("doris.tls.key", &key)];
    refused(
        load(&cluster.url(), &foreign).await,
        true,
        &["does not take the certificate of doris.tls.certificate"],
    );
    let (certificate, key) = authority.issue("loader");
    let own = [ca, ("doris.tls.certificate", &certificate), ("doris.tls.key", &key)];
    load(&cluster.url(), &own).await.unwrap();
}

#[tokio::test]
async fn servers_that_come_back_with_another_certificate_are_loaded_on_if_it_is_trusted() {
    let (authority, other) = (Authority::new(), Authority::new());
    let tls = authority.server(HOST);
    let frontend = Server::start(Some(tls.clone()), |_| Reply::Take).await;
    let (url, root) = (format!("https://{}", frontend.address), authority.root());
    let mut task = start(&config(&url, &[("doris.tls.ca", &root)])).await.unwrap();
    task.put(&row(1)).await.unwrap();
    let address = frontend.stop().await;

    let again = Server::start_at(address, Some(authority.server(HOST)), |_| Reply::Take).await;
    task.put(&row(2)).await.unwrap();
    assert_eq!(again.loads().len(), 1);
    again.stop().await;

    let stranger = Server::start_at(address, Some(other.server(HOST)), |_| Reply::Take).await;
    refused(task.put(&row(3)).await, true, &["no authority that is trusted"]);
    assert_eq!(stranger.loads().len(), 0);
}

#[tokio::test]
async fn what_speaks_no_tls_is_told_as_such_on_either_side() {
    let url = |address: SocketAddr| format!("https://{address}");
    let anyone = [("doris.tls.verify", "false")];
    let plain = Server::start(None, |_| Reply::Take).await;
    refused(load(&url(plain.address), &anyone).await, true, &["hung up in the middle of the handshake"]);
    let listener = TcpListener::bind((HOST, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
            // Kept open until the other side has read it.
            stream.read_to_end(&mut Vec::new()).await.unwrap_or_default();
        }
    });
    refused(load(&url(at), &anyone).await, true, &["not TLS"]);
    answering.abort();
    let secure = Server::start(Some(Authority::new().server(HOST)), |_| Reply::Take).await;
    refused(load(&secure.address.to_string(), &[]).await, true, &["https://"]);
}
