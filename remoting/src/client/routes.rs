//! Routes that were asked for, kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Route;

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
            entry.fresh_until = Instant::now() + RETRY_GONE_AFTER;
        }
    }

    /// The route however old it is; it counts as fresh for some seconds more.
    pub(super) fn stale(&self, topic: &str) -> Option<Arc<Route>> {
        let mut cached = self.lock();
        let entry = cached.get_mut(topic)?;
        entry.fresh_until = Instant::now() + RETRY_AFTER;
        Some(Arc::clone(&entry.route))
    }

    pub(super) fn insert(&self, route: Arc<Route>) {
        let fresh_until = Instant::now() + self.refresh;
        self.lock().insert(Arc::clone(&route.topic), Cached { route, fresh_until, gone: false });
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
