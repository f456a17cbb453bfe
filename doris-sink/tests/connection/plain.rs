//! From HTTPS nothing leads into the open, unless the operator allows it.

use crate::{
    authority::Authority,
    server::{Reply, Server},
    task::{load, location, refused},
};

#[tokio::test]
async fn a_redirect_from_https_to_http_is_followed_only_where_that_is_allowed() {
    let authority = Authority::new();
    let backend = Server::start(None, |_| Reply::Take).await;
    let to = location("http", backend.address);
    let frontend =
        Server::start(Some(authority.server("127.0.0.1")), move |_| Reply::Redirect(to.clone())).await;
    let (url, root) = (format!("https://{}", frontend.address), authority.root());
    let (address, ca) = (backend.address.to_string(), ("doris.tls.ca", root.as_str()));
    refused(load(&url, &[ca]).await, false, &[&address, "in the open", "doris.redirect.plain"]);
    assert_eq!(backend.loads().len(), 0);
    // Being on the list of hosts is no leave to be spoken to in the open.
    refused(load(&url, &[ca, ("doris.redirect.hosts", "127.0.0.1")]).await, false, &["doris.redirect.plain"]);
    load(&url, &[ca, ("doris.redirect.plain", "true")]).await.unwrap();
    let elsewhere = [ca, ("doris.redirect.plain", "true"), ("doris.redirect.hosts", "be1")];
    refused(load(&url, &elsewhere).await, false, &["doris.redirect.hosts"]);
    assert_eq!(backend.loads().len(), 1);
}

#[tokio::test]
async fn a_frontend_that_wants_https_is_told_with_what_to_write() {
    let secure = Server::start(Some(Authority::new().server("127.0.0.1")), |_| Reply::Take).await;
    let to = location("https", secure.address);
    let frontend = Server::start(None, move |_| Reply::Redirect(to.clone())).await;
    let secure_at = secure.address.to_string();
    refused(load(&frontend.address.to_string(), &[]).await, false, &[&secure_at, "put https:// before"]);
    assert_eq!(secure.loads().len(), 0);
}
