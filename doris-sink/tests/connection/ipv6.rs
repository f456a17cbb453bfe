//! Frontends and backends under addresses of IPv6.

use crate::{
    authority::Authority,
    server::{Reply, Server},
    task::{load, location, refused},
};
use std::net::{Ipv6Addr, SocketAddr};

const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V6(Ipv6Addr::LOCALHOST), 0);

#[tokio::test]
async fn loads_go_to_addresses_of_ipv6_however_they_are_written() {
    let backend = Server::start_at(HERE, None, |_| Reply::Take).await;
    let to = location("http", backend.address);
    let frontend = Server::start_at(HERE, None, move |_| Reply::Redirect(to.clone())).await;
    let url = format!("[0:0:0::1]:{}", frontend.address.port());
    load(&url, &[("doris.redirect.hosts", "[0:0::1]")]).await.unwrap();
    refused(load(&url, &[("doris.redirect.hosts", "[::2]")]).await, false, &["[::1]:"]);
    load(&url, &[("doris.benodes", &backend.address.to_string())]).await.unwrap();
    assert_eq!((frontend.loads().len(), backend.loads().len()), (2, 2));
}

#[tokio::test]
async fn certificates_may_be_for_addresses_of_ipv6() {
    let authority = Authority::new();
    let tls = authority.server("::1");
    let frontend = Server::start_at(HERE, Some(tls), |_| Reply::Take).await;
    load(&format!("https://{}", frontend.address), &[("doris.tls.ca", &authority.root())]).await.unwrap();
}

#[tokio::test]
async fn a_redirect_without_brackets_or_with_a_zone_is_not_followed() {
    for (host, said) in [("::1", "brackets"), ("[fe80::1%25lo]", "zone")] {
        let to = format!("http://loader:s3cret@{host}:8040/api/shop/orders/_stream_load?");
        let frontend = Server::start(None, move |_| Reply::Redirect(to.clone())).await;
        refused(load(&frontend.address.to_string(), &[]).await, false, &[said]);
    }
}
