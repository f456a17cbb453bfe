//! From a request to its answer.

use super::{
    RestOptions,
    access::Access,
    answer::{self, Answer, ErrorCode},
    change,
    guard::{self, Guard},
    kafka::{self, Asked},
    metrics, old, plugin,
    problem::{Code, Problem},
    read,
    request::{self, BodyError},
    route::Route,
};
use crate::host::Host;
use bytes::Bytes;
use hyper::{Method, Request, Version, body::Incoming, header::HOST};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Bodies that are read at a time, so that memory for them is bounded.
const BODIES: usize = 8;

/// Finds and runs what a request asks for.
pub(super) struct Dispatcher {
    host: Arc<dyn Host>,
    options: RestOptions,
    guard: Guard,
    bodies: Semaphore,
}

impl Dispatcher {
    pub(super) fn new(host: Arc<dyn Host>, options: RestOptions) -> Self {
        Self { host, guard: Guard::new(options.clone()), options, bodies: Semaphore::new(BODIES) }
    }

    /// The answer to a request, whatever it is.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let mut access = Access::of(&request);
        access.changes = guard::is_change(&request);
        let compressed = request::accepts_gzip(request.headers());
        let mut answer = match self.guard.admit(&request).await {
            Ok(admitted) => {
                access.user = admitted.account.as_ref().map(|account| Arc::clone(&account.name));
                self.dispatch(request).await
            }
            Err(refusal) => refusal.answer(),
        };
        if compressed {
            answer = answer::compressed(answer).await;
        }
        access.log(&answer);
        answer
    }

    async fn dispatch(&self, request: Request<Incoming>) -> Answer {
        if request.version() == Version::HTTP_11 && !request.headers().contains_key(HOST) {
            return answer::no_host();
        }
        let path = request.uri().path();
        if request.method() == Method::HEAD && Route::of(&Method::GET, path).is_some() {
            return answer::head();
        }
        let Some(route) = Route::of(request.method(), path) else {
            return answer::not_found(request::accepts_json(request.headers()));
        };
        let is_kafkas = matches!(route, Route::Kafka(_));
        let handled = tokio::time::timeout(self.options.request_timeout, self.handle(route, request));
        handled.await.unwrap_or_else(|_| {
            let message = "the worker did not answer in time; what was asked may still happen";
            match is_kafkas {
                true => Problem::new(Code::Timeout, message).answer(),
                false => answer::failure(ErrorCode::Internal, message),
            }
        })
    }

    async fn handle(&self, route: Route, request: Request<Incoming>) -> Answer {
        let host = &*self.host;
        match route {
            Route::ClusterInfo => read::cluster_info(&host.view()),
            Route::Metrics => answer::metrics(metrics::text(&host.view())),
            Route::Connectors => read::connectors(&host.view()),
            Route::AllocatedConnectors => read::allocated_connectors(&host.view()),
            Route::AllocatedTasks => read::allocated_tasks(&host.view()),
            Route::Config { connector } => read::config(&host.view(), &connector),
            Route::Status { connector } => read::status(&host.view(), &connector),
            Route::Tasks { connector } => read::tasks(&host.view(), &connector),
            Route::TaskStatus { connector, task } => read::task_status(&host.view(), &connector, &task),
            Route::PutByQuery { connector } => {
                match request::query_parameter(request.uri().query(), "config") {
                    Some(config) => change::put(host, &connector, &config).await,
                    None => self.in_kafkas_words(kafka::Route::Info { connector }, request).await,
                }
            }
            Route::PutByBody { connector } => self.put_by_body(&connector, request).await,
            Route::Stop { connector } => change::stop(host, &connector).await,
            Route::Pause { connector } => change::pause(host, &connector).await,
            Route::Resume { connector } => change::resume(host, &connector).await,
            Route::StopAll => change::stop_all(host).await,
            Route::PauseAll => change::pause_all(host).await,
            Route::ResumeAll => change::resume_all(host).await,
            Route::PluginReload => plugin::reload(),
            Route::Plugins => plugin::list(host.plugins()),
            Route::ConnectorPlugins => plugin::list_connectors(host.plugins()),
            Route::PluginConfig => plugin::config(),
            Route::PluginConfigValidate => plugin::validate(),
            Route::OldConfigInfo => old::config_info(&host.view()),
            Route::OldAllocatedInfo => old::allocated_info(&host.view()),
            Route::OldAllocatedConnectors => old::allocated_connectors(&host.view()),
            Route::OldAllocatedTasks => old::allocated_tasks(&host.view()),
            Route::Kafka(route) => self.in_kafkas_words(route, request).await,
        }
    }

    async fn put_by_body(&self, connector: &str, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let bad_request = |message: &str| answer::failure(ErrorCode::BadRequest, message);
        match self.read(body).await {
            Ok(body) => match request::text(&body, &head.headers) {
                Some(config) => change::put(&*self.host, connector, &config).await,
                None => bad_request("the body's character set is not known here, send it as UTF-8"),
            },
            Err(BodyError::TooLarge) => answer::too_large(request::accepts_json(&head.headers)),
            Err(error @ (BodyError::TooSlow | BodyError::Broken(_))) => bad_request(&error.to_string()),
        }
    }

    async fn in_kafkas_words(&self, route: kafka::Route, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let problem = match self.read(body).await {
            Ok(body) => {
                let asked = Asked { uri: &head.uri, headers: &head.headers, body };
                return kafka::answer(&*self.host, route, asked).await;
            }
            Err(BodyError::TooLarge) => {
                let most = self.options.max_body_bytes;
                Problem::new(Code::BodyTooLarge, format!("the body has more than {most} bytes"))
            }
            Err(error @ (BodyError::TooSlow | BodyError::Broken(_))) => {
                Problem::new(Code::BadRequest, error.to_string())
            }
        };
        problem.answer()
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, BodyError> {
        // The semaphore is never closed.
        let _turn = self.bodies.acquire().await;
        request::read_body(body, self.options.max_body_bytes, self.options.read_timeout).await
    }
}
