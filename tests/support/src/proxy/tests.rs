//! Every fault, seen by a client of a server that says everything twice.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Fault, Proxy, Way};
use crate::wait;

const SOON: Duration = Duration::from_secs(10);
/// What has not come by now does not come.
const A_WHILE: Duration = Duration::from_millis(300);

/// A server that echoes, and tells what it has received.
struct Echo {
    address: SocketAddr,
    received: tokio::sync::watch::Receiver<Vec<u8>>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, received) = tokio::sync::watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let tell = tell.clone();
                tokio::spawn(async move {
                    let mut bytes = [0; 1024];
                    while let Ok(length @ 1..) = client.read(&mut bytes).await {
                        tell.send_modify(|all| all.extend(&bytes[..length]));
                        if client.write_all(&bytes[..length]).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, received }
    }

    async fn wait_received(&mut self, expected: &[u8]) {
        let received = self.received.wait_for(|received| received == expected);
        tokio::time::timeout(SOON, received).await.unwrap().unwrap();
    }
}

async fn setup() -> (Echo, Proxy, TcpStream) {
    let echo = Echo::start().await;
    let proxy = Proxy::start(echo.address).await.unwrap();
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(ask(&mut client, b"hello").await.unwrap(), b"hello");
    (echo, proxy, client)
}

/// Says something and reads as much.
async fn ask(client: &mut TcpStream, what: &[u8]) -> std::io::Result<Vec<u8>> {
    client.write_all(what).await?;
    let mut answer = vec![0; what.len()];
    tokio::time::timeout(SOON, client.read_exact(&mut answer)).await??;
    Ok(answer)
}

/// What a client that waits sees: 0 for the end of the stream.
async fn read(client: &mut TcpStream) -> std::io::Result<usize> {
    tokio::time::timeout(SOON, client.read(&mut [0; 16])).await?
}

async fn assert_works_anew(proxy: &Proxy) {
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(ask(&mut client, b"again").await.unwrap(), b"again");
}

#[tokio::test]
async fn connections_are_cut_in_good_order_and_new_ones_too_until_it_heals() {
    let (_echo, proxy, mut client) = setup().await;
    proxy.set(Fault::Cut).await;
    assert_eq!(read(&mut client).await.unwrap(), 0);
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(read(&mut other).await.unwrap(), 0);
    assert_eq!(proxy.struck(), 2);
    proxy.heal().await;
    assert_works_anew(&proxy).await;
}

#[tokio::test]
async fn connections_are_reset() {
    let (_echo, proxy, mut client) = setup().await;
    proxy.set(Fault::Reset).await;
    assert_eq!(read(&mut client).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    proxy.heal().await;
    assert_works_anew(&proxy).await;
}

#[tokio::test]
async fn new_connections_are_refused_while_open_ones_go_on() {
    let (_echo, proxy, mut client) = setup().await;
    proxy.set(Fault::Refuse).await;
    let refused = TcpStream::connect(proxy.address()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(ask(&mut client, b"still here").await.unwrap(), b"still here");
    proxy.heal().await;
    assert_works_anew(&proxy).await;
}

#[tokio::test]
async fn what_is_swallowed_never_comes_and_the_connection_stays_dead() {
    let (mut echo, proxy, mut client) = setup().await;
    let mut idle = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(ask(&mut idle, b"1").await.unwrap(), b"1");
    proxy.set(Fault::HALF_OPEN).await;
    let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    for silent in [&mut client, &mut new] {
        silent.write_all(b"lost").await.unwrap();
        assert!(
            tokio::time::timeout(A_WHILE, silent.read(&mut [0; 16])).await.is_err(),
            "neither byte nor end"
        );
    }
    assert_eq!(proxy.struck(), 2);
    proxy.heal().await;
    // A connection that was idle all the time is as dead as the others.
    for silent in [&mut client, &mut new, &mut idle] {
        silent.write_all(b"lost").await.unwrap();
        assert!(
            tokio::time::timeout(A_WHILE, silent.read(&mut [0; 16])).await.is_err(),
            "it came back to life"
        );
    }
    assert_works_anew(&proxy).await;
    echo.wait_received(b"hello1again").await;
}

#[tokio::test]
async fn one_way_can_be_silent_alone() {
    let (mut echo, proxy, mut client) = setup().await;
    proxy.set(Fault::Silent(&[Way::Answers])).await;
    client.write_all(b" and").await.unwrap();
    echo.wait_received(b"hello and").await;
    assert!(tokio::time::timeout(A_WHILE, client.read(&mut [0; 16])).await.is_err());
}

#[tokio::test]
async fn bytes_trickle_until_it_heals() {
    let (_echo, proxy, mut client) = setup().await;
    proxy.set(Fault::Trickle { bytes_per_second: 20 }).await;
    let began = Instant::now();
    assert_eq!(ask(&mut client, b"0123456789").await.unwrap(), b"0123456789");
    // Nine pauses each way, one after the other or side by side.
    assert!(began.elapsed() >= Duration::from_millis(450), "{:?}", began.elapsed());
    proxy.set(Fault::Trickle { bytes_per_second: 1 }).await;
    client.write_all(&[7; 1000]).await.unwrap();
    wait::until_true(SOON, "the first byte", async || proxy.struck() > 20).await.unwrap();
    proxy.heal().await;
    tokio::time::timeout(SOON, client.read_exact(&mut [0; 1000])).await.unwrap().unwrap();
}

#[tokio::test]
async fn everything_comes_later_until_it_heals() {
    let (_echo, proxy, mut client) = setup().await;
    proxy.set(Fault::Delay(Duration::from_millis(200))).await;
    let began = Instant::now();
    assert_eq!(ask(&mut client, b"late").await.unwrap(), b"late");
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
    proxy.set(Fault::Delay(Duration::from_secs(600))).await;
    let before = proxy.struck();
    client.write_all(b"soon").await.unwrap();
    wait::until_true(SOON, "the delay", async || proxy.struck() > before).await.unwrap();
    proxy.heal().await;
    assert_eq!(read(&mut client).await.unwrap(), 4);
}

#[tokio::test]
async fn the_request_arrives_whole_and_the_answer_is_cut() {
    let (mut echo, proxy, mut client) = setup().await;
    proxy.set(Fault::CutBeforeAnswer).await;
    client.write_all(b", world").await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), 0);
    echo.wait_received(b"hello, world").await;
    assert_eq!(proxy.struck(), 1);
}

#[tokio::test]
async fn an_answer_that_asks_for_the_body_is_not_the_answer() {
    let (_echo, proxy, mut client) = setup().await;
    proxy.set(Fault::CutBeforeAnswer).await;
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n";
    assert_eq!(ask(&mut client, interim).await.unwrap(), interim);
    client.write_all(b"body").await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), 0);
}

#[tokio::test]
async fn an_end_gets_through_and_so_does_a_target_that_is_away() {
    let (_echo, proxy, mut client) = setup().await;
    client.shutdown().await.unwrap();
    assert_eq!(read(&mut client).await.unwrap(), 0, "the server closes, as the client has");
    proxy.stop().await;

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let proxy = Proxy::start(gone).await.unwrap();
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(read(&mut client).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_stopped_proxy_leaves_neither_port_nor_connections() {
    let mut was_refused = false;
    // A port that is free is anybody's, so on a busy machine somebody may answer there; not every time.
    for _ in 0..5 {
        let (_echo, proxy, mut client) = setup().await;
        let address = proxy.address();
        proxy.stop().await;
        assert!(matches!(read(&mut client).await, Ok(0) | Err(_)));
        let error = TcpStream::connect(address).await.err();
        was_refused |= error.is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused);
    }
    assert!(was_refused);
}
