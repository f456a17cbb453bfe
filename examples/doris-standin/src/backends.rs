//! The back ends of the cluster: where they are, which of them serve, and what the front end believes of it.
//!
//! All back ends keep their rows in the same place, so that a load may go to any of them and queries need none. What stands
//! in for a distributed store here is only that an address can be away: its port closes, its connections break, and for
//! [`Backends::notice`] the front end still sends clients there, as it does until heartbeats are missed.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::clock::now_ms;
use crate::sync::lock;

const FIRST_ID: i64 = 10_002;

/// All back ends.
#[derive(Debug)]
pub(crate) struct Backends {
    nodes: Vec<Node>,
    /// How long the front end takes to notice that one went away or came back.
    notice: Duration,
    turn: AtomicUsize,
}

/// One back end.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: i64,
    /// Where clients are sent.
    pub(crate) address: SocketAddr,
    wanted: watch::Sender<bool>,
    life: Mutex<Life>,
}

#[derive(Debug)]
struct Life {
    serves: bool,
    /// When that began; `None` since the start.
    since: Option<Instant>,
    /// Milliseconds since 1970.
    started_ms: i64,
}

impl Backends {
    /// Back ends that all serve, and are known to.
    pub(crate) fn new(addresses: impl IntoIterator<Item = SocketAddr>, notice: Duration) -> Self {
        let node = |(id, address)| Node {
            id,
            address,
            wanted: watch::Sender::new(true),
            life: Mutex::new(Life { serves: true, since: None, started_ms: now_ms() }),
        };
        Self { nodes: (FIRST_ID..).zip(addresses).map(node).collect(), notice, turn: AtomicUsize::new(0) }
    }

    /// All of them, with whether the front end believes them alive.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&Node, bool)> {
        self.nodes.iter().map(|node| (node, node.seems_alive(self.notice)))
    }

    /// The one with this number, counted from 0.
    pub(crate) fn get(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The address that the next load is sent to: those believed alive take turns.
    pub(crate) fn next(&self) -> Option<SocketAddr> {
        let alive = self.alive();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        alive.get(turn.checked_rem(alive.len())?).copied()
    }

    /// The address that gathers the group commits of a table: the same while no back end comes or goes.
    pub(crate) fn of_table(&self, database: &str, table: &str) -> Option<SocketAddr> {
        let alive = self.alive();
        let hash = crc32fast::hash(format!("{database}.{table}").as_bytes());
        alive.get(usize::try_from(hash).ok()?.checked_rem(alive.len())?).copied()
    }

    fn alive(&self) -> Vec<SocketAddr> {
        self.all().filter_map(|(node, alive)| alive.then_some(node.address)).collect()
    }
}

impl Node {
    /// Asks for the port to be opened or closed, and waits until it is.
    pub(crate) async fn switch(&self, on: bool) {
        let mut changes = self.wanted.subscribe();
        self.wanted.send_replace(on);
        while self.serves() != on {
            // The sender lives as long as `self`.
            changes.changed().await.unwrap_or_default();
        }
    }

    /// Whether its port is meant to be open, now and whenever that changes.
    pub(crate) fn wanted(&self) -> watch::Receiver<bool> {
        self.wanted.subscribe()
    }

    /// Whether its port is open.
    pub(crate) fn serves(&self) -> bool {
        lock(&self.life).serves
    }

    /// Milliseconds since 1970 at which it last began to serve.
    pub(crate) fn started_ms(&self) -> i64 {
        lock(&self.life).started_ms
    }

    /// Notes that its port is open or closed now.
    pub(crate) fn note(&self, serves: bool) {
        {
            let mut life = lock(&self.life);
            if life.serves != serves {
                let started_ms = if serves { now_ms() } else { life.started_ms };
                *life = Life { serves, since: Some(Instant::now()), started_ms };
            }
        }
        // Wakes whoever waits in `switch`.
        self.wanted.send_modify(|_| {});
    }

    fn seems_alive(&self, notice: Duration) -> bool {
        let life = lock(&self.life);
        let noticed = life.since.is_none_or(|since| since.elapsed() >= notice);
        life.serves == noticed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backends(count: u16, notice: Duration) -> Backends {
        Backends::new((0..count).map(|port| SocketAddr::from(([127, 0, 0, 1], port))), notice)
    }

    #[test]
    fn those_believed_alive_take_turns() {
        let backends = backends(3, Duration::ZERO);
        let ports = |backends: &Backends| -> Vec<_> {
            (0..4).map(|_| backends.next().map(|address| address.port())).collect()
        };
        assert_eq!(ports(&backends), [Some(0), Some(1), Some(2), Some(0)]);
        backends.nodes[1].note(false);
        assert_eq!(ports(&backends), [Some(0), Some(2), Some(0), Some(2)]);
        for node in &backends.nodes {
            node.note(false);
        }
        assert_eq!(ports(&backends), [None; 4]);
    }

    #[test]
    fn an_absence_is_noticed_later() {
        let backends = backends(1, Duration::from_secs(3600));
        backends.nodes[0].note(false);
        assert!(backends.all().all(|(node, alive)| alive && !node.serves()));
    }
}
