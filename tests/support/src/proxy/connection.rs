//! One connection through a proxy.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Counts;
use super::fault::{End, State, Way};
use super::way::{Carrier, Ended};

/// Carries both ways between `client` and `target` until the connection ends, by itself or by a fault.
pub(super) async fn serve(
    mut client: TcpStream,
    target: SocketAddr,
    state: watch::Receiver<State>,
    counts: Arc<Counts>,
) {
    let age = state.borrow().age();
    let connected = tokio::select! {
        biased;
        end = has_to_end(state.clone(), age) => Err(end),
        server = TcpStream::connect(target) => server.map_err(|_away| End::Reset),
    };
    let mut server = match connected {
        Ok(server) => server,
        Err(end) => {
            counts.strike();
            return close(&mut client, end).await;
        }
    };
    for socket in [&client, &server] {
        // Without it small pieces are late, which is no reason to refuse the connection.
        drop(socket.set_nodelay(true));
    }
    let end = {
        let carrier = |way| Carrier { way, age, state: state.clone(), counts: Arc::clone(&counts) };
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let requests = carrier(Way::Requests).run(from_client, to_server);
        let answers = carrier(Way::Answers).run(from_server, to_client);
        tokio::select! {
            biased;
            end = has_to_end(state.clone(), age) => {
                counts.strike();
                end
            }
            ended = both_ways(requests, answers) => match ended {
                Ok(()) => End::Orderly,
                // What one side suffers the other is told, unless nothing gets through to it.
                Err(_broken) if is_dead(&state, age) => has_to_end(state, age).await,
                Err(_broken) => End::Reset,
            },
        }
    };
    tokio::join!(close(&mut client, end), close(&mut server, end));
}

async fn both_ways(
    requests: impl Future<Output = io::Result<Ended>>,
    answers: impl Future<Output = io::Result<Ended>>,
) -> io::Result<()> {
    tokio::pin!(requests, answers);
    let first = tokio::select! {
        ended = &mut requests => (ended?, Way::Requests),
        ended = &mut answers => (ended?, Way::Answers),
    };
    match first {
        (Ended::CutBeforeAnswer, _) => Ok(()),
        (Ended::Whole, Way::Requests) => answers.await.map(drop),
        (Ended::Whole, Way::Answers) => requests.await.map(drop),
    }
}

/// Returns once a fault ends connections made at `age`.
async fn has_to_end(mut state: watch::Receiver<State>, age: u64) -> End {
    let end = state.wait_for(|state| state.end_of(age).is_some()).await.map(|state| state.end_of(age));
    match end {
        Ok(Some(end)) => end,
        // Without a proxy nothing is set any more.
        _ => pending().await,
    }
}

fn is_dead(state: &watch::Receiver<State>, age: u64) -> bool {
    let state = state.borrow();
    state.is_silent(age, Way::Requests) || state.is_silent(age, Way::Answers)
}

async fn close(socket: &mut TcpStream, end: End) {
    match end {
        // Whoever has gone already is not told.
        End::Orderly => drop(socket.shutdown().await),
        // With nothing to linger for, closing resets.
        End::Reset => drop(SockRef::from(&*socket).set_linger(Some(Duration::ZERO))),
    }
}
