//! Kafka Connect's vocabulary, on the paths that it has there: real status codes, bodies without an envelope, one shape of errors.
//!
//! Where RocketMQ Connect has the same method on the same path (`GET /connectors/{name}/config`, `status`, `tasks`), its answer stays.

mod change;
mod read;
mod route;

pub(super) use route::Route;

use super::{
    answer::Answer,
    problem::{Code, Problem},
    request,
};
use crate::host::Host;
use bytes::Bytes;
use hyper::{HeaderMap, Uri};

/// A request whose body was read.
pub(super) struct Asked<'a> {
    pub(super) uri: &'a Uri,
    pub(super) headers: &'a HeaderMap,
    /// Empty where the route takes none.
    pub(super) body: Bytes,
}

impl Asked<'_> {
    /// The first value of a query parameter.
    fn parameter(&self, name: &str) -> Option<String> {
        request::query_parameter(self.uri.query(), name)
    }

    /// Whether a query parameter says yes; it says no when it is not there.
    fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.parameter(name).as_deref().map(str::trim) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(Problem::new(
                Code::BadRequest,
                format!("query parameter {name}: {text:?} is neither true nor false"),
            )),
        }
    }
}

/// The answer to a request.
pub(super) async fn answer(host: &dyn Host, route: Route, asked: Asked<'_>) -> Answer {
    handle(host, route, &asked).await.unwrap_or_else(|problem| problem.answer())
}

async fn handle(host: &dyn Host, route: Route, asked: &Asked<'_>) -> Result<Answer, Problem> {
    match route {
        Route::Root => Ok(read::root(&host.view())),
        Route::Connectors => read::connectors(&host.view(), asked),
        Route::Info { connector } => read::info(&host.view(), &connector),
        Route::Create => change::create(host, asked).await,
        Route::PutConfig { connector } => change::put_config(host, &connector, asked).await,
        Route::PatchConfig { connector } => change::patch_config(host, &connector, asked).await,
        Route::Delete { connector } => change::delete(host, &connector).await,
        Route::Target { connector, target } => change::set_target(host, &connector, target).await,
        Route::Restart { connector } => change::restart(host, &connector, asked).await,
        Route::RestartTask { connector, task } => change::restart_task(host, &connector, &task).await,
    }
}
