//! How fast this process loads into one cluster: all its tasks together.
//!
//! A table that has too many versions, or a cluster that is out of memory or transactions, recovers only when *everybody* loads less. So what
//! one task is told holds for the others, too: loads into the table wait, each time for longer, until one succeeds.

use super::{error::LoadError, reason::Reason};
use crate::config::{Settings, TableName};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long loads wait after the first refusal; each further one doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// How long they wait at most.
const LONGEST: Duration = Duration::from_secs(60);

/// The clusters that tasks of this process load into.
static CLUSTERS: LazyLock<Mutex<HashMap<String, Weak<Pace>>>> = LazyLock::new(Mutex::default);

/// What the tasks that load into one cluster share.
pub(super) struct Pace {
    loads: Semaphore,
    tables: Mutex<HashMap<(String, TableName), Brake>>,
}

/// Loads into a table wait.
#[derive(Debug, Clone, Copy)]
struct Brake {
    until: Instant,
    delay: Duration,
    reason: Reason,
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace").field("free", &self.loads.available_permits()).finish_non_exhaustive()
    }
}

impl Pace {
    /// What the tasks with the same frontends, or backends, and the same limit share.
    pub(super) fn of(settings: &Settings) -> Arc<Self> {
        let nodes = if settings.backends.is_empty() { &settings.frontends } else { &settings.backends };
        let mut nodes: Vec<String> = nodes.iter().map(ToString::to_string).collect();
        nodes.sort();
        let key = format!("{} {}", settings.most_loads, nodes.join(","));
        let mut clusters = lock(&CLUSTERS);
        clusters.retain(|_, pace| pace.strong_count() > 0);
        if let Some(pace) = clusters.get(&key).and_then(Weak::upgrade) {
            return pace;
        }
        let pace = Arc::new(Self::new(settings.most_loads));
        clusters.insert(key, Arc::downgrade(&pace));
        pace
    }

    fn new(most_loads: usize) -> Self {
        Self { loads: Semaphore::new(most_loads), tables: Mutex::default() }
    }

    /// Leave for one load, until it is dropped.
    ///
    /// # Errors
    /// [`LoadError::Paced`] while loads into the table wait. The host comes again.
    pub(super) async fn leave(&self, database: &str, table: &TableName) -> Result<Leave<'_>, LoadError> {
        self.heed(database, table)?;
        // Fair, and nothing is lost when it is dropped; the semaphore is never closed.
        let permit = self.loads.acquire().await.ok();
        // It may have become so meanwhile.
        self.heed(database, table)?;
        Ok(Leave { _permit: permit })
    }

    /// A load has ended so.
    pub(super) fn learn<T>(&self, database: &str, table: &TableName, outcome: &Result<T, LoadError>) {
        let key = || (database.to_owned(), table.clone());
        let (reason, asked) = match outcome {
            Ok(_) => {
                lock(&self.tables).remove(&key());
                return;
            }
            Err(LoadError::Refused { reason, .. }) if reason.asks_for_less() => (*reason, None),
            Err(LoadError::Ask(error)) => match error.busy() {
                Some(busy) => (Reason::Busy, busy.after),
                None => return,
            },
            Err(_) => return,
        };
        let now = Instant::now();
        let brake = |delay: Duration| {
            // A server that says how long it wants to be left alone knows best.
            Brake { until: now + asked.unwrap_or_default().max(delay), delay, reason }
        };
        let mut tables = lock(&self.tables);
        let known = tables.entry(key()).or_insert_with(|| brake(FIRST));
        // What was under way together is refused together, and counts once.
        if known.until <= now {
            *known = brake((known.delay * 2).min(LONGEST));
        }
    }

    /// How long loads into the table wait from now on, and why.
    pub(super) fn waits(&self, database: &str, table: &TableName) -> Option<(Duration, Reason)> {
        let tables = lock(&self.tables);
        if tables.is_empty() {
            return None;
        }
        let brake = tables.get(&(database.to_owned(), table.clone()))?;
        let wait = brake.until.saturating_duration_since(Instant::now());
        (!wait.is_zero()).then_some((wait, brake.reason))
    }

    fn heed(&self, database: &str, table: &TableName) -> Result<(), LoadError> {
        match self.waits(database, table) {
            Some((wait, reason)) => Err(LoadError::Paced { wait, reason }),
            None => Ok(()),
        }
    }
}

/// Leave for one load.
#[derive(Debug)]
pub(super) struct Leave<'a> {
    _permit: Option<SemaphorePermit<'a>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cluster::AskError,
        http::{Busy, HttpError, Progress},
    };

    fn table(name: &str) -> TableName {
        name.parse().unwrap()
    }

    fn refused(reason: Reason) -> Result<(), LoadError> {
        let node = crate::http::Endpoint::parse("be", 8040).unwrap();
        Err(LoadError::Refused { node, said: "no".into(), reason })
    }

    async fn waits(pace: &Pace, name: &str) -> Option<Duration> {
        match pace.leave("d", &table(name)).await {
            Ok(_) => None,
            Err(LoadError::Paced { wait, .. }) => Some(wait),
            Err(other) => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn what_one_task_is_told_holds_for_all_of_the_table_until_a_load_succeeds() {
        let pace = Pace::new(2);
        assert_eq!(waits(&pace, "t").await, None);
        pace.learn("d", &table("t"), &refused(Reason::TooManyVersions));
        assert!(waits(&pace, "t").await.is_some_and(|wait| wait <= FIRST));
        assert_eq!(waits(&pace, "u").await, None, "another table");
        // Refused at the same time.
        pace.learn("d", &table("t"), &refused(Reason::TooManyVersions));
        assert!(waits(&pace, "t").await.is_some_and(|wait| wait <= FIRST));
        pace.learn("d", &table("t"), &Ok(()));
        assert_eq!(waits(&pace, "t").await, None);
        pace.learn("d", &table("t"), &refused(Reason::UnknownTable));
        assert_eq!(waits(&pace, "t").await, None, "that is no question of pace");
    }

    #[tokio::test]
    async fn a_server_that_is_too_busy_is_left_alone_for_as_long_as_it_asks() {
        let pace = Pace::new(1);
        let busy = |after| {
            let busy = Busy { status: hyper::StatusCode::TOO_MANY_REQUESTS, after };
            let why = HttpError::Busy { busy, progress: Progress::Held };
            let node = crate::http::Endpoint::parse("be", 8040).unwrap();
            Err::<(), _>(LoadError::Ask(AskError::Unknown { node, why }))
        };
        pace.learn("d", &table("t"), &busy(Some(Duration::from_secs(90))));
        assert!(waits(&pace, "t").await.is_some_and(|wait| wait > Duration::from_secs(80)));
        pace.learn("d", &table("u"), &busy(None));
        assert!(waits(&pace, "u").await.is_some_and(|wait| wait <= FIRST));
    }

    #[tokio::test]
    async fn each_further_refusal_doubles_the_wait_up_to_a_minute() {
        let pace = Pace::new(1);
        let mut last = Duration::ZERO;
        for _ in 0..10 {
            pace.learn("d", &table("t"), &refused(Reason::TooManyVersions));
            let wait = waits(&pace, "t").await.unwrap();
            assert!(wait > last || wait > LONGEST - FIRST, "{wait:?} after {last:?}");
            assert!(wait <= LONGEST);
            last = wait;
            // The time is over.
            lock(&pace.tables).values_mut().for_each(|brake| brake.until = Instant::now());
        }
    }

    #[tokio::test]
    async fn no_more_loads_run_at_a_time_than_allowed() {
        let pace = Pace::new(1);
        let table = table("t");
        let first = pace.leave("d", &table).await.unwrap();
        let mut second = Box::pin(pace.leave("d", &table));
        assert!(futures_poll(&mut second).is_none());
        drop(first);
        assert!(futures_poll(&mut second).is_some_and(|leave| leave.is_ok()));
    }

    /// Polls once.
    fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        }
    }
}
