//! Who serves a queue, and asking them.

use std::sync::Arc;
use std::time::Duration;

use super::route::WireBroker;
use super::routes::{Replaced, Since, Stale};
use super::{Broker, Client, Error, NameServerProblem, Queue, Route, json};
use crate::code::{request, response};
use crate::command::Command;

/// What a request does to a queue: replicas can answer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// RocketMQ, `ClusterInfo`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCluster {
    broker_addr_table: Option<std::collections::BTreeMap<String, WireBroker>>,
}

impl Client {
    /// Where the queues of `topic` are. Kept for half a minute, and asked for again after errors that cast doubt on it.
    ///
    /// While no name server answers, what was last known is given.
    ///
    /// # Errors
    /// [`Error::TopicMissing`]; [`Error::NameServers`] when none answers and nothing is known.
    pub async fn route(&self, topic: &str) -> Result<Arc<Route>, Error> {
        if let Some(route) = self.inner.routes.fresh(topic) {
            return Ok(route);
        }
        match self.fetch_route(topic).await {
            Err(error @ Error::NameServers { .. }) => {
                let Stale { route, since } = self.inner.routes.stale(topic).ok_or_else(|| error.clone())?;
                if since == Since::Now {
                    tracing::warn!(topic, %error, "an old route is used until a name server answers");
                }
                Ok(route)
            }
            other => other,
        }
    }

    pub(super) async fn fetch_route(&self, topic: &str) -> Result<Arc<Route>, Error> {
        let code = request::GET_ROUTEINFO_BY_TOPIC;
        let asked = Command::request(code).field("topic", topic).field("acceptStandardJsonOnly", true);
        let (address, answer) = self.inner.name_servers.call(&self.inner.pool, &asked).await?;
        match answer.code {
            response::SUCCESS => {
                let route = Route::parse(topic, &answer.body)
                    .map_err(|problem| Error::malformed(&address, code, problem))?;
                let route = Arc::new(route);
                if self.inner.routes.insert(Arc::clone(&route)) == Replaced::Stale {
                    tracing::info!(topic, "the route is known again");
                }
                Ok(route)
            }
            response::TOPIC_NOT_EXIST => {
                self.inner.routes.went(topic);
                Err(Error::TopicMissing { topic: topic.into() })
            }
            _ => Err(Error::refused(&address, code, answer)),
        }
    }

    /// The route by which a queue that was known is reached. Name servers forget a topic as soon as its brokers are away, so when they
    /// do, the last route is followed: the broker is the one to say that the topic does not exist.
    async fn route_to_follow(&self, topic: &str) -> Result<Arc<Route>, Error> {
        if let Some(route) = self.inner.routes.fresh_or_just_gone(topic) {
            return Ok(route);
        }
        match self.route(topic).await {
            Err(error @ Error::TopicMissing { .. }) => {
                self.inner.routes.fresh_or_just_gone(topic).ok_or(error)
            }
            other => other,
        }
    }

    /// The masters of all clusters the name servers know, sorted by name.
    pub(super) async fn masters(&self) -> Result<Vec<Arc<str>>, Error> {
        masters_of(&self.brokers().await?, || "any topic".to_owned())
    }

    /// The brokers of all clusters the name servers know.
    ///
    /// Behind a proxy, which does not answer for clusters, those of the topics this client has used.
    pub(super) async fn brokers(&self) -> Result<Vec<Broker>, Error> {
        let code = request::GET_BROKER_CLUSTER_INFO;
        let asked = self.inner.name_servers.call(&self.inner.pool, &Command::request(code)).await;
        match asked {
            Ok((address, answer)) if answer.code == response::SUCCESS => {
                let cluster: WireCluster = json::from_java(&answer.body)
                    .map_err(|problem| Error::malformed(&address, code, problem))?;
                Ok(cluster.broker_addr_table.unwrap_or_default().into_values().map(Broker::from).collect())
            }
            Ok((address, answer)) => Err(Error::refused(&address, code, answer)),
            Err(error) => {
                let routes = self.inner.routes.all();
                if routes.is_empty() || !is_unknown_request(&error) {
                    return Err(error);
                }
                Ok(routes.iter().flat_map(|route| route.brokers.clone()).collect())
            }
        }
    }

    /// The masters that have any of `topics`; an error only when none of the topics exists.
    pub(super) async fn masters_of_topics(&self, topics: &[String]) -> Result<Vec<Arc<str>>, Error> {
        let mut brokers = Vec::new();
        let mut missing = None;
        for topic in topics {
            match self.route(topic).await {
                Ok(route) => brokers.extend(route.brokers.clone()),
                Err(error @ Error::TopicMissing { .. }) => missing = missing.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        if let Some(missing) = missing.filter(|_| brokers.is_empty()) {
            return Err(missing);
        }
        masters_of(&brokers, || format!("the topics {}", topics.join(", ")))
    }

    /// Asks the broker of `queue`. The answer may have any code but "no such topic".
    pub(super) async fn call_queue(
        &self,
        queue: &Queue,
        access: Access,
        asked: Command,
        timeout: Duration,
    ) -> Result<(Arc<str>, Command), Error> {
        let outcome = self.try_queue(queue, access, asked, timeout).await;
        if outcome.as_ref().is_err_and(Error::blames_route) {
            self.inner.routes.doubt(&queue.topic);
        }
        outcome
    }

    async fn try_queue(
        &self,
        queue: &Queue,
        access: Access,
        asked: Command,
        timeout: Duration,
    ) -> Result<(Arc<str>, Command), Error> {
        let address = self.address_of(queue, access).await?;
        // The proxy finds the broker by this field.
        let answer = self.inner.pool.call(&address, asked.field("bname", &queue.broker), timeout).await?;
        match answer.code {
            response::TOPIC_NOT_EXIST => {
                self.inner.routes.remove(&queue.topic);
                Err(Error::TopicMissing { topic: Arc::clone(&queue.topic) })
            }
            response::INVALID_PARAMETER | response::NO_PERMISSION | response::GO_AWAY => {
                self.inner.routes.doubt(&queue.topic);
                Ok((address, answer))
            }
            _ => Ok((address, answer)),
        }
    }

    /// The address that serves `queue`. A broker answers 0 for the offsets of a queue that does not exist, so this is
    /// where a wrong queue is told.
    async fn address_of(&self, queue: &Queue, access: Access) -> Result<Arc<str>, Error> {
        let mut route = self.route_to_follow(&queue.topic).await?;
        // A name server forgets a broker that is away, and knows none at all after its own restart: only the broker can say that it
        // does not have the queue.
        let departed = || self.inner.routes.departed(&queue.topic, &queue.broker);
        if !route.has(queue) {
            match self.fetch_route(&queue.topic).await {
                Ok(fetched) => route = fetched,
                Err(Error::NameServers { .. } | Error::TopicMissing { .. }) if departed().is_some() => {}
                Err(error) => return Err(error),
            }
        }
        let broker = match route.broker(&queue.broker) {
            Some(broker) if route.has(queue) => Some(broker.clone()),
            Some(_) => return Err(Error::QueueMissing { queue: queue.clone() }),
            None => departed(),
        };
        let address = broker.as_ref().and_then(|broker| match access {
            Access::Read => broker.read_address(),
            Access::Write => broker.master(),
        });
        address.map(Arc::clone).ok_or_else(|| {
            self.inner.routes.doubt(&queue.topic);
            Error::NoBroker { what: format!("the queue {queue}") }
        })
    }
}

pub(super) fn masters_of(brokers: &[Broker], what: impl Fn() -> String) -> Result<Vec<Arc<str>>, Error> {
    let mut masters: Vec<_> =
        brokers.iter().filter_map(|broker| Some((&broker.name, broker.master()?))).collect();
    masters.sort();
    masters.dedup();
    if masters.is_empty() {
        return Err(Error::NoBroker { what: what() });
    }
    Ok(masters.into_iter().map(|(_, address)| Arc::clone(address)).collect())
}

fn is_unknown_request(error: &Error) -> bool {
    matches!(error, Error::NameServers { failures } if failures
        .iter()
        .any(|failure| matches!(failure.problem, NameServerProblem::UnknownRequest { .. })))
}
