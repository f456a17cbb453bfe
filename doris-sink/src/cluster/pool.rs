//! Servers of one kind, the healthy ones first.

use crate::http::Endpoint;
use std::time::{Duration, Instant};

/// How long a server that failed is asked last.
const AVOIDED: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Pool {
    servers: Vec<Server>,
    /// The server asked first while it is healthy.
    current: usize,
}

#[derive(Debug)]
struct Server {
    endpoint: Endpoint,
    avoided_until: Option<Instant>,
}

impl Pool {
    /// `start` chooses which server is asked first.
    pub(super) fn new(endpoints: Vec<Endpoint>, start: usize) -> Self {
        let current = start.checked_rem(endpoints.len()).unwrap_or_default();
        let servers =
            endpoints.into_iter().map(|endpoint| Server { endpoint, avoided_until: None }).collect();
        Self { servers, current }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }

    /// All servers: from the current one round, those that failed lately at the end, longest ago first.
    pub(super) fn in_order(&self) -> Vec<Endpoint> {
        let now = Instant::now();
        let (behind, ahead) = self.servers.split_at(self.current);
        let mut order: Vec<_> = ahead.iter().chain(behind).collect();
        order.sort_by_key(|server| server.avoided_until.filter(|until| *until > now));
        order.into_iter().map(|server| server.endpoint.clone()).collect()
    }

    /// `endpoint` answered: it stays the one to ask.
    pub(super) fn answered(&mut self, endpoint: &Endpoint) {
        if let Some(at) = self.servers.iter().position(|s| s.endpoint == *endpoint) {
            self.servers[at].avoided_until = None;
            self.current = at;
        }
    }

    /// `endpoint` failed: the others are asked first for a while, and for as long as it `asks` to be left alone.
    pub(super) fn failed(&mut self, endpoint: &Endpoint, asks: Option<Duration>) {
        if let Some(server) = self.servers.iter_mut().find(|s| s.endpoint == *endpoint) {
            server.avoided_until = Some(Instant::now() + asks.unwrap_or_default().max(AVOIDED));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(start: usize) -> Pool {
        let endpoints = ["a", "b", "c"].map(|host| Endpoint::parse(host, 1).unwrap());
        Pool::new(endpoints.to_vec(), start)
    }

    fn order(pool: &Pool) -> String {
        pool.in_order().iter().map(Endpoint::host).collect()
    }

    #[test]
    fn tasks_begin_with_different_servers() {
        assert_eq!([order(&pool(0)), order(&pool(1)), order(&pool(5))], ["abc", "bca", "cab"]);
        assert!(Pool::new(Vec::new(), 3).is_empty());
    }

    #[test]
    fn a_server_that_failed_is_asked_last_until_it_answers() {
        let mut pool = pool(0);
        let a = Endpoint::parse("a", 1).unwrap();
        pool.failed(&a, None);
        assert_eq!(order(&pool), "bca");
        pool.answered(&a);
        assert_eq!(order(&pool), "abc");
    }

    #[test]
    fn the_server_that_answered_stays_the_first() {
        let mut pool = pool(0);
        pool.answered(&Endpoint::parse("b", 1).unwrap());
        assert_eq!(order(&pool), "bca");
    }

    #[test]
    fn when_all_failed_the_one_that_failed_longest_ago_is_asked_first() {
        let mut pool = pool(0);
        for host in ["c", "a", "b"] {
            pool.failed(&Endpoint::parse(host, 1).unwrap(), None);
        }
        assert_eq!(order(&pool), "cab");
    }

    #[test]
    fn a_server_is_left_alone_for_as_long_as_it_asks() {
        let mut pool = pool(0);
        pool.failed(&Endpoint::parse("a", 1).unwrap(), Some(Duration::from_secs(120)));
        for host in ["b", "c"] {
            pool.failed(&Endpoint::parse(host, 1).unwrap(), Some(Duration::ZERO));
        }
        assert_eq!(order(&pool), "bca");
    }
}
