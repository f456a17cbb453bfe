//! Routes that were asked for, kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Broker, Route};

/// When no name server answers, an old route is used this long before they are asked again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// The same when they no longer know the topic.
const RETRY_GONE_AFTER: Duration = Duration::from_secs(1);

/// Routes by topic.
#[derive(Debug)]
pub(super) struct Routes {
    refresh: Duration,
    cached: Mutex<HashMap<Arc<str>, Cached>>,
}

#[derive(Debug, Clone)]
struct Cached {
    route: Arc<Route>,
    fresh_until: Instant,
    /// The name servers no longer know the topic: it was deleted, or its brokers are away.
    gone: bool,
    /// Brokers of earlier routes that the last one lacks.
    departed: Vec<Broker>,
    /// No name server has answered since it was last fresh.
    stale: bool,
}

/// A route that no name server has confirmed.
#[derive(Debug)]
pub(super) struct Stale {
    pub(super) route: Arc<Route>,
    pub(super) since: Since,
}

/// Since when a route is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    /// It is told for the first time.
    Now,
    /// It was told before.
    Earlier,
}

/// What a route takes the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replaced {
    /// None, or one that was fresh when it was last used.
    Fresh,
    /// One that was used without a name server's answer.
    Stale,
}

impl Routes {
    pub(super) fn new(refresh: Duration) -> Self {
        Self { refresh, cached: Mutex::default() }
    }

    /// The route if it is fresh.
    pub(super) fn fresh(&self, topic: &str) -> Option<Arc<Route>> {
        let cached = self.lock();
        let entry = cached.get(topic).filter(|entry| !entry.gone && Instant::now() < entry.fresh_until)?;
        Some(Arc::clone(&entry.route))
    }

    /// The route if it is fresh, or if it went so lately that asking again would be hasty.
    pub(super) fn fresh_or_just_gone(&self, topic: &str) -> Option<Arc<Route>> {
        let cached = self.lock();
        let entry = cached.get(topic).filter(|entry| Instant::now() < entry.fresh_until)?;
        Some(Arc::clone(&entry.route))
    }

    /// The name servers no longer know the topic.
    pub(super) fn went(&self, topic: &str) {
        if let Some(entry) = self.lock().get_mut(topic) {
            entry.gone = true;
            entry.stale = false;
            entry.fresh_until = Instant::now() + RETRY_GONE_AFTER;
        }
    }

    /// The route however old it is; it counts as fresh for some seconds more.
    pub(super) fn stale(&self, topic: &str) -> Option<Stale> {
        let mut cached = self.lock();
        let entry = cached.get_mut(topic)?;
        entry.fresh_until = Instant::now() + RETRY_AFTER;
        let since = if std::mem::replace(&mut entry.stale, true) { Since::Earlier } else { Since::Now };
        Some(Stale { route: Arc::clone(&entry.route), since })
    }

    pub(super) fn insert(&self, route: Arc<Route>) -> Replaced {
        let fresh_until = Instant::now() + self.refresh;
        let mut cached = self.lock();
        let before = cached.remove(&route.topic);
        let replaced = match &before {
            Some(before) if before.stale => Replaced::Stale,
            _ => Replaced::Fresh,
        };
        let known = before.into_iter().flat_map(|cached| {
            let brokers = cached.route.brokers.clone();
            cached.departed.into_iter().chain(brokers)
        });
        let departed = known.filter(|broker| route.broker(&broker.name).is_none()).collect();
        let entry = Cached { route, fresh_until, gone: false, departed, stale: false };
        cached.insert(Arc::clone(&entry.route.topic), entry);
        replaced
    }

    /// A broker that an earlier route of the topic had and the last one lacks.
    pub(super) fn departed(&self, topic: &str, broker: &str) -> Option<Broker> {
        self.lock().get(topic)?.departed.iter().find(|departed| &*departed.name == broker).cloned()
    }

    pub(super) fn remove(&self, topic: &str) {
        self.lock().remove(topic);
    }

    /// Ask anew the next time, but keep what is known in case nobody answers.
    pub(super) fn doubt(&self, topic: &str) {
        if let Some(entry) = self.lock().get_mut(topic) {
            entry.fresh_until = Instant::now();
        }
    }

    /// All topics that are known, sorted.
    pub(super) fn all(&self) -> Vec<Arc<Route>> {
        let mut routes: Vec<_> = self.lock().values().map(|entry| Arc::clone(&entry.route)).collect();
        routes.sort_by(|one, other| one.topic.cmp(&other.topic));
        routes
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Cached>> {
        // Nothing panics while holding it.
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(brokers: &[&str]) -> Arc<Route> {
        let brokers: Vec<_> = brokers
            .iter()
            .map(|name| format!(r#"{{"brokerName":"{name}","brokerAddrs":{{"0":"{name}:1"}}}}"#))
            .collect();
        let body = format!(r#"{{"brokerDatas":[{}],"queueDatas":[]}}"#, brokers.join(","));
        Arc::new(Route::parse("t", body.as_bytes()).unwrap())
    }

    #[test]
    fn a_route_gets_stale_once_however_often_it_is_used() {
        let routes = Routes::new(Duration::from_secs(1));
        assert!(routes.stale("t").is_none());
        let use_stale = || routes.stale("t").map(|stale| stale.since);
        assert_eq!(routes.insert(route(&["a"])), Replaced::Fresh);
        for _ in 0..2 {
            assert_eq!(use_stale(), Some(Since::Now));
            routes.doubt("t");
            assert_eq!((use_stale(), use_stale()), (Some(Since::Earlier), Some(Since::Earlier)));
            assert_eq!(routes.insert(route(&["a"])), Replaced::Stale);
            assert_eq!(routes.insert(route(&["a"])), Replaced::Fresh);
        }
    }

    #[test]
    fn a_broker_that_left_the_route_is_remembered_until_it_is_back_or_the_topic_is_gone() {
        let routes = Routes::new(Duration::from_secs(1));
        let departed = |broker| routes.departed("t", broker).map(|broker| broker.name.to_string());
        routes.insert(route(&["a", "b"]));
        assert_eq!(departed("b"), None);
        routes.insert(route(&["a"]));
        routes.insert(route(&["a"]));
        assert_eq!(departed("b").as_deref(), Some("b"));
        routes.insert(route(&["b"]));
        assert_eq!((departed("a").as_deref(), departed("b")), (Some("a"), None));
        routes.remove("t");
        assert_eq!(departed("a"), None);
    }
}
