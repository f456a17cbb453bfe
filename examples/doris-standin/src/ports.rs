//! Binds ports, and keeps those of back ends open or closed as told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backends::Backends;
use crate::be::Backend;
use crate::http;
use crate::standin::StartError;

/// How long to wait before a port that somebody else took is tried again.
const REBIND: Duration = Duration::from_millis(50);

/// Binds one port.
pub(crate) async fn bind(
    port: &'static str,
    address: SocketAddr,
    flag: &'static str,
) -> Result<(TcpListener, SocketAddr), StartError> {
    let refused = |source| StartError::Bind { port, address, flag, source };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let local = listener.local_addr().map_err(refused)?;
    Ok((listener, local))
}

/// Binds the ports of `count` back ends: one after another from `first` on, or free ones where that is 0.
pub(crate) async fn bind_backends(
    first: SocketAddr,
    count: usize,
) -> Result<Vec<(TcpListener, SocketAddr)>, StartError> {
    let mut bound = Vec::with_capacity(count);
    let mut address = first;
    for _ in 0..count {
        bound.push(bind("a back end's HTTP", address, "--be-http").await?);
        if first.port() != 0 {
            address.set_port(address.port().checked_add(1).ok_or(StartError::Ports { first, count })?);
        }
    }
    Ok(bound)
}

/// One back end's port and who answers it.
#[derive(Debug)]
pub(crate) struct BackendPort {
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    pub(crate) handler: Arc<Backend>,
    /// Which of [`Backends`] it is.
    pub(crate) number: usize,
}

/// Serves a back end whenever it is wanted, until `stop` is cancelled. Taken away, its connections break at once.
pub(crate) async fn serve_while_wanted(
    port: BackendPort,
    tls: Option<TlsAcceptor>,
    backends: Arc<Backends>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let Some(node) = backends.get(port.number) else { return };
    let mut wanted = node.wanted();
    let mut bound = Some(port.listener);
    loop {
        let on = *wanted.borrow_and_update();
        match (on, bound.take()) {
            (true, Some(listener)) => {
                let here = stop.child_token();
                let serving = http::serve(
                    listener,
                    tls.clone(),
                    Arc::clone(&port.handler),
                    here.clone(),
                    tasks.clone(),
                );
                tokio::select! {
                    () = serving => return,
                    _ = wanted.wait_for(|on| !on) => here.cancel(),
                }
                node.note(false);
            }
            (true, None) => match TcpListener::bind(port.address).await {
                Ok(listener) => {
                    bound = Some(listener);
                    node.note(true);
                }
                Err(error) => {
                    tracing::warn!(%error, address = %port.address, "cannot open a back end's port again");
                    tokio::time::sleep(REBIND).await;
                }
            },
            (false, _) => tokio::select! {
                () = stop.cancelled() => return,
                _ = wanted.wait_for(|on| *on) => {}
            },
        }
    }
}
